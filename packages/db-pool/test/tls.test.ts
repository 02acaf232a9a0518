import { appendFile, chown, copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogFields, silentLogger } from '@seaworthy/contracts';
import {
  type Authority,
  type Certificate,
  createAuthority,
  describeWith,
  startMariadb,
  startPostgres,
} from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type Db, type DbOptions, sql } from '../src/index.js';
import { refused } from './support/refused.js';

interface TlsServer extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  restart(): Promise<void>;
}

interface TlsEngine {
  readonly name: 'postgres' | 'mysql';
  start(): Promise<TlsServer>;
  /** Makes the server use `tls.pem` and `tls.key` of its folder from its next start on. */
  enable(server: TlsServer): Promise<void>;
  open(options: DbOptions): Db;
  readonly cipher: ReturnType<typeof sql>;
}

const engines: readonly TlsEngine[] = [
  {
    name: 'postgres',
    start: () => startPostgres(),
    async enable({ url, folder }) {
      await using admin = createDb(postgres(pg), { url });
      for (const [name, value] of Object.entries(files(folder))) {
        await using connection = await admin.connect();
        await connection.script(`alter system set ssl_${name}_file = '${value}'`);
      }
      await admin.exec(sql`alter system set ssl = on`);
    },
    open: (options) => createDb(postgres(pg), options),
    cipher: sql`select cipher from pg_stat_ssl where pid = pg_backend_pid()`,
  },
  {
    name: 'mysql',
    start: () => startMariadb(),
    async enable({ folder }) {
      const lines = Object.entries(files(folder)).map(([name, value]) => `ssl_${name} = ${value}`);
      await appendFile(join(folder, 'testkit.cnf'), `${lines.join('\n')}\n`);
    },
    open: (options) => createDb(mysql(mysql2), options),
    cipher: sql`select variable_value as cipher from information_schema.session_status where variable_name = 'SSL_CIPHER'`,
  },
];

const files = (folder: string) => ({ cert: join(folder, 'tls.pem'), key: join(folder, 'tls.key') });

/** Gives the server a certificate, readable by its own user, and starts it again. */
async function present(server: TlsServer, { certPath, keyPath }: Certificate): Promise<void> {
  const { uid, gid } = await stat(server.folder);
  const { cert, key } = files(server.folder);
  await copyFile(certPath, cert);
  await copyFile(keyPath, key);
  for (const path of [cert, key]) await chown(path, uid, gid);
  await server.restart();
}

for (const { name, start, enable, open, cipher } of engines) {
  describeWith([name], `TLS to ${name}`, () => {
    let server: TlsServer;
    let authority: Authority;
    const byName = (): string => server.url.replace('127.0.0.1', 'localhost');

    beforeAll(async () => {
      authority = await createAuthority();
      server = await start();
    });
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      await authority?.[Symbol.asyncDispose]();
    });

    test('is refused by us when the server does not offer it, instead of going on in the clear', async () => {
      await using db = open({ url: server.url, tls: { ca: authority.ca }, deadline: { acquire: '1s' } });
      const error = await refused(db.one(sql`select 1 as one`));
      // A MariaDB of 11.4 or later makes a certificate for itself.
      expect(error.message).toMatch(/the server offers no TLS|the server's certificate was refused/);
    });

    test('[row 134] is used with the CA and the host name checked; a wrong CA, a wrong host name and an expired certificate are refused', async () => {
      await using stranger = await createAuthority();
      const good = await authority.issue('good', 'DNS:localhost');
      const byAddress = await authority.issue('by-address', 'IP:127.0.0.1');
      const other = await authority.issue('other', 'DNS:db.example.com');
      const expired = await authority.issue('expired', 'DNS:localhost,IP:127.0.0.1', 'expired');
      await enable(server);

      /** The cipher, or why the first attempt to connect failed. */
      const outcome = async (url: string, ca: string): Promise<unknown> => {
        const failure = deferred();
        const logger = {
          ...silentLogger,
          error: (_: string, { error }: LogFields = {}) => failure.resolve(error),
        };
        await using db = open({ url, tls: { ca }, logger, deadline: { acquire: '20s', drain: '1ms' } });
        const answer = db.one<{ cipher: string }>(cipher, { timeout: '20s' });
        return await Promise.race([
          answer.then((row) => row.cipher).catch((error: unknown) => error),
          failure.promise,
        ]);
      };
      const refusal = (reason: RegExp): unknown =>
        expect.objectContaining({ kind: 'unavailable', message: expect.stringMatching(reason) });
      const nameRefused = refusal(/certificate was refused \((?:ERR_TLS_CERT_ALTNAME_INVALID|Hostname\/IP)/);

      await present(server, byAddress);
      expect(await outcome(server.url, authority.ca)).toMatch(/^TLS_|AES|CHACHA/);
      expect(await outcome(byName(), authority.ca)).toEqual(nameRefused);

      await present(server, other);
      expect(await outcome(byName(), authority.ca)).toEqual(nameRefused);
      expect(await outcome(server.url, authority.ca)).toEqual(nameRefused);

      await present(server, expired);
      expect(await outcome(byName(), authority.ca)).toEqual(refusal(/certificate was refused \(.*expired/i));

      await present(server, good);
      expect(await outcome(byName(), authority.ca)).toMatch(/^TLS_|AES|CHACHA/);
      expect(await outcome(byName(), stranger.ca)).toEqual(
        refusal(/certificate was refused \((?:SELF_SIGNED|UNABLE_TO|self-signed|unable to)/i),
      );
      // A certificate for `localhost` is none for an address, although Node's default name is `localhost`.
      expect(await outcome(server.url, authority.ca)).toEqual(nameRefused);
    });

    test('cancels a statement over TLS too', async () => {
      // The server still has the good certificate.
      await using db = open({ url: byName(), tls: { ca: authority.ca }, pool: { max: 1 } });
      await db.one(cipher);
      const sleeping =
        name === 'postgres'
          ? { strings: ['select pg_sleep(60)'], values: [] }
          : { strings: ['select sleep(60)'], values: [] };
      expect((await refused(db.execute(sleeping, { timeout: '300ms' }))).kind).toBe('query_timeout');
      const running =
        name === 'postgres'
          ? sql`select count(*) as n from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`
          : sql`select count(*) as n from information_schema.processlist where info = 'select sleep(60)'`;
      await expect.poll(async () => (await db.one<{ n: number }>(running)).n, { timeout: 10_000 }).toBe(0);
    });
  });
}

const drivers = {
  postgres: (options: DbOptions) => createDb(postgres(pg), options),
  mysql: (options: DbOptions) => createDb(mysql(mysql2), options),
};

for (const [name, open] of Object.entries(drivers)) {
  const refusal = (options: DbOptions): string => {
    try {
      void open(options).close();
      return 'accepted';
    } catch (error) {
      return error instanceof Error ? error.message : 'no Error';
    }
  };
  const remote = `${name}://app:canary-of-a-password@db.example.com/app`;

  test(`[row 134] plaintext to another machine is refused by ${name} before anything connects, in staging and production`, () => {
    for (const options of [{}, { environment: 'production' }, { environment: 'staging' }] as const) {
      const message = refusal({ url: remote, ...options });
      expect(message).toMatch(/option "tls" must be given: db\.example\.com:\d+ is another machine/);
      expect(message).not.toContain('canary');
    }
    expect(refusal({ url: remote, tls: false })).toContain('is another machine');
    expect(refusal({ connection: { host: '10.0.0.5' } })).toContain('10.0.0.5');
    expect(refusal({ url: remote, tls: true })).toBe('accepted');
    expect(refusal({ url: remote, environment: 'development' })).toBe('accepted');
    expect(refusal({ url: `${name}://app@127.0.0.1/app` })).toBe('accepted');
    expect(refusal({ url: `${name}://app@localhost/app` })).toBe('accepted');
    expect(refusal({ url: `${name}://app@[::1]/app` })).toBe('accepted');
  });

  test(`a setting of ${name} that does not check the certificate is refused in production too`, () => {
    const connection = { host: 'db.example.com', ssl: { rejectUnauthorized: false } };
    expect(refusal({ connection })).toContain('does not check the certificate');
    expect(refusal({ connection: { host: 'db.example.com', ssl: {} } })).toBe('accepted');
    expect(refusal({ connection, tls: true })).toContain('left out');
  });

  test(`a misspelt or impossible tls setting of ${name} names the right one and repeats no key`, () => {
    expect(refusal({ url: remote, tls: { ca: '/etc/ssl/ca.pem' } })).toContain('PEM text');
    expect(refusal({ url: remote, tls: { key: 'canary' } })).toMatch(/^(?!.*canary).*both cert and key/);
    expect(refusal({ url: remote, tls: { caa: '' } as never })).toContain('"ca"');
    expect(refusal({ url: remote, environment: 'live' as never })).toContain('development, test, staging');
  });
}

test('the ssl parameters of a URL are honoured, and not beside tls', () => {
  const open = (parameters: string, options: Partial<DbOptions> = {}): Db =>
    createDb(postgres(pg), { url: `postgres://app@db.example.com/app?${parameters}`, ...options });
  expect(open('sslmode=verify-full').address).toBe('db.example.com:5432');
  expect(() => open('sslmode=disable')).toThrow('another machine');
  expect(() => open('sslmode=no-verify')).toThrow('does not check the certificate');
  expect(() => open('sslmode=verify-full', { tls: true })).toThrow('left out');
  expect(() =>
    createDb(mysql(mysql2), {
      url: `mysql://app@db.example.com/app?ssl=${encodeURIComponent('{"ca":"x"}')}`,
    }),
  ).not.toThrow();
  expect(() =>
    createDb(mysql(mysql2), {
      url: `mysql://app@db.example.com/app?ssl=${encodeURIComponent('{"rejectUnauthorized":false}')}`,
    }),
  ).toThrow('does not check the certificate');
});

function deferred(): { readonly promise: Promise<unknown>; resolve(value: unknown): void } {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: (value) => resolve(value) };
}
