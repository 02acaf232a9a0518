import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OptionsError, SeaworthyError, Secret } from '@seaworthy/contracts';
import { spawnNode } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { sources } from '../src/index.js';
import { configErrorOf } from './support/load-field.js';
import { tempFolder } from './support/temp-folder.js';

const service = fileURLToPath(new URL('./fixtures/service.mjs', import.meta.url));

const canary = 'qzvkxjwpbfygmhd';
const right = {
  PORT: '0',
  DATABASE_URL: `postgres://app:${canary}1@127.0.0.1/app`,
  JWT_SECRET: `${canary}-k7Qp2xVb9LmZ4tRw8`,
};
const wrong = {
  PORT: `${canary}`,
  DATABASE_URL: `postgres://app:${canary}@ss/w@127.0.0.1/app`,
  JWT_SECRET: `${canary}`,
  FEATURES: `{"${canary}":"${canary}"}`,
};

async function run(variables: Readonly<Record<string, string>>, cwd = tempFolder()) {
  await using child = spawnNode(service, { env: { HANDLING: 'exit', ...variables }, cwd });
  const { code } = await child.exited;
  return { code, stdout: child.stdout, stderr: child.stderr };
}

beforeAll(() => {
  const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  if (!existsSync(dist)) throw new Error('Child processes run dist, and there is none: npm run build');
});

test.runIf(process.platform === 'linux')(
  'a report that is longer than its pipe is read to its end',
  async () => {
    const script = fileURLToPath(new URL('./fixtures/many-problems.mjs', import.meta.url));
    const read = `"$0" "${script}" 2>&1 | (read -r first; sleep 0; cat)`;
    const { stdout } = await promisify(execFile)('sh', ['-c', read, process.execPath], {
      maxBuffer: 1024 ** 2,
    });
    expect(stdout).toContain('The configuration has 900 problems');
    expect(stdout).toContain('900. VARIABLE_899 is not set');
  },
);

test.each(['development', 'staging', 'production'])(
  '[row 1] with 3 bad variables in %s the process exits 1 before any listener opens, names all 3 and prints no value',
  async (profile) => {
    const { FEATURES, ...three } = wrong;
    const { code, stdout, stderr } = await run({ ...three, APP_ENV: profile });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`The configuration has 3 problems (profile ${profile}, from APP_ENV).`);
    for (const name of ['1. PORT ', '2. DATABASE_URL ', '3. JWT_SECRET ']) expect(stderr).toContain(name);
    expect(stderr).not.toContain(canary);
  },
);

test('with right variables the process listens, and no way of logging prints a secret', async () => {
  const { code, stdout, stderr } = await run({ ...right, APP_ENV: 'production' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('listening');
  expect(stdout).toContain('[secret JWT_SECRET]');
  expect(stdout).not.toContain(canary);
});

describe.each(['uncaught', 'rejected', 'wrapped'])('an error that the service handles as %s', (handling) => {
  test('prints no value on stdout or stderr', async () => {
    const { code, stdout, stderr } = await run({ ...wrong, HANDLING: handling });
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toContain('The configuration has 4 problems');
    expect(`${stdout}${stderr}`).not.toContain(canary);
  });
});

test('the secrets and errors of the built package are those of contracts, by their brands', async () => {
  const { ConfigError, defineConfig, env } = await import(new URL('../dist/index.js', import.meta.url).href);
  const schema = defineConfig({ fields: { KEY: env.string().secret(), OLD: env.string().optional() } });
  expect(Secret.is(schema.load({ env: { KEY: right.JWT_SECRET }, sources: [sources.env()] }).KEY)).toBe(true);
  const error = configErrorOf(() => schema.load({ env: {}, sources: [] }));
  expect([ConfigError.is(error), SeaworthyError.is(error)]).toEqual([true, true]);
  expect(() => env.int({ mim: 1 })).toThrow(expect.toSatisfy((thrown: unknown) => OptionsError.is(thrown)));
});

test('a misspelt variable that only warns is said on stderr, without its value, and the process goes on', async () => {
  const { code, stderr } = await run({ ...right, APP_ENV: 'production', HANDLING: 'exit', FEATURE: canary });
  expect(code).toBe(0);
  expect(stderr).toContain('The configuration has 1 warning.');
  expect(stderr).toContain('FEATURE is not declared: did you mean FEATURES?');
  expect(stderr).not.toContain(canary);
});

test('a dotenv file is read from the working folder of the process', async () => {
  const folder = tempFolder();
  const lines = Object.entries(right).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(join(folder, '.env.production'), lines.join('\n'), { mode: 0o600 });
  expect((await run({}, folder)).stdout).toContain('listening');
});

test('importing the package and defining a configuration reads no variable, starts nothing and listens to nothing', async () => {
  const script = fileURLToPath(new URL('./fixtures/import-only.mjs', import.meta.url));
  await using child = spawnNode(script);
  await child.exited;
  expect(JSON.parse(child.stdout)).toEqual({ asked: [], added: 0, crypto: false });
  expect(child.stderr).toContain('PORT is not set');
});

describe('the README', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

  test('has examples', () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  test.each(examples)('example %# runs', async (code) => {
    await using child = spawnNode('--', {
      nodeOptions: ['--input-type=module', '-e', code],
      env: { ...right, APP_ENV: 'production', CORS_ORIGIN: 'https://a.example', REDIS_URL: 'redis://h' },
      cwd: root,
    });
    const { code: exitCode } = await child.exited;
    expect({ exitCode, stderr: child.stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test('names only tests that exist', () => {
    const proofs = [...readme.matchAll(/\(`(test\/[\w/.-]+)`: “([^”]+)”\)/g)];
    expect(proofs.length).toBeGreaterThan(8);
    for (const [, file = '', title = ''] of proofs) {
      expect(readFileSync(join(root, file), 'utf8')).toContain(title);
    }
  });
});
