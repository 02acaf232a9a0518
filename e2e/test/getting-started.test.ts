import { dirname, join } from 'node:path';
import { freePort, size, spawnNode } from '@seaworthy/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packAll } from '../../tools/lib/tarballs.mjs';

import { compilers } from '../consumers/compilers.js';
import { emptyProject } from '../consumers/empty-project.js';
import { readGuide } from '../consumers/read-guide.js';
import { triedNodes } from '../consumers/tried-nodes.js';

const { files, commands, others } = readGuide('getting-started.md');

/** Which version of what the page installs; packages of ours come from their tarballs. */
const versions = new Map([
  ['express', 'express@5.3.0'],
  ['@electric-sql/pglite', '@electric-sql/pglite@0.5.16'],
  ['jest', 'jest@30.5.2'],
]);

const asked = commands
  .filter((command) => command.startsWith('npm install '))
  .flatMap((command) => command.split(' ').slice(2))
  .filter((word) => !word.startsWith('-'));

const curl = /^curl (?:--json '(?<body>.*)' )?(?<url>http\S+)$/;

describe('docs/getting-started.md', () => {
  const project = emptyProject();
  let offline: string | undefined;

  beforeAll(async () => {
    for (const command of commands.filter((each) => /^npm (?:init|pkg) /.test(each))) {
      expect((await project.run('sh', ['-c', command])).code).toBe(0);
    }
    const tarballs = await packAll();
    const others = asked
      .filter((name) => !name.startsWith('@seaworthy/'))
      .map((name) => versions.get(name) ?? name);
    const compiler = ['typescript5@npm:typescript@5.9.3', '@types/node@20.19.43'];
    offline = await project.install([...tarballs, ...others, ...compiler]);
    for (const [path, text] of files) project.write(path, text);
  }, 400_000);
  beforeEach(({ skip }) => skip(offline !== undefined, offline));
  afterAll(() => project[Symbol.dispose]());

  it('has no block that is not run here, and installs what there is', () => {
    expect(others).toEqual([]);
    const run = /^(?:npm (?:init|pkg|install) .*|node main\.js|PORT=http node main\.js|npm test)$/;
    expect(commands.filter((command) => !run.test(command) && !curl.test(command))).toEqual([]);
    const installable = new Set([...versions.keys(), ...project.entries()]);
    expect(asked.filter((name) => !installable.has(name))).toEqual([]);
  });

  it('ends in a service that stores notes, is ready, and stops with exit code 0', async () => {
    const port = await freePort();
    await using service = spawnNode('main.js', { cwd: project.folder, env: { PORT: String(port) } });
    await service.output(/"Listening"/, 60_000);
    const answers: unknown[] = [];
    for (const command of commands.filter((each) => curl.test(each))) {
      const { body, url = '' } = curl.exec(command)?.groups ?? {};
      const json = { method: 'POST', body: body ?? '', headers: { 'content-type': 'application/json' } };
      const answer = await fetch(url.replace(':3000', `:${port}`), body === undefined ? {} : json);
      answers.push([
        answer.status,
        url.endsWith('/notes') ? await answer.json() : answer.headers.get('x-content-type-options'),
      ]);
    }
    expect(answers).toEqual([
      [200, 'nosniff'],
      [201, { id: 1, text: 'hello' }],
      [200, [{ id: 1, text: 'hello' }]],
    ]);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
  });

  it('ends in a service that says what is wrong with its environment before anything opens', async () => {
    const { code, stdout, stderr } = await project.run('sh', ['-c', 'PORT=http node main.js']);
    expect(code).toBe(1);
    expect(stderr).toContain('PORT is not a whole number');
    expect(stdout).not.toContain('Listening');
  });

  it('shows a CommonJS program that serves', async () => {
    await using service = spawnNode('by-require.cjs', { cwd: project.folder });
    const [url] = await service.output(/http:\S+/);
    const answer = await fetch(url);
    expect([await answer.text(), answer.headers.get('x-content-type-options')]).toEqual(['hello', 'nosniff']);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
  });

  describe('tells TypeScript users the truth:', () => {
    const strict = '--strict --target es2023 --lib es2023,esnext.disposable --types node';
    const compile = (compiler: keyof typeof compilers, flags: string) =>
      project.run(process.execPath, [
        compilers[compiler](project.folder),
        ...`${strict} ${flags}`.split(' '),
      ]);

    it.each([
      ['7', 'node16', 'TS1479'],
      ['7', 'node18', 'TS1479'],
      ['7', 'node20', 'nothing'],
      ['7', 'nodenext', 'nothing'],
      ['5.9', 'node20', 'nothing'],
    ] as const)(
      'TypeScript %s, module %s, finds %s wrong with a plain import in CommonJS, and nothing in an ES module',
      async (compiler, module, error) => {
        const text = `import { createSecurity } from '@seaworthy/security';\ncreateSecurity();\n`;
        project.write('plain.mts', text);
        project.write('plain.cts', text);
        const ignored = compiler === '7' ? '--ignoreConfig ' : '';
        const { code, stdout } = await compile(
          compiler,
          `${ignored}--noEmit --module ${module} plain.mts plain.cts`,
        );
        const found = [...stdout.matchAll(/^(\S+?)\(.*error (TS\d+)/gm)].map(([, file, error]) => [
          file,
          error,
        ]);
        expect(found).toEqual(error === 'nothing' ? [] : [['plain.cts', error]]);
        expect(code === 0).toBe(error === 'nothing');
      },
    );

    it.each(size({ test: ['node16'], soak: ['node16', 'node18'] }))(
      'types by resolution-mode and values by import() compile under module %s, and run',
      async (module) => {
        const end = await compile('5.9', `--module ${module} --outDir out-${module} node16.cts`);
        expect(end).toEqual({ code: 0, stdout: '', stderr: '' });
        expect(await project.run(process.execPath, [join(`out-${module}`, 'node16.cjs')])).toMatchObject({
          code: 0,
          stdout: expect.stringContaining('decide'),
          stderr: '',
        });
      },
    );
  });

  describe.each(triedNodes)('on $name', ({ path: node }) => {
    it('has a recipe for Jest that works, for ES modules and for CommonJS', async () => {
      const { code, stderr } = await project.run('sh', ['-c', `PATH="${dirname(node)}:$PATH" npm test`]);
      expect(stderr).toMatch(/^Tests: +2 passed, 2 total$/m); // Jest reports to stderr
      expect(code).toBe(0);
    });
  });
});
