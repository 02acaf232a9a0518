// The rules of docs/decisions: who may import whom. `npm run check` also asserts how many modules were seen, because a
// checker that sees nothing passes everything.
const family = 'config|logging|health|security|db-pool|backup|cache';
const drivers =
  'express|express4|fastify|fastify-plugin|pg|mysql2|ioredis|redis|@electric-sql/pglite|prom-client|@sentry/[^/]+|@aws-sdk/[^/]+';
const npm = (names) => `(^|/)node_modules/(${names})(/|$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no first module to read.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contracts-import-nothing',
      severity: 'error',
      comment: 'Everything rests on contracts; it rests on Node alone.',
      from: { path: '^packages/contracts/src' },
      to: { pathNot: '^packages/contracts/src', dependencyTypesNot: ['core'] },
    },
    {
      name: 'packages-meet-at-ports',
      severity: 'error',
      comment: 'A package knows contracts and no other package of the family.',
      from: { path: `^packages/(${family})/src` },
      to: { path: '^packages/([^/]+)/', pathNot: ['^packages/contracts/src', '^packages/$1/'] },
    },
    {
      name: 'core-imports-no-driver',
      severity: 'error',
      comment:
        'Frameworks, drivers and clients are passed in, so that a team keeps its versions and its instrumentation.',
      from: { path: '^packages/(?!testkit/)[^/]+/src/' },
      to: { path: npm(drivers) },
    },
    {
      name: 'adapters-are-leaves',
      severity: 'error',
      comment: 'An adapter translates and decides nothing; the core never needs one.',
      from: { path: '^packages/[^/]+/src/(?!adapters/)' },
      to: { path: '^packages/[^/]+/src/adapters/' },
    },
    {
      name: 'sources-import-no-tests',
      severity: 'error',
      from: { path: '^(packages|examples)/.+/src/', pathNot: '^packages/testkit/' },
      to: { path: '(/test/|^e2e/|^bench/|vitest|fast-check)' },
    },
    {
      name: 'only-tests-use-testkit',
      severity: 'error',
      comment: 'testkit is private; what is published cannot need it.',
      from: { path: '^packages/(?!testkit/)[^/]+/src/' },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      comment: 'A package that package.json does not name works until it is installed elsewhere.',
      from: { path: '^(packages|examples)/.+/src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.cache|\\.tools)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@seaworthy/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  },
};
