import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnNode } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../support/temp-folder.js';

const bin = fileURLToPath(new URL('../../dist/tools/bin.js', import.meta.url));
const config = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const key = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';

function project(): string {
  const cwd = tempFolder();
  writeFileSync(
    join(cwd, 'config.mjs'),
    `import { defineConfig, env } from ${JSON.stringify(config)};
     export const schema = defineConfig({ fields: { PORT: env.port(), API_KEY: env.string().secret() } });`,
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

test.each([
  ['no command', []],
  ['an unknown command', ['dox', 'config.mjs']],
  ['an unknown option', ['docs', 'config.mjs', '--chek']],
  ['nothing to write', ['docs', 'config.mjs']],
  ['a module without a schema', ['docs', 'config.mjs', '--export', 'none', '--markdown', 'x.md']],
])('%s exits 2', async (_, args) => {
  expect((await run(project(), args)).code).toBe(2);
});
