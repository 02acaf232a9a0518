import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { size } from '@seaworthy/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packAll } from '../../tools/lib/tarballs.mjs';

import { compilers, settings } from '../consumers/compilers.js';
import { emptyProject } from '../consumers/empty-project.js';
import { triedNodes } from '../consumers/tried-nodes.js';

const typescript5 = 'typescript5@npm:typescript@5.9.3';

/** What an application would install beside the packages. */
const applicationsOwn = [
  'express@5.3.0',
  'fastify@5.12.8',
  'pg@8.23.1',
  'mysql2@3.24.6',
  'ioredis@6.0.0',
  '@electric-sql/pglite@0.5.16',
  'zod@4.6.7',
  'jose@6.2.17',
  'openid-client@6.8.9',
  '@types/node@20.19.43',
  '@types/express@5.0.4',
  '@types/pg@8.23.1',
];

/** The entries that a consumer names, so that one that is new cannot be forgotten. */
function namedBy(consumer: string): string[] {
  const folder = fileURLToPath(new URL(`../consumers/${consumer}`, import.meta.url));
  const text = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  return [
    ...new Set([...text.matchAll(/ from '(@seaworthy\/[\w/-]+)'/g)].map(([, entry]) => entry ?? '')),
  ].sort();
}

const [together, bare] = [emptyProject(), emptyProject()];
let offline: string | undefined;

beforeAll(async () => {
  const packed = await packAll();
  const said = await Promise.all([
    together.install([...packed, ...applicationsOwn, typescript5]),
    bare.install([...packed, '@types/node@20.19.43', typescript5]),
  ]);
  offline = said.find((reason) => reason !== undefined);
  for (const consumer of ['esm', 'cjs']) together.add(consumer);
  bare.add('bare');
}, 400_000);
beforeEach(({ skip }) => skip(offline !== undefined, offline));
afterAll(() => {
  for (const project of [together, bare]) project[Symbol.dispose]();
});

// Side by side: those that run wait most of the time, for a server to drain, for a deadline to pass; those that compile never do.
describe.concurrent('the packed packages, installed together in an empty project', () => {
  const project = together;

  it('are there once each, from the tarballs', () => {
    const lock: { readonly packages: Record<string, { readonly resolved?: string }> } = JSON.parse(
      readFileSync(join(project.folder, 'package-lock.json'), 'utf8'),
    );
    const ours = Object.entries(lock.packages).filter(([path]) => path.includes('@seaworthy/'));
    expect(ours.map(([path]) => path)).toEqual([
      ...new Set(project.entries().map((entry) => `node_modules/${entry.split('/', 2).join('/')}`)),
    ]);
    for (const [, { resolved }] of ours) expect(resolved).toMatch(/^file:.*\.tgz$/);
  });

  describe.each(triedNodes)('on $name', ({ path: node }) => {
    it('do their work as ES modules, every entry of them', async () => {
      expect(namedBy('esm')).toEqual([...project.entries()].sort());
      const { stdout, stderr } = await project.run(node, ['use-everything.mjs'], 'esm');
      expect(stderr).toBe('');
      const used = stdout
        .trim()
        .split(/\n|, /)
        .map((name) => `@seaworthy/${name}`);
      expect(used.sort()).toEqual([...project.entries(), ...project.files()].sort());
    });

    it('are the same objects by require() and by import, without a warning, and know the errors of one another', async () => {
      const { stdout, stderr } = await project.run(
        node,
        ['require-everything.cjs', ...project.entries()],
        'cjs',
      );
      expect(stderr).toBe('');
      expect(stdout.trim().split('\n')).toEqual([
        ...project.entries(),
        'errors and secrets are recognised',
        'serves',
      ]);
    });
  });

  // One of each way to resolve modules; the soak compiles under all settings.
  const titled = settings
    .filter(({ inTest }) => size({ test: inTest, soak: true }))
    .map((setting, index) => {
      const { compiler, type, flags } = setting;
      return [`TypeScript ${compiler}, in a package of type ${type}, ${flags}`, setting, index] as const;
    });

  it.each(titled)('compile strictly and run with %s', async (_title, { compiler, type, flags }, index) => {
    const consumer = `typescript-${index}`;
    expect(namedBy('typescript')).toEqual([...project.entries()].sort());
    project.add('typescript', consumer);
    project.write(`${consumer}/package.json`, JSON.stringify({ private: true, type }));
    const args = [compilers[compiler](project.folder), '-p', '.', '--outDir', 'out', ...flags.split(' ')];
    const compiled = await project.run(process.execPath, args, consumer);
    expect(compiled).toEqual({ code: 0, stdout: '', stderr: '' });
    const { stdout, stderr } = await project.run(process.execPath, ['out/use-everything.js'], consumer);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toContain('DB_UNAVAILABLE');
  });
});

describe.concurrent('the packed packages, where no framework, driver or client is installed', () => {
  const project = bare;

  // The oldest compiler reads all of them above, too.
  const all: Array<'5.9' | '7'> = ['5.9', '7'];
  it.each(size({ test: all.slice(1), soak: all }))(
    'have declarations without an error for TypeScript %s',
    async (compiler) => {
      for (const absent of [
        'express',
        'fastify',
        'pg',
        'mysql2',
        'ioredis',
        'zod',
        '@types/express',
        '@types/pg',
      ]) {
        expect(() => readFileSync(join(project.folder, 'node_modules', absent, 'package.json'))).toThrow(
          'ENOENT',
        );
      }
      const imports = project.entries().map((entry, index) => `export * as entry${index} from '${entry}';`);
      project.write('bare/every-entry.ts', `${imports.join('\n')}\n`);
      const tsc = compilers[compiler](project.folder);
      const flags =
        '--strict --skipLibCheck false --target es2023 --lib es2023,esnext.disposable --types node --module nodenext --noEmit';
      const end = await project.run(process.execPath, [tsc, ...flags.split(' '), 'every-entry.ts'], 'bare');
      expect(end).toEqual({ code: 0, stdout: '', stderr: '' });
    },
  );

  it('load, every entry of them', async () => {
    const imports = project.entries().map((entry) => `await import('${entry}');`);
    project.write('bare/every-entry.mjs', `${imports.join('\n')}\n`);
    expect(await project.run(process.execPath, ['every-entry.mjs'], 'bare')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
