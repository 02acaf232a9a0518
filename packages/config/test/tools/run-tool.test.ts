import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnNode } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { runTool } from '../../src/tools/run-tool.js';
import { tempFolder } from '../support/temp-folder.js';

const bin = fileURLToPath(new URL('../../dist/tools/bin.js', import.meta.url));
const config = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const key = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';

function project(): string {
  const cwd = tempFolder();
  writeFileSync(
    join(cwd, 'config.mjs'),
    `import { defineConfig, env } from ${JSON.stringify(config)};
     export const schema = defineConfig({ fields: { PORT: env.port(), API_KEY: env.string().secret(),
       OTHER_KEY: env.string().secret().optional() } });`,
  );
  return cwd;
}

async function run(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  await using child = spawnNode(bin, { args, cwd, env });
  const { code } = await child.exited;
  return { code, text: `${child.stdout}${child.stderr}` };
}

describe('seaworthy-config docs', () => {
  test('writes, checks, and exits 1 with the name of what is stale', async () => {
    const cwd = project();
    const docs = ['docs', 'config.mjs', '--env-example', '.env.example'];
    expect(await run(cwd, [...docs, '--check'])).toMatchObject({
      code: 1,
      text: expect.stringContaining('.env.example: stale'),
    });
    expect(await run(cwd, docs)).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, '.env.example'), 'utf8')).toContain('API_KEY=');
    expect(await run(cwd, [...docs, '--check'])).toEqual({ code: 0, text: '.env.example: same\n' });
  });
});

describe('seaworthy-config scan', () => {
  test.each([
    ['a whole configuration', { PORT: '1', API_KEY: key }],
    ['a machine that only builds', { API_KEY: key }],
  ])('with %s finds a secret and does not print it', async (_, env) => {
    const cwd = project();
    mkdirSync(join(cwd, 'dist'));
    writeFileSync(join(cwd, 'dist', 'app.js'), 'clean');
    const scan = ['scan', 'config.mjs', 'dist'];
    expect(await run(cwd, scan, env)).toEqual({ code: 0, text: '1 files, 5 bytes: no secret found\n' });
    writeFileSync(join(cwd, 'dist', 'app.js'), `var a = atob("${Buffer.from(key).toString('base64')}")`);
    const { code, text } = await run(cwd, scan, env);
    expect(code).toBe(1);
    expect(text).toContain('app.js: holds the value of API_KEY (Base64)');
    expect(text).not.toContain(key.slice(0, 8));
  });
});

describe('seaworthy-config scan, where one variable that is no secret is wrong,', () => {
  async function scan(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
    const cwd = project();
    mkdirSync(join(cwd, 'dist'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text, { mode: 0o600 });
    const lines: string[] = [];
    const out = (line: string) => void lines.push(line);
    return { code: await runTool(['scan', 'config.mjs', 'dist'], { out, env, cwd }), lines };
  }

  test.each([
    ['a dotenv file', { '.env': `API_KEY=${key}\n` }, {}],
    ['a file', { 'api-key': key }, { API_KEY_FILE: 'api-key' }],
    ['the environment', {}, { API_KEY: `${key},another-one-of-them` }],
  ])('still finds the secret that comes from %s', async (_, files, env) => {
    const { code, lines } = await scan({ ...files, 'dist/app.js': `"${key}"` }, { PORT: 'none', ...env });
    expect(lines.join()).toContain('app.js: holds the value of API_KEY');
    expect(code).toBe(1);
  });

  test('reads the dotenv files of the profile that a variable of its own names', async () => {
    const text = `import { defineConfig, env } from ${JSON.stringify(config)};
      export const schema = defineConfig({ profile: { from: ['STAGE'] },
        fields: { PORT: env.port(), API_KEY: env.string().secret().optional() } });`;
    const files = { 'config.mjs': text, '.env.staging': `API_KEY=${key}\n`, 'dist/app.js': `"${key}"` };
    const { code, lines } = await scan(files, { STAGE: 'staging' });
    expect(lines.join()).toContain('app.js: holds the value of API_KEY');
    expect(code).toBe(1);
  });

  test.each([
    ['a file that is gone', { API_KEY_FILE: 'gone' }],
    ['nowhere', {}],
  ])('names the secret that comes from %s and exits 1', async (_, env) => {
    const all = { PORT: 'none', OTHER_KEY: key, ...env };
    const { code, lines } = await scan({ 'dist/app.js': 'clean' }, all);
    expect(lines).toEqual([
      'Not looked for, because they could not be read here: API_KEY',
      '1 files, 5 bytes: not clean',
    ]);
    expect(code).toBe(1);
  });
});

test('the build with canaries as the README has it finds a secret that is set on the machine too', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const block = /```js\n([^`]*canaryEnvironment\(schema\)[^`]*)```/.exec(readme)?.[1] ?? '';
  const script = block
    .replace(
      "'@seaworthy/config/tools'",
      JSON.stringify(new URL('../../dist/tools/index.js', import.meta.url)),
    )
    .replace("'npx', ['vite', 'build']", "process.execPath, ['build.mjs']");
  const cwd = project();
  mkdirSync(join(cwd, 'dist'));
  writeFileSync(join(cwd, 'canaries.mjs'), script);
  const build = async (bundled: string) => {
    writeFileSync(
      join(cwd, 'build.mjs'),
      `import { writeFileSync } from 'node:fs'; writeFileSync('dist/app.js', String(process.env.${bundled}));`,
    );
    await using child = spawnNode(join(cwd, 'canaries.mjs'), {
      cwd,
      env: { API_KEY: key, NODE_ENV: 'development' },
    });
    const { code } = await child.exited;
    return { code, text: child.stderr, bundle: readFileSync(join(cwd, 'dist', 'app.js'), 'utf8') };
  };
  expect(await build('NODE_ENV')).toMatchObject({ code: 0, bundle: 'production' });
  expect(await build('API_KEY')).toMatchObject({
    code: 1,
    text: expect.stringContaining('"name":"API_KEY"'),
    bundle: expect.stringMatching(/^canary-/),
  });
});

describe('what cannot work exits 2, with a line of ours and no stack', () => {
  test.each([
    [
      'a module that does not exist',
      ['docs', 'gone.mjs', '--markdown', 'x.md'],
      'gone.mjs could not be loaded (ERR_MODULE_NOT_FOUND)',
    ],
    ['a module that throws', ['docs', 'broken.mjs', '--markdown', 'x.md'], 'broken.mjs could not be loaded'],
    ['a module that cannot be read', ['scan', 'folder.mjs', 'dist'], 'folder.mjs could not be loaded'],
    ['a file that cannot be written', ['docs', 'config.mjs', '--markdown', 'file/x.md'], 'ENOTDIR'],
    ['a folder that is a file', ['scan', 'config.mjs', 'file'], 'ENOTDIR'],
  ])('%s', async (_, args, message) => {
    const cwd = project();
    writeFileSync(join(cwd, 'broken.mjs'), "throw new Error('cannot connect to postgres://app:CANARY@h');");
    writeFileSync(join(cwd, 'file'), 'x');
    mkdirSync(join(cwd, 'folder.mjs'));
    const { code, text } = await run(cwd, args, { API_KEY: key });
    expect({ code, text }).toEqual({ code: 2, text: expect.stringContaining(message) });
    expect(text).not.toMatch(/CANARY|\n {4}at /);
  });
});

test.each([
  ['no command', []],
  ['an unknown command', ['dox', 'config.mjs']],
  ['an unknown option', ['docs', 'config.mjs', '--chek']],
  ['nothing to write', ['docs', 'config.mjs']],
  ['a module without a schema', ['docs', 'config.mjs', '--export', 'none', '--markdown', 'x.md']],
])('%s exits 2', async (_, args) => {
  expect((await run(project(), args)).code).toBe(2);
});
