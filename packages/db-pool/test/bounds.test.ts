import type { MetricLabels, Metrics } from '@seaworthy/contracts';
import {
  createTestDatabase,
  describeWith,
  startFaultProxy,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import {
  ConnectionFailedError,
  ConnectionTimeoutError,
  createDb,
  PoolExhaustedError,
  sql,
} from '../src/index.js';
import { refused } from './support/refused.js';

let database: TestDatabase;

const one = sql`select 1 as one`;
const withParameters = (url: string, parameters: string): string => `${url}?${parameters}`;

/** Remembers what was counted, by name and label. */
function recordingMetrics(): { readonly metrics: Metrics; readonly counted: string[] } {
  const counted: string[] = [];
  const metrics: Metrics = {
    counter: ({ name }) => ({
      add: (_amount, labels: MetricLabels = {}) =>
        counted.push(`${name} ${labels['error.type'] ?? ''}`.trim()),
    }),
    gauge: () => ({ set: () => undefined }),
    histogram: () => ({ record: () => undefined }),
  };
  return { metrics, counted };
}

describeWith(['postgres'], 'a pool of PostgreSQL', () => {
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
  });
  afterAll(async () => {
    await database?.drop();
  });

  test("[row 45] never has more than max connections in the server, settles at min, and honours the URL's limit", async () => {
    await using watcher = createDb(postgres(pg), { url: database.adminUrl, name: 'watcher' });
    const inServer = async (name: string): Promise<number> => {
      const query = sql`select count(*) as n from pg_stat_activity where application_name = ${name}`;
      return (await watcher.one<{ n: number }>(query)).n;
    };
    await watcher.ready();
    await using db = createDb(postgres(pg), {
      url: database.url,
      name: 'bounded',
      pool: { max: 20, min: 5, idleTimeout: '1s' },
      deadline: { acquire: '30s', query: '60s' },
    });
    const load = Array.from({ length: 200 }, () => db.one(sql`select pg_sleep(0.05) is null as one`));
    let highest = 0;
    const watching = (async () => {
      while (db.stats().waiting > 0 || db.stats().inUse > 0)
        highest = Math.max(highest, await inServer('bounded'));
    })();
    await Promise.all([...load, watching]);
    expect(highest).toBeGreaterThan(5);
    expect(highest).toBeLessThanOrEqual(20);
    await waitFor(async () => (await inServer('bounded')) === 5, { what: 'the pool to settle at 5' });
    await waitFor(() => db.stats().total === 5, { what: 'the goodbyes to be over' });

    const url = withParameters(database.url, 'connection_limit=3&pool_timeout=20');
    await using limited = createDb(postgres(pg), { url, name: 'limited', deadline: { query: '60s' } });
    await Promise.all(
      Array.from({ length: 50 }, () => limited.one(sql`select pg_sleep(0.01) is null as one`)),
    );
    expect(limited.stats()).toMatchObject({ max: 3, total: 3 });
    expect(await inServer('limited')).toBe(3);
  });

  test('[row 54] "Connection pool exhausted", "Connection timeout" and "Database connection failed" are told apart by message, class and metric', async () => {
    const { metrics, counted } = recordingMetrics();
    await using proxy = await startFaultProxy({ target: database });
    await using db = createDb(postgres(pg), {
      url: proxy.url(database.url),
      pool: { max: 1 },
      deadline: { acquire: '1s', connect: '20s' },
      metrics,
    });
    const held = await db.connect();
    const exhausted = await refused(db.one(one));
    await held.release();

    proxy.reset();
    await waitFor(() => db.stats().total === 0, { what: 'the pool to notice the reset' });
    proxy.blackhole();
    const timeout = await refused(db.one(one));

    await proxy.clear();
    await db.one(one);
    await proxy.refuse();
    proxy.reset();
    await waitFor(() => db.stats().total === 0, { what: 'the pool to notice the reset' });
    const failed = await refused(db.one(one));

    expect(exhausted.message).toMatch(/^Connection pool exhausted: /);
    expect(timeout.message).toMatch(/^Connection timeout: /);
    expect(failed.message).toMatch(/^Database connection failed: /);
    expect([exhausted, timeout, failed].map(({ code }) => code)).toEqual([
      'DB_ACQUIRE_TIMEOUT',
      'DB_CONNECT_TIMEOUT',
      'DB_UNAVAILABLE',
    ]);
    expect([exhausted, timeout, failed].map(({ name }) => name)).toEqual([
      'PoolExhaustedError',
      'ConnectionTimeoutError',
      'ConnectionFailedError',
    ]);
    expect([
      PoolExhaustedError.is(exhausted),
      ConnectionTimeoutError.is(timeout),
      ConnectionFailedError.is(failed),
    ]).toEqual([true, true, true]);
    expect([
      PoolExhaustedError.is(timeout),
      ConnectionTimeoutError.is(failed),
      ConnectionFailedError.is(exhausted),
    ]).toEqual([false, false, false]);
    expect(counted.filter((name) => name.startsWith('db.client.operation.errors'))).toEqual([
      'db.client.operation.errors acquire_timeout',
      'db.client.operation.errors connect_timeout',
      'db.client.operation.errors unavailable',
    ]);
    expect(counted.filter((name) => name === 'db.client.connection.timeouts')).toHaveLength(3);
  });

  test('offers a health check that passes while the database answers and fails when it does not', async () => {
    await using proxy = await startFaultProxy({ target: database });
    await using db = createDb(postgres(pg), { url: proxy.url(database.url), deadline: { acquire: '1s' } });
    const check = db.healthCheck();
    expect(check.kind).toBe('remote');
    await expect(check.probe(new AbortController().signal)).resolves.toMatchObject({ pool: { max: 20 } });
    await proxy.refuse();
    proxy.reset();
    await waitFor(() => db.stats().total === 0, { what: 'the pool to notice the reset' });
    await expect(check.probe(new AbortController().signal)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('logs once that the database is gone and once that it is back', async () => {
    const lines: string[] = [];
    const line = (message: string): void => void lines.push(message);
    await using proxy = await startFaultProxy({ target: database });
    await using db = createDb(postgres(pg), {
      url: proxy.url(database.url),
      logger: { error: line, warn: line, info: line, debug: line },
    });
    await proxy.refuse();
    const waiting = Promise.all(
      Array.from({ length: 10 }, () => db.one(one, { timeout: '30s' }).catch(() => undefined)),
    );
    await waiting;
    await proxy.clear();
    await waitFor(() => db.one(one), { what: 'the database to be back' });
    expect(lines).toEqual(['Database connection failed; trying again', 'Database is reachable again']);
  });
});

describeWith(['mysql'], 'a pool of MySQL', () => {
  test("[row 46] a starved caller of a real MySQL server fails at the URL's pool_timeout, which options win over", async () => {
    await using mine = await createTestDatabase('mysql');
    const url = withParameters(mine.url, 'connection_limit=2&pool_timeout=1');
    await using db = createDb(mysql(mysql2), { url });
    const held = await Promise.all([db.connect(), db.connect()]);
    const error = await refused(db.one(one));
    expect(error.message).toContain('no connection became free within 1000 ms (2 of 2 in use');
    await Promise.all(held.map((own) => own.release()));
    await using wider = createDb(mysql(mysql2), { url, pool: { max: 4 } });
    expect(wider.stats().max).toBe(4);
  });

  test('a parameter of the URL changes neither what values become nor what a statement may be', async () => {
    await using mine = await createTestDatabase('mysql');
    const parameters = 'decimalNumbers=true&rowsAsArray=true&multipleStatements=true&bigNumberStrings=true';
    const url = withParameters(mine.url, `${parameters}&charset=utf8mb4_bin`);
    await using db = createDb(mysql(mysql2), { url, pool: { max: 1 } });
    const row = { price: '0.12345678901234567890', n: 1 };
    const select = sql`select cast('0.12345678901234567890' as decimal(30, 20)) as price, count(*) as n from (select 1) as t`;
    expect(await db.one(select)).toEqual(row);
    expect(await db.one(sql`${select} where 1 = ${1}`)).toEqual(row);
    expect((await refused(db.many(sql`select 1; select 2`))).kind).toBe('syntax');
    expect(await db.one(sql`select @@collation_connection as collation`)).toEqual({
      collation: 'utf8mb4_bin',
    });
  });
});
