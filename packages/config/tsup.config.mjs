import { readFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';

/**
 * Few files, with the parts of contracts that they use inside: a service imports this package first of all, and opening
 * 60 files takes longer than running them. Secrets and errors are recognised across copies by their `Symbol.for` brands,
 * so a second copy is no harm.
 *
 * Node reads `index.js`, which holds what every start needs, and `rest.cjs` when something else is asked for. That file is
 * CommonJS because only that can be loaded synchronously by every Node that is supported. A bundler cannot follow it, so
 * bundlers get `whole.js` by their export condition `module`.
 *
 * @type {import('tsup').Options}
 */
const shared = {
  outDir: 'dist',
  target: 'node20',
  platform: 'node',
  bundle: true,
  noExternal: ['@seaworthy/contracts'],
  splitting: false,
  removeNodeProtocol: false,
  sourcemap: true,
  dts: false, // tsc writes the declarations, which name the types of contracts
  silent: true,
};
const nodesModules = { name: 'modules-of-node', setup: takeModulesOfNode };

export default defineConfig([
  {
    ...shared,
    entry: { index: 'src/index.ts' },
    external: ['./watch/watch-config.js'],
    format: 'esm',
    esbuildPlugins: [{ name: 'rest-on-demand', setup: openRestOnDemand }, nodesModules],
  },
  {
    ...shared,
    entry: { rest: 'src/rest.ts' },
    external: ['./watch/watch-config.js'],
    format: 'cjs',
    esbuildPlugins: [nodesModules],
  },
  {
    ...shared,
    // What only some services need is beside it: remote sources under their own names, watching when it is asked for.
    entry: {
      whole: 'src/index.ts',
      'watch/watch-config': 'src/watch/watch-config.ts',
      'vault/vault': 'src/vault/vault.ts',
      'aws/aws-secrets': 'src/aws/aws-secrets.ts',
      'tools/index': 'src/tools/index.ts',
      'tools/bin': 'src/tools/bin.ts',
    },
    external: ['./watch/watch-config.js'],
    format: 'esm',
    esbuildPlugins: [nodesModules],
  },
]);

/** @type {NonNullable<import('tsup').Options['esbuildPlugins']>[number]['setup']} */
function openRestOnDemand(build) {
  build.onLoad({ filter: /\/src\/on-demand\.ts$/ }, () => ({
    contents: `
      let rest;
      export function onDemand() {
        rest ??= process.getBuiltinModule('node:module').createRequire(import.meta.url)('./rest.cjs');
        return rest;
      }`,
  }));
}

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
