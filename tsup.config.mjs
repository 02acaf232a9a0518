import { defineConfig } from 'tsup';

/** How every package is built. One that needs something else has a tsup.config.mjs of its own. */
export default defineConfig({
  entry: ['src/**/*.ts'],
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  platform: 'node',
  bundle: false, // dist mirrors src, so that stack traces read well
  sourcemap: true,
  dts: false, // tsc writes the declarations
  removeNodeProtocol: false, // `node:fs` stays `node:fs`
  silent: true,
});
