import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type Clock, Secret, systemClock } from '@seaworthy/contracts';
import { createFakeClock, type FakeClock, waitFor } from '@seaworthy/testkit';
import { describe, expect, test, vi } from 'vitest';
import { defineConfig, env, type RemoteSource, sources } from '../../src/index.js';
import { type VaultOptions, vault } from '../../src/vault/vault.js';
import { configErrorFrom } from '../support/load-field.js';
import { tempFolder } from '../support/temp-folder.js';
import {
  appRole,
  kubernetesRole,
  startVault,
  type VaultDouble,
  type VaultTrouble,
} from '../support/vault-server.js';

const good = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';
const other = 'Zz8Wq1Xc5Vt7Bn3My6Lk4Jh2Gf9DsPoR';

const schema = defineConfig({
  fields: {
    KEY: env.string().secret(),
    LIMITS: env.json().optional(),
    COUNT: env.int().default(1),
    DEBUG: env.bool().default(true),
  },
});

async function vaultWith(data: object = { KEY: good }): Promise<VaultDouble> {
  const server = await startVault();
  server.write('orders/production', data);
  return server;
}

/** Loads with a token that never ends. */
function load(
  server: VaultDouble,
  options: Partial<VaultOptions> = {},
  variables: Record<string, string> = {},
) {
  const token = server.issueToken();
  return schema.loadAsync({
    env: { VAULT_ADDR: server.address, VAULT_TOKEN: token, ...variables },
    cwd: '/nonexistent',
    sources: [
      sources.env(),
      vault({ path: 'orders/production', attemptTimeout: 10_000, timeout: 60_000, ...options }),
    ],
  });
}

async function problemOf(loading: Promise<unknown>) {
  const error = await configErrorFrom(loading);
  for (const print of [String(error.stack), inspect(error, { depth: 20 }), JSON.stringify(error)]) {
    expect(print).not.toContain('qzvkx');
    expect(print).not.toContain(good);
  }
  expect(error.cause).toBeUndefined();
  expect(error.problems).toHaveLength(1);
  return error.problems[0];
}

describe('a secret of Vault, KV version 2', () => {
  test('gives the declared variables: texts, and the JSON of what is no text', async () => {
    const server = await vaultWith({ KEY: good, LIMITS: { users: 3 }, COUNT: 7, DEBUG: false, OTHER: 'x' });
    const config = await load(server);
    expect(config.KEY.reveal()).toBe(good);
    expect(config).toMatchObject({ LIMITS: { users: 3 }, COUNT: 7, DEBUG: false });
    expect(Object.keys(config)).toEqual(['KEY', 'LIMITS', 'COUNT', 'DEBUG']);
  });

  test('takes its place in the order, and explain names path, key and version', async () => {
    const server = await vaultWith({ key: good });
    server.write('orders/production', { key: other });
    const config = await load(server, { keys: { KEY: 'key' } }, { KEY: good });
    expect(config.KEY.reveal()).toBe(other);
    const line = schema.explain(config).split('\n')[1];
    expect(line).toBe(
      'KEY     secret  vault secret/orders/production, key key, version 2 (shadows the process environment)',
    );
  });

  test('of several paths the later wins; null counts as not given', async () => {
    const server = await vaultWith({ KEY: good, COUNT: 2 });
    server.write('orders/override', { COUNT: 3, KEY: null });
    const config = await load(server, { path: ['orders/production', 'orders/override'] });
    expect([config.KEY.reveal(), config.COUNT]).toEqual([good, 3]);
  });

  test('with a number that JSON cannot hold exactly is one problem, as a text it is exact', async () => {
    const server = await startVault();
    server.write('orders/production', { KEY: good, COUNT: 2 ** 53 + 2 });
    const problem = await problemOf(load(server));
    expect(problem).toMatchObject({
      name: 'COUNT',
      message: expect.stringContaining('too large to be read exactly'),
    });
    server.write('orders/production', { KEY: good, COUNT: '7' });
    expect((await load(server)).COUNT).toBe(7);
  });

  test('is asked with the namespace, in another mount, with every part of the path encoded', async () => {
    const server = await startVault({ mount: 'team a/kv' });
    server.write('x?y#z/%2e', { KEY: good });
    await load(server, { path: 'x?y#z/%2e', mount: 'team a/kv', namespace: 'team/a' });
    expect(server.log.at(-1)).toBe('GET team a/kv/data/x?y#z/%2e');
    expect(server.headers.at(-1)).toMatchObject({ 'x-vault-namespace': 'team/a', 'x-vault-request': 'true' });
  });
});

describe('a login', () => {
  const credentials = (folder: string, mode: number) => {
    const path = join(folder, 'secret-id');
    writeFileSync(path, `${appRole.secretId}\n`);
    chmodSync(path, mode);
    return path;
  };

  test.each<[string, () => VaultOptions['auth'], string]>([
    [
      'by AppRole',
      () => ({
        method: 'approle',
        roleId: { env: 'ROLE' },
        secretId: { file: credentials(tempFolder(), 0o600) },
      }),
      'approle',
    ],
    [
      'by AppRole with a Secret',
      () => ({ method: 'approle', roleId: appRole.roleId, secretId: new Secret('ID', appRole.secretId) }),
      'approle',
    ],
    [
      'by the service account of Kubernetes',
      () => {
        const tokenFile = join(tempFolder(), 'token');
        writeFileSync(tokenFile, kubernetesRole.jwt, { mode: 0o644 });
        return { method: 'kubernetes', role: kubernetesRole.role, tokenFile };
      },
      'kubernetes',
    ],
  ])('%s gives a token that reads', async (_, auth, mount) => {
    const server = await vaultWith();
    const given = auth();
    if (given === undefined) throw new Error('unreachable');
    const config = await load(server, { auth: given }, { APP_ENV: 'production', ROLE: appRole.roleId });
    expect(config.KEY.reveal()).toBe(good);
    expect(server.log).toEqual([`POST auth/${mount}/login`, 'GET secret/data/orders/production']);
  });

  test('that is refused is one problem, for all paths', async () => {
    const server = await vaultWith();
    const auth = { method: 'approle', roleId: appRole.roleId, secretId: 'qzvkxwrong' } as const;
    expect(await problemOf(load(server, { auth, path: ['a', 'b'] }))).toMatchObject({
      name: 'vault',
      message: expect.stringContaining('refused the login at auth/approle (400)'),
    });
  });

  test('with a credential in a file that others may use is refused in production', async () => {
    const server = await vaultWith();
    const file = credentials(tempFolder(), 0o644);
    const auth = { method: 'approle', roleId: appRole.roleId, secretId: { file } } as const;
    expect(await problemOf(load(server, { auth }, { APP_ENV: 'production' }))).toMatchObject({
      code: 'insecure',
    });
    expect((await load(server, { auth }, { APP_ENV: 'development' })).KEY.reveal()).toBe(good);
  });

  test.each([
    ['is not set', {}, 'VAULT_TOKEN is not set'],
    [
      'holds what no header can',
      { VAULT_TOKEN: 'qzvkx\nX-Injected: 1' },
      'holds blanks or characters beyond ASCII',
    ],
  ])('with a token that %s is one problem', async (_, variables, message) => {
    const server = await vaultWith();
    const loading = schema.loadAsync({
      env: { VAULT_ADDR: server.address, ...variables },
      sources: [vault({ path: 'orders/production' })],
    });
    expect(await problemOf(loading)).toMatchObject({ message: expect.stringContaining(message) });
    expect(server.log).toEqual([]);
  });
});

describe('what Vault refuses is one problem that names the secret and no value', () => {
  test('a path that the policy does not allow', async () => {
    const server = await vaultWith();
    server.forbidden.add('orders/production');
    expect(await problemOf(load(server))).toMatchObject({
      code: 'unreadable',
      name: 'vault secret/orders/production',
      message: expect.stringContaining('may not be read with this token (403)'),
      fix: expect.stringContaining('secret/data/orders/production'),
    });
  });

  test('a token that has ended', async () => {
    const server = await vaultWith();
    const token = server.issueToken();
    server.revoke(token);
    const problem = await problemOf(load(server, { auth: { method: 'token', token } }));
    expect(problem).toMatchObject({ message: expect.stringContaining('(403)') });
  });

  test.each(['delete', 'destroy'] as const)('a newest version after %s', async (how) => {
    const server = await vaultWith();
    server.remove('orders/production', how);
    const gone = how === 'delete' ? 'is deleted' : 'is destroyed';
    expect(await problemOf(load(server))).toMatchObject({ message: expect.stringContaining(gone) });
  });

  test('a secret that is not there', async () => {
    expect(await problemOf(load(await vaultWith(), { path: 'orders/nothing' }))).toMatchObject({
      name: 'vault secret/orders/nothing',
      message: expect.stringContaining('does not exist (404)'),
    });
  });

  test('a secret of a KV version 1 engine', async () => {
    const server = await vaultWith();
    server.trouble({ kind: 'status', status: 200, body: { data: { KEY: good } } }, { on: /data/ });
    expect(await problemOf(load(server))).toMatchObject({
      message: expect.stringContaining('no secret of a KV version 2'),
    });
  });

  test('and a missing variable is not listed beside it', async () => {
    const server = await vaultWith();
    server.forbidden.add('orders/production');
    expect((await problemOf(load(server)))?.message).toContain('missing variables are not listed');
  });
});

describe('trouble on the way', () => {
  const passing: ReadonlyArray<[string, VaultTrouble]> = [
    ['503', { kind: 'status', status: 503 }],
    ['500', { kind: 'status', status: 500 }],
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
    ['412 of a server that lags', { kind: 'status', status: 412 }],
    ['a seal', { kind: 'sealed' }],
    ['an answer that is cut off', { kind: 'cut' }],
    ['a connection that is reset', { kind: 'reset' }],
    ['no answer', { kind: 'silence' }],
  ];

  test.each(passing)('%s that passes is not noticed', async (_, trouble) => {
    const server = await vaultWith();
    server.trouble(trouble, { times: 2, on: /data/ });
    const config = await load(server, { attemptTimeout: trouble.kind === 'silence' ? 700 : 10_000 });
    expect(config.KEY.reveal()).toBe(good);
    // Where silence is told by time, a machine that stands still for a moment costs one more.
    const asked = server.log.filter((line) => line.includes('data')).length;
    expect(trouble.kind === 'silence' ? Math.min(asked, 3) : asked).toBe(3);
  });

  test.each<[string, VaultTrouble, string]>([
    ['503', { kind: 'status', status: 503 }, 'answered 503, tried 3 times'],
    ['a seal', { kind: 'sealed' }, 'is sealed, tried 3 times'],
    ['an answer that is cut off', { kind: 'cut' }, 'could not be reached'],
    ['a connection that is reset', { kind: 'reset' }, 'could not be reached'],
    ['no answer', { kind: 'silence' }, 'did not answer within 500 ms, tried 3 times'],
    ['an answer without end', { kind: 'endless' }, 'answered more than 65536 bytes'],
    ['a page of a proxy', { kind: 'html' }, 'answered something that is no JSON'],
    ['a redirect for ever', { kind: 'redirect', to: '/v1/secret/data/x' }, 'was answered with 307'],
    ['a redirect to nowhere', { kind: 'redirect', to: 'ftp://h/' }, 'not protected by TLS'],
    ['418', { kind: 'status', status: 418 }, 'was answered with 418'],
  ])('%s that stays is one problem after a bounded number of tries', async (_, trouble, message) => {
    const server = await vaultWith();
    server.trouble(trouble, { times: 100, on: /data/ });
    const attemptTimeout = trouble.kind === 'silence' ? 500 : 10_000;
    const problem = await problemOf(load(server, { attemptTimeout, attempts: 3, maxBytes: 65_536 }));
    expect(problem?.message).toContain(message);
    expect(server.log.length).toBeLessThanOrEqual(4);
  });

  test('a server that is not there is one problem', async () => {
    const loading = schema.loadAsync({
      env: { VAULT_ADDR: 'http://127.0.0.1:1', VAULT_TOKEN: 'hvs.qzvkx' },
      sources: [vault({ path: 'orders/production', attempts: 2 })],
    });
    expect((await problemOf(loading))?.message).toContain('could not be reached');
  });

  test('all tries together end at timeout', async () => {
    const server = await vaultWith();
    server.trouble({ kind: 'silence' }, { times: 100 });
    const problem = await problemOf(load(server, { timeout: 300, attemptTimeout: 200, attempts: 100 }));
    expect(problem?.message).toContain('did not answer within 300 ms');
  });

  test('a standby that redirects to the active node is followed once, with the token', async () => {
    const [active, standby] = [await vaultWith(), await startVault()];
    const token = active.issueToken();
    standby.trouble(
      { kind: 'redirect', to: `${active.address}/v1/secret/data/orders/production` },
      { on: /data/ },
    );
    standby.trouble({ kind: 'status', status: 403 }, { on: /lookup/ });
    const config = await load(standby, { auth: { method: 'token', token } });
    expect(config.KEY.reveal()).toBe(good);
  });
});

test('a Vault on another machine whose certificate nobody checks is not asked in production', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    return new Response('{}', { status: 404 });
  };
  const source = vault({ path: 'orders', address: 'https://vault.internal:8200', fetch, attempts: 1 });
  const given = { env: { APP_ENV: 'production', VAULT_TOKEN: 'qzvkx' }, sources: [source] };
  const { problems } = await configErrorFrom(schema.loadAsync(given));
  expect(problems).toMatchObject([
    { code: 'insecure', message: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED') },
  ]);
  expect(asked).toEqual([]);
  await configErrorFrom(schema.loadAsync({ ...given, env: { ...given.env, APP_ENV: 'development' } }));
  expect(asked).not.toEqual([]);
  vi.unstubAllEnvs();
});

test('in production a Vault on this machine that redirects to another one without TLS is not followed', async () => {
  const server = await vaultWith();
  server.trouble({ kind: 'redirect', to: 'http://vault.internal:8200/v1/x' }, { times: 9, on: /data/ });
  expect(await problemOf(load(server, {}, { APP_ENV: 'production' }))).toMatchObject({
    code: 'insecure',
    message: expect.stringContaining('not protected by TLS'),
  });
});

describe('an address', () => {
  test.each([
    ['is not set', '', 'has no address'],
    ['is no URL', 'qzvkx', 'no http or https URL'],
    ['has a password in it', 'https://u:qzvkx@vault', 'a name or a password'],
    [
      'is another machine without TLS in production',
      'http://vault.internal:8200',
      'without TLS in production',
    ],
  ])('that %s is one problem', async (_, address, message) => {
    const loading = schema.loadAsync({
      env: { VAULT_ADDR: address, VAULT_TOKEN: 'hvs.x', APP_ENV: 'production' },
      sources: [vault({ path: 'orders/production' })],
    });
    expect((await problemOf(loading))?.message).toContain(message);
  });
});

test('keys for a variable that is not declared are one problem, and nothing is asked', async () => {
  const server = await vaultWith();
  expect(await problemOf(load(server, { keys: { KAY: 'key' } }))).toMatchObject({
    code: 'invalid',
    message: 'is told to give KAY, which is not declared',
    fix: 'Did you mean KEY?',
  });
  expect(server.log).toEqual([]);
});

test.each([
  [{ path: '/orders' }, 'path'],
  [{ path: 'a/../b' }, 'path'],
  [{ path: [] as never }, 'path'],
  [{ path: 'a', mount: 'b/' }, 'mount'],
  [{ path: 'a', attempts: 0 }, 'attempts'],
  [{ path: 'a', auth: { method: 'ldap' } as never }, 'auth.method'],
  [{ path: 'a', auth: { method: 'token', tokne: 'x' } as never }, 'Did you mean "token"?'],
  [{ path: 'a', auth: { method: 'approle', roleID: 'x', secretId: 'x' } as never }, 'Did you mean "roleId"?'],
  [{ path: 'a', auth: { method: 'approle', secretId: 'CANARY' } as never }, 'auth.roleId'],
  [{ path: 'a', auth: { method: 'approle', roleId: 'x', secretId: 42 } as never }, 'auth.secretId'],
  [{ path: 'a', auth: { method: 'token', token: { evn: 'VAULT_TOKEN' } } as never }, 'Did you mean "env"?'],
  [{ path: 'a', auth: { method: 'token', token: { file: '' } } as never }, 'auth.token'],
  [{ path: 'a', auth: { method: 'kubernetes' } as never }, 'auth.role'],
  [{ path: 'a', auth: { method: 'kubernetes', role: 'x', tokenFile: 7 } as never }, 'auth.tokenFile'],
  [
    { path: 'a', auth: { method: 'approle', roleId: 'x', secretId: 'x', mount: '/approle/' } as never },
    'auth.mount',
  ],
  [{ path: 'a', allowPlainHttp: 'false' as never }, 'allowPlainHttp'],
  [{ path: 'a', namespace: 'team\nCANARY' }, 'namespace'],
  [{ path: 'a', adress: 'x' } as never, 'Did you mean "address"?'],
])('options that can never work are refused: %j', (options, message) => {
  expect(() => vault(options)).toThrow(message);
});

function leaseClock(clock: FakeClock): Clock {
  return { ...systemClock, monotonic: clock.monotonic };
}

describe('a token', () => {
  const minute = 60_000;

  let busy = 0;

  /** Leases end by the clock of the test; the answers of the server take real time, and have real deadlines. */
  function watched(server: VaultDouble, clock: FakeClock, options: Partial<VaultOptions>) {
    const source = vault({ path: 'orders/production', clock: leaseClock(clock), ...options });
    const counted: RemoteSource = {
      name: source.name,
      async fetch(context, signal) {
        busy += 1;
        try {
          return await source.fetch(context, signal);
        } finally {
          busy -= 1;
        }
      },
    };
    return schema.watch({
      env: { VAULT_ADDR: server.address },
      cwd: '/nonexistent',
      sources: [counted],
      remotePoll: 30 * minute,
      filePoll: 60 * minute,
      timeout: 24 * 60 * minute,
      clock,
    });
  }

  const looked = (server: VaultDouble) => server.log.filter((line) => line.includes('/data/')).length;

  async function pass(clock: FakeClock, ms: number) {
    for (let passed = 0; passed < ms; passed += minute) {
      await clock.advance(minute);
      await waitFor(() => busy === 0, { everyMs: 1 });
    }
  }

  test('is renewed before it ends, although the source is polled more rarely, and a new version is picked up on the way', async () => {
    const clock = createFakeClock();
    const server = await startVault({ now: clock.monotonic });
    server.write('orders/production', { KEY: good });
    const token = server.issueToken({ ttlSeconds: 10 * 60 });
    await using live = await watched(server, clock, { auth: { method: 'token', token } });
    server.write('orders/production', { KEY: other });
    const changed = new Promise((resolve) => live.on('change', resolve));
    await pass(clock, 60 * minute);
    await changed;
    expect(live.current.KEY.reveal()).toBe(other);
    expect(live.rejection).toBeUndefined();
    expect(server.log.filter((line) => line.endsWith('renew-self')).length).toBeGreaterThanOrEqual(5);
    expect(looked(server)).toBeGreaterThan(6);
  });

  test('of a login that comes to its greatest age is replaced by a new login', async () => {
    const clock = createFakeClock();
    const server = await startVault({ now: clock.monotonic });
    server.write('orders/production', { KEY: good });
    server.loginTokens = { ttlSeconds: 10 * 60, maxTtlSeconds: 25 * 60 };
    const auth = { method: 'approle', ...appRole } as const;
    await using live = await watched(server, clock, { auth });
    await pass(clock, 80 * minute);
    expect(live.rejection).toBeUndefined();
    expect(server.log.filter((line) => line.endsWith('/login')).length).toBeGreaterThanOrEqual(3);
  });

  test('that nobody can renew is no reason to ask more often', async () => {
    const clock = createFakeClock();
    const server = await startVault({ now: clock.monotonic });
    server.write('orders/production', { KEY: good });
    const token = server.issueToken({ ttlSeconds: 10 * 60, renewable: false });
    await using live = await watched(server, clock, { auth: { method: 'token', token } });
    await pass(clock, 9 * minute);
    expect([live.rejection, looked(server)]).toEqual([undefined, 1]);
    await pass(clock, 51 * minute);
    expect(live.rejection?.problems).toMatchObject([{ message: expect.stringContaining('(403)') }]);
    expect(looked(server)).toBeLessThanOrEqual(3);
  });

  test('of a login that was revoked is replaced by a new login at the next look', async () => {
    const clock = createFakeClock();
    const server = await startVault({ now: clock.monotonic });
    server.write('orders/production', { KEY: good });
    await using live = await watched(server, clock, { auth: { method: 'approle', ...appRole } });
    server.revoke('hvs.qzvkxtoken1');
    server.write('orders/production', { KEY: other });
    await live.refresh();
    expect(live.current.KEY.reveal()).toBe(other);
  });

  test('in a file that an agent rewrites is read again at every look', async () => {
    const server = await vaultWith();
    const file = join(tempFolder(), 'token');
    writeFileSync(file, server.issueToken(), { mode: 0o600 });
    await using live = await watched(server, createFakeClock(), {
      auth: { method: 'token', token: { file } },
    });
    server.revoke('hvs.qzvkxtoken1');
    writeFileSync(file, server.issueToken());
    server.write('orders/production', { KEY: other });
    await live.refresh();
    expect(live.current.KEY.reveal()).toBe(other);
  });
});

test('[row 12] a renewed token, a new version, 403 and 503: the snapshot stays valid, and no log holds the secret', async () => {
  const clock = createFakeClock();
  const server = await startVault({ now: clock.monotonic });
  server.write('orders/production', { KEY: good });
  server.loginTokens = { ttlSeconds: 600 };
  const lines: string[] = [];
  const note = (message: string, fields?: object) =>
    void lines.push(`${message} ${inspect(fields, { depth: 20 })}`);
  await using live = await schema.watch({
    env: { VAULT_ADDR: server.address },
    sources: [
      vault({ path: 'orders/production', auth: { method: 'approle', ...appRole }, clock: leaseClock(clock) }),
    ],
    timeout: 3_600_000,
    logger: { error: note, warn: note, info: note, debug: note },
    remotePoll: 60_000,
    filePoll: 3_600_000,
    clock,
  });
  const rejected: unknown[] = [];
  live.on('rejected', ({ problems }) => rejected.push(...problems));

  server.write('orders/production', { KEY: other });
  server.trouble({ kind: 'status', status: 503 }, { times: 2, on: /data/ });
  await live.refresh();
  expect([live.current.KEY.reveal(), rejected]).toEqual([other, []]);

  server.forbidden.add('orders/production');
  await live.refresh();
  await live.refresh();
  expect(rejected).toMatchObject([{ name: 'vault secret/orders/production' }]);
  expect(live.current.KEY.reveal()).toBe(other);

  server.forbidden.clear();
  await clock.advance(400_000);
  await live.refresh();
  expect(server.log.filter((line) => line.endsWith('renew-self'))).toHaveLength(1);
  expect(live.rejection).toBeUndefined();
  expect(lines.join('\n')).toContain('configuration changed');
  for (const secret of [good, other, 'qzvkx']) expect(lines.join('\n')).not.toContain(secret);
});
