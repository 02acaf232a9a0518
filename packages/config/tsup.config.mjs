import { defineConfig } from 'tsup';

/** One file: a service imports this package first of all, and opening 45 files takes longer than running them. */
export default defineConfig({
  entry: ['src/index.ts'],
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  platform: 'node',
  bundle: true,
  splitting: false,
  sourcemap: true,
  dts: false, // tsc writes the declarations
  silent: true,
});
