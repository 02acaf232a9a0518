import { inspect } from 'node:util';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { type AwsSecretsOptions, awsSecrets } from '../../src/aws/aws-secrets.js';
import { defineConfig, env, sources } from '../../src/index.js';
import { type AwsEndpoint, startAwsEndpoint } from '../support/aws-endpoint.js';
import { configErrorFrom } from '../support/load-field.js';

const good = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';
const other = 'Zz8Wq1Xc5Vt7Bn3My6Lk4Jh2Gf9DsPoR';

const schema = defineConfig({ fields: { KEY: env.string().secret(), COUNT: env.int().default(1) } });

function clientOf(endpoint: AwsEndpoint): SecretsManager {
  return new SecretsManager({
    endpoint: endpoint.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'qzvkxcredential' },
    maxAttempts: 3,
  });
}

function load(
  endpoint: AwsEndpoint,
  options: Partial<AwsSecretsOptions> = {},
  variables: Record<string, string> = {},
) {
  const source = awsSecrets({ client: clientOf(endpoint), secretId: 'orders', ...options });
  return schema.loadAsync({ env: variables, sources: [sources.env(), source] });
}

async function problemOf(loading: Promise<unknown>) {
  const error = await configErrorFrom(loading);
  for (const print of [String(error.stack), inspect(error, { depth: 20 }), JSON.stringify(error)]) {
    expect(print).not.toContain('qzvkx');
  }
  expect(error.cause).toBeUndefined();
  expect(error.problems).toHaveLength(1);
  return error.problems[0];
}

describe('a secret of AWS Secrets Manager, read by the real client', () => {
  test('gives its keys to the variables, and explain names the version', async () => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', JSON.stringify({ KEY: good, COUNT: 3, OTHER: 'x' }));
    const config = await load(endpoint, {}, { COUNT: '2' });
    expect([config.KEY.reveal(), config.COUNT]).toEqual([good, 3]);
    expect(schema.explain(config)).toContain(
      'COUNT          aws orders, key COUNT, version version-1 (shadows the process environment)',
    );
    expect(endpoint.asked).toMatchObject([
      {
        target: 'secretsmanager.GetSecretValue',
        body: { SecretId: 'orders' },
        authorization: expect.stringContaining('AWS4-HMAC-SHA256'),
      },
    ]);
  });

  test('gives one variable whole, as text or as bytes of UTF-8', async () => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', good);
    expect((await load(endpoint, { as: 'KEY' })).KEY.reveal()).toBe(good);
    endpoint.write('orders', Buffer.from(other));
    expect((await load(endpoint, { as: 'KEY' })).KEY.reveal()).toBe(other);
  });

  test('is read at the stage that is asked for, under other keys', async () => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', JSON.stringify({ key: good }));
    endpoint.write('orders', JSON.stringify({ key: other }));
    const config = await load(endpoint, { versionStage: 'AWSPREVIOUS', keys: { KEY: 'key' } });
    expect(config.KEY.reveal()).toBe(good);
  });

  test('is asked again by the client itself when the service is throttled', async () => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', JSON.stringify({ KEY: good }));
    endpoint.trouble({ status: 400, type: 'ThrottlingException' });
    endpoint.trouble({ status: 500, type: 'InternalServiceError' });
    expect((await load(endpoint)).KEY.reveal()).toBe(good);
    expect(endpoint.asked).toHaveLength(3);
  });
});

describe('what the service refuses is one problem that names the secret and no value', () => {
  test.each([
    ['ResourceNotFoundException', 'does not exist'],
    ['AccessDeniedException', 'may not be read'],
    ['DecryptionFailure', 'cannot be decrypted'],
    ['InvalidRequestException', 'marked for deletion'],
    ['ExpiredTokenException', 'was not given (ExpiredTokenException)'],
    ['qzvkx', 'was not given'],
  ])('%s', async (type, message) => {
    const endpoint = await startAwsEndpoint();
    endpoint.trouble({ status: 400, type }, 9);
    expect(await problemOf(load(endpoint))).toMatchObject({
      code: 'unreadable',
      name: 'aws orders',
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['is no JSON', 'qzvkx'],
    ['is a JSON list', '["qzvkx"]'],
    ['is JSON that is cut off', '{"KEY":"qzvkx'],
  ])('a secret that %s', async (_, text) => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', text);
    expect((await problemOf(load(endpoint)))?.message).toContain('is no JSON object');
  });

  test.each([
    ['has a key twice', '{"KEY":"qzvkx","KEY":"qzvky"}', 'aws orders', 'holds a key twice in one object'],
    [
      'has a number in an object that is rounded',
      `{"KEY":"${good}","COUNT":{"n":9007199254740993}}`,
      'COUNT',
      'too large',
    ],
    [
      'has a number in a list that is rounded',
      `{"KEY":"${good}","COUNT":[[9007199254740993]]}`,
      'COUNT',
      'too large',
    ],
  ])('a secret that %s', async (_, text, name, message) => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', text);
    expect(await problemOf(load(endpoint))).toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  test('bytes that are no UTF-8', async () => {
    const endpoint = await startAwsEndpoint();
    endpoint.write('orders', new Uint8Array([0xc3, 0x28]));
    expect((await problemOf(load(endpoint, { as: 'KEY' })))?.message).toContain('nothing that is UTF-8');
  });

  test.each([
    ['an answer that is no JSON', { raw: '<html>qzvkx' }],
    ['an answer that is cut off', 'cut'],
  ] as const)('%s', async (_, reply) => {
    const endpoint = await startAwsEndpoint();
    endpoint.trouble(reply, 9);
    expect((await problemOf(load(endpoint)))?.message).toContain('was not given');
  });

  test.each([{ as: 'KAY' }, { keys: { KAY: 'key' } }])(
    'a variable that is not declared (%j)',
    async (options) => {
      const endpoint = await startAwsEndpoint();
      expect(await problemOf(load(endpoint, options))).toMatchObject({
        code: 'invalid',
        fix: 'Did you mean KEY?',
      });
      expect(endpoint.asked).toEqual([]);
    },
  );

  test('no answer within timeout', async () => {
    const endpoint = await startAwsEndpoint();
    endpoint.trouble('silence', 9);
    expect((await problemOf(load(endpoint, { timeout: 200 })))?.message).toContain(
      'not answered within 200 ms',
    );
  });
});

test.each([
  [{ client: {} as never, secretId: 'x' }, 'client'],
  [{ client: new SecretsManager({ region: 'x' }), secretId: '' }, 'secretId'],
  [{ client: new SecretsManager({ region: 'x' }), secretId: 'x', as: 'A', keys: { A: 'b' } }, 'keys'],
])('options that can never work are refused: %#', (options, message) => {
  expect(() => awsSecrets(options)).toThrow(message);
});

test('[row 11] the real client merges the value, ResourceNotFound fails the start, and a rotation is picked up by polling', async () => {
  const endpoint = await startAwsEndpoint();
  const source = awsSecrets({ client: clientOf(endpoint), secretId: 'orders' });
  const options = { env: { COUNT: '5' }, sources: [sources.env(), source] };

  const refused = await problemOf(schema.watch(options));
  expect(refused).toMatchObject({ name: 'aws orders', message: expect.stringContaining('does not exist') });

  endpoint.write('orders', JSON.stringify({ KEY: good }));
  const clock = createFakeClock();
  await using live = await schema.watch({ ...options, clock, remotePoll: 60_000, timeout: 3_600_000 });
  expect([live.current.KEY.reveal(), live.current.COUNT]).toEqual([good, 5]);

  endpoint.write('orders', JSON.stringify({ KEY: other }));
  await clock.advance(60_000);
  await waitFor(() => live.current.KEY.reveal() === other, { what: 'the new version' });
  expect(live.current.COUNT).toBe(5);
});
