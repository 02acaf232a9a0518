import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
import { awsSecrets } from '../src/aws/aws-secrets.js';
import { ConfigError, defineConfig, env, type LoadAsyncOptions, sources } from '../src/index.js';
import { vault } from '../src/vault/vault.js';
import { startAwsEndpoint } from './support/aws-endpoint.js';
import { tempFolder } from './support/temp-folder.js';
import { startVault } from './support/vault-server.js';

/** Three marks, so that a prefix, a middle or an end that leaks is found; none of them is a word of ours. */
const marks = ['qzvkx', 'jwpbf', 'ygmhd'];
const canary = `${marks.join('')}-k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue`;

const schema = defineConfig({
  fields: {
    KEY: env.string().secret(),
    URL: env.url({ protocols: ['postgres:'] }).secret(),
    COUNT: env.int().default(1),
    CHOICE: env.oneOf(['a', 'b']).default('a'),
  },
  rules: (rule) => [rule.check(['COUNT'], 'COUNT is below 5', ({ COUNT }) => COUNT < 5)],
});

type Values = Readonly<Record<string, string>>;

/** Everything of one source, which holds `values`. */
type Holder = (values: Values, mode: number) => Promise<LoadAsyncOptions> | LoadAsyncOptions;

function folderOf(values: Values, mode: number): string {
  const folder = join(tempFolder(), 'secrets');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(values)) writeFileSync(join(folder, name), text, { mode });
  return folder;
}

const holders: Readonly<Record<string, Holder>> = {
  'dotenv files': (values, mode) => {
    const cwd = tempFolder();
    const lines = Object.entries(values).map(([name, text]) => `${name}='${text}'`);
    writeFileSync(join(cwd, '.env'), lines.join('\n'), { mode });
    return { cwd, sources: [sources.dotenv()] };
  },
  'X_FILE files': (values, mode) => {
    const folder = folderOf(values, mode);
    const pointers = Object.keys(values).map((name) => [`${name}_FILE`, join(folder, name)]);
    return { env: Object.fromEntries(pointers), sources: [sources.files()] };
  },
  'a secrets directory': (values, mode) => ({ sources: [sources.directory(folderOf(values, mode))] }),
  'systemd credentials': (values, mode) => ({
    env: { CREDENTIALS_DIRECTORY: folderOf(values, mode) },
    sources: [sources.systemdCredentials()],
  }),
  Vault: async (values) => {
    const server = await startVault();
    server.write('orders', values);
    const token = server.issueToken();
    return {
      sources: [vault({ path: 'orders', address: server.address, auth: { method: 'token', token } })],
    };
  },
  'AWS Secrets Manager': async (values) => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', JSON.stringify(values));
    const client = new SecretsManager({
      endpoint: endpoint.url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: canary },
    });
    return { sources: [awsSecrets({ client, secretId: 'orders' })] };
  },
};

function leaks(texts: readonly string[]): readonly string[] {
  return marks.filter((mark) => texts.some((text) => text.toLowerCase().includes(mark)));
}

function printsOf(error: ConfigError): readonly string[] {
  return [
    error.message,
    String(error.stack),
    inspect(error, { depth: 20, showHidden: true, customInspect: false, getters: true }),
    JSON.stringify(error),
    inspect(error.cause, { depth: 20 }),
    ...error.problems.map((problem) => inspect(problem, { depth: 20 })),
  ];
}

const right = { KEY: canary, URL: `postgres://u:${canary}@h/db`, COUNT: '2', CHOICE: 'b' };

const wrong: Readonly<Record<string, Values>> = {
  'a value of the wrong kind': { ...right, COUNT: canary },
  'a value that is none of the choices': { ...right, CHOICE: canary },
  'a URL with an unencoded password': { ...right, URL: `postgres://u:${canary}@x/y@h/db` },
  'a secret that is too short': { ...right, KEY: 'qzvkx' },
  'a placeholder': { ...right, KEY: `changeme-${canary}` },
  'a rule that does not hold': { ...right, COUNT: '7' },
  'a line break': { ...right, KEY: `${canary}\n\n` },
};

describe.each(Object.entries(holders))('no part of a value appears, when it comes from %s,', (_, hold) => {
  async function load(values: Values, mode = 0o600) {
    const { env: variables, ...rest } = await hold(values, mode);
    return schema.loadAsync({ cwd: '/nonexistent', ...rest, env: { APP_ENV: 'production', ...variables } });
  }

  test('in explain, origins, inspect, JSON or text of the configuration', async () => {
    const config = await load(right);
    expect([config.KEY.reveal(), config.COUNT]).toEqual([canary, 2]);
    expect(schema.origins(config).every(({ state }) => state === 'set')).toBe(true);
    const printed = [
      schema.explain(config),
      JSON.stringify(schema.origins(config)),
      inspect(config, { depth: 20, showHidden: true, customInspect: false }),
      JSON.stringify(config),
      `${config.KEY} ${config.URL}`,
      inspect(schema, { depth: 20, showHidden: true }),
    ];
    expect(leaks(printed)).toEqual([]);
  });

  test.each(Object.entries(wrong))('in any sink of the error about %s', async (_fault, values) => {
    const error = await load(values).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!ConfigError.is(error)) throw new Error('Expected a ConfigError.');
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]?.origin?.at ?? error.problems[0]?.code).toBeTruthy();
    expect(leaks(printsOf(error))).toEqual([]);
  });

  test('in the error about files that others may read, where there are files', async () => {
    const outcome = await load(right, 0o644).catch((thrown: unknown) => thrown);
    if (!ConfigError.is(outcome)) return;
    expect(outcome.problems).toMatchObject([
      { code: 'insecure', name: 'KEY' },
      { code: 'insecure', name: 'URL' },
    ]);
    expect(leaks(printsOf(outcome))).toEqual([]);
  });
});

test.each(['dotenv files', 'X_FILE files', 'a secrets directory', 'systemd credentials'])(
  'secrets in %s that others may read are refused in staging and production, and read in development',
  async (name) => {
    const hold = holders[name];
    if (hold === undefined) throw new Error('There is no such holder.');
    for (const profile of ['staging', 'production', 'development']) {
      const { env: variables, ...rest } = await hold(right, 0o604);
      const options = { cwd: '/nonexistent', ...rest, env: { APP_ENV: profile, ...variables } };
      const outcome = await schema.loadAsync(options).catch((thrown: unknown) => thrown);
      expect([profile, ConfigError.is(outcome)]).toEqual([profile, profile !== 'development']);
    }
  },
);
