import { readFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';

/**
 * One file, with the parts of contracts that it uses inside: a service imports this package first of all, and opening
 * 60 files takes longer than running them (1.32 times the CPU of a bare node with contracts beside it, 1.19 with it
 * inside). Secrets and errors are recognised across copies by their `Symbol.for` brands, so a second copy is no harm.
 */
export default defineConfig({
  // What only some services need is beside it: remote sources under their own names, watching when it is asked for.
  entry: [
    'src/index.ts',
    'src/watch/watch-config.ts',
    'src/vault/vault.ts',
    'src/aws/aws-secrets.ts',
    'src/tools/index.ts',
    'src/tools/bin.ts',
  ],
  external: ['./watch/watch-config.js'],
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  platform: 'node',
  bundle: true,
  noExternal: ['@seaworthy/contracts'],
  splitting: false,
  removeNodeProtocol: false,
  sourcemap: true,
  dts: false, // tsc writes the declarations, which name the types of contracts
  silent: true,
  esbuildPlugins: [{ name: 'modules-of-node', setup: takeModulesOfNode }],
});

/**
 * `import` of a module of Node makes a namespace of all that it exports, which calls every getter: with node:fs that is
 * half a millisecond of CPU. What the process hands out is the same module without that.
 *
 * @type {NonNullable<import('tsup').Options['esbuildPlugins']>[number]['setup']}
 */
function takeModulesOfNode(build) {
  build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
    const text = await readFile(path, 'utf8');
    const contents = text.replaceAll(
      /^import \{([^}]*)\} from '(node:[a-z/]+)';$/gm,
      (_, names, module) => `const {${values(names)}} = process.getBuiltinModule('${module}');`,
    );
    return { contents, loader: 'ts' };
  });
}

/** @param {string} names as in an import: `readFile as read, type Stats` */
function values(names) {
  const taken = names.split(',').filter((name) => name.trim() !== '' && !/^\s*type\s/.test(name));
  return taken.join(',').replaceAll(' as ', ': ');
}
