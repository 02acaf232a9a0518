import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsup';

/**
 * Few files, with the parts of contracts that they use inside: a service imports this package first of all, and opening
 * 60 files takes longer than running them. Secrets and errors are recognised across copies by their `Symbol.for` brands,
 * so a second copy is no harm.
 *
 * Node reads `index.js`, which holds what every start needs, and `rest.cjs` when something else is asked for. That file is
 * CommonJS because only that can be loaded synchronously by every Node that is supported. A bundler cannot follow it, so
 * bundlers get `whole.js` by their export condition `module`: the same start, with the rest as a text.
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
    plugins: [{ name: 'compiled-at-once', renderChunk: compileAtOnce }],
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
    entry: { whole: 'src/index.ts' },
    format: 'esm',
    esbuildOptions: (options) => {
      // V8 hashes each name of the start; a bundler that minifies does this anyway, and the source map knows them.
      options.minifyIdentifiers = true;
    },
    plugins: [{ name: 'compiled-at-once', renderChunk: compileAtOnce }],
    esbuildPlugins: [{ name: 'rest-as-text', setup: carryRestAsText }, nodesModules],
  },
  {
    ...shared,
    // What only some services need: remote sources under their own names, watching when it is asked for.
    entry: {
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
      export const onDemand = () => {
        rest ??= process.getBuiltinModule('node:module').createRequire(import.meta.url)('./rest.cjs');
        return rest;
      };`,
  }));
}

/**
 * V8 reads over every function of a file before it runs the first one, and a bundle is one file: over the rest, that takes
 * 2 ms of a start that calls none of it. A text it only skips, the quicker the shorter it is: hence without its names.
 *
 * @type {NonNullable<import('tsup').Options['esbuildPlugins']>[number]['setup']}
 */
function carryRestAsText(build) {
  build.onLoad({ filter: /\/src\/on-demand\.ts$/ }, async () => {
    const { platform, target, conditions, tsconfig } = build.initialOptions;
    const { outputFiles } = await build.esbuild.build({
      ...{ platform, target, conditions, tsconfig },
      entryPoints: [fileURLToPath(new URL('src/rest.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'cjs',
      minify: true,
      legalComments: 'none',
      plugins: [nodesModules],
    });
    return {
      contents: `
        let rest;
        export const onDemand = () => {
          rest ??= open();
          return rest;
        };
        const open = () => {
          const module = { exports: {} };
          const { compileFunction } = process.getBuiltinModule('node:vm');
          const text = ${JSON.stringify(outputFiles[0]?.text)};
          compileFunction(text, ['module'], { filename: '@seaworthy/config/rest.cjs' })(module);
          return module.exports;
        };`,
    };
  });
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

/**
 * V8 reads over a function with its file, and reads it again when it is called first. A function in parentheses is compiled
 * with its file, and esbuild leaves them there in a bundle. So what an ordinary start calls is written as a `function`, and
 * what only some starts call as an arrow. No line moves, so that the source map stays right; a function that
 * runs while the module is loaded has to stand above the call.
 *
 * @type {NonNullable<NonNullable<import('tsup').Options['plugins']>[number]['renderChunk']>}
 */
function compileAtOnce(code, { map }) {
  const declaration = /^function ([\w$]+)(\([\s\S]*?\n\})$/gm;
  return { code: code.replace(declaration, 'var $1 = (function$2);'), map };
}

/** @param {string} names as in an import: `readFile as read, type Stats` */
function values(names) {
  const taken = names.split(',').filter((name) => name.trim() !== '' && !/^\s*type\s/.test(name));
  return taken.join(',').replaceAll(' as ', ': ');
}
