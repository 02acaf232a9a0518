import type { LogFields, Logger } from '@seaworthy/contracts';
import {
  createFakeClock,
  createTestDatabase,
  describeWith,
  size,
  startFaultProxy,
  waitFor,
} from '@seaworthy/testkit';
import * as fc from 'fast-check';
import mysql2 from 'mysql2';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type DbEvent, type DbOptions, Sql, sql } from '../src/index.js';
import { fingerprintOf, normalizeSql } from '../src/observe/normalize-sql.js';
import { SlowLog } from '../src/observe/slow-log.js';
import { recordingMetrics } from './support/recording-metrics.js';
import { refused } from './support/refused.js';

interface Line {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: LogFields;
}

function recordingLogger(): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: keyof Logger) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields });
  return { logger: { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }, lines };
}

describe('a normalized statement', () => {
  test.each([
    [
      'postgres',
      "select * from t where a = 'x' and b = 12.5e3 and c = $1",
      'select * from t where a = ? and b = ? and c = ?',
    ],
    ['postgres', "select 'it''s', E'a\\'b', $$body$$, $t$a $$ b$t$, 0xff, -1", 'select ?, ?, ?, ?, ?, -?'],
    ['postgres', 'select "Na""me", t1.c2 -- canary\nfrom t1 /* canary */', 'select "Na""me", t1.c2 from t1'],
    ['postgres', 'insert into t values ($1, $2),\n ($3, $4), ($5, $6)', 'insert into t values (?, …), …'],
    ['postgres', 'select 1 where id in (1,2,  3)', 'select ? where id in (?, …)'],
    ['postgres', "select 'never closed", 'select ?'],
    ['mysql', "select \"text\", 'a\\'b', `na``me`, 0x1F, ? # canary", 'select ?, ?, `na``me`, ?, ?'],
    ['mysql', "set password = 'canary'", 'set password = ?'],
    ['postgres', "select /* /* */ ' */ 'canary'", 'select ?'],
    ['mysql', "select /* /* */ 'canary' -- ' */", 'select ?'],
  ] as const)('of %s: %s', (dialect, text, expected) => {
    expect(normalizeSql(text, dialect)).toBe(expected);
  });

  test('has the same fingerprint whatever the values and blanks, and another one for another statement', () => {
    const of = (text: string): string => fingerprintOf(normalizeSql(text, 'postgres'));
    expect(of('select * from t where id = 1')).toBe(of('SELECT *\n  from t where id = 99999'));
    expect(of('select * from t where id in (1, 2)')).toBe(of('select * from t where id in (1, 2, 3, 4)'));
    expect(of('select * from t where id = 1')).not.toBe(of('select * from u where id = 1'));
    expect(of('select 1')).toMatch(/^[0-9a-f]{16}$/);
  });

  test('never shows a value that was written as a literal, whatever it is', () => {
    const quotes: readonly ((value: string) => readonly ['postgres' | 'mysql', string])[] = [
      (value) => ['postgres', `'${value.replaceAll("'", "''")}'`],
      (value) => ['postgres', `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`],
      (value) => ['postgres', `$tag$${value.replaceAll('$', '')}$tag$`],
      (value) => ['mysql', `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`],
      (value) => ['mysql', `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`],
      (value) => ['mysql', `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`],
    ];
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("'", '"', '\\', '$', '`', '-', '/', '*', '#', '\n', ' ', 'a', '1', 'é'),
        }),
        fc.string({
          unit: fc.constantFrom("'", '"', '\\', '$', '`', '-', '/', '*', '#', '\n', ' ', 'a', '1', 'é'),
        }),
        fc.constantFrom(...quotes),
        (before, after, quote) => {
          const [dialect, literal] = quote(`${before}CANARY${after}`);
          const shown = normalizeSql(`select a from t where b = ${literal} and c = 1`, dialect);
          expect(shown).toBe('select a from t where b = ? and c = ?');
        },
      ),
      { numRuns: size({ test: 1_000, soak: 100_000 }) },
    );
  });

  test('takes a statement of megabytes in its stride', () => {
    const text = `insert into t values ${'(1, 2), '.repeat(500_000)}(3, 4)`;
    expect(normalizeSql(text, 'postgres').length).toBeLessThan(3_000);
  });
});

test('[row 75] a program that makes up statements without end costs the slow-query log no memory: of their fingerprints it knows the latest 500', () => {
  const { logger, lines } = recordingLogger();
  const log = new SlowLog({ afterMs: 1, dialect: 'postgres', pool: 'p', logger, clock: createFakeClock() });
  const slow = (number: number) => log.report(`select c${number} from t`, 5, undefined);
  for (let number = 0; number < 2_000; number += 1) slow(number);
  const prints = lines.map(({ fields }) => String(fields.fingerprint));
  expect(new Set(prints).size).toBe(2_000);
  for (const print of prints) expect(print).toMatch(/^[0-9a-f]{16}$/);
  const repeated = (number: number): boolean => {
    const before = lines.length;
    slow(number);
    return lines.length === before; // known, so not logged again within ten seconds
  };
  expect([repeated(1_999), repeated(1_500), repeated(1_499), repeated(0)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a statement that is slow all the time is one line each ten seconds, which says how many more there were', async () => {
  const clock = createFakeClock();
  const { logger, lines } = recordingLogger();
  const log = new SlowLog({ afterMs: 100, dialect: 'postgres', pool: 'p', logger, clock });
  for (let time = 0; time < 50; time += 1) log.report(`select ${time}`, 150, undefined);
  log.report('select a', 150, 'query_timeout');
  expect(lines.map(({ fields }) => fields.statement)).toEqual(['select ?', 'select a']);
  expect(lines[1]?.fields).toMatchObject({ failure: 'query_timeout', durationMs: 150 });
  await clock.advance(10_001);
  log.report('select 99', 150, undefined);
  expect(lines[2]?.fields).toMatchObject({ statement: 'select ?', alsoSlowSinceLastLine: 49 });
});

const engines = {
  postgres: {
    open: (options: DbOptions) => createDb(postgres(pg), options),
    slow: (canary: string) =>
      sql`select pg_sleep(1.1), ${canary}::text as given, 'canary literal' as written`,
    shown: 'select pg_sleep(?), ?::text as given, ? as written',
    system: 'postgresql',
  },
  mysql: {
    open: (options: DbOptions) => createDb(mysql(mysql2), options),
    slow: (canary: string) => sql`select sleep(1.1), ${canary} as given, 'canary literal' as written`,
    shown: 'select sleep(?), ? as given, ? as written',
    system: 'mysql',
  },
} as const;

for (const [name, { open, slow, shown, system }] of Object.entries(engines)) {
  describeWith([name === 'mysql' ? 'mysql' : 'postgres'], `observing ${name}`, () => {
    test('[row 53] a statement that takes 1.1 s is logged with its fingerprint and without its values; a fast one is not', async () => {
      await using database = await createTestDatabase(name === 'mysql' ? 'mysql' : 'postgres');
      const { logger, lines } = recordingLogger();
      await using db = open({ url: database.url, name: 'orders', logger });
      await db.one(slow('canary of a parameter'));
      const logged = lines.filter(({ fields }) => fields.statement === shown);
      expect(logged).toEqual([
        {
          level: 'warn',
          message: 'Slow query',
          fields: {
            pool: 'orders',
            durationMs: expect.any(Number),
            fingerprint: fingerprintOf(shown),
            statement: shown,
          },
        },
      ]);
      expect(Number(logged[0]?.fields.durationMs)).toBeGreaterThanOrEqual(1_000);
      expect(JSON.stringify(lines)).not.toContain('canary');
      const fast = recordingLogger();
      await using patient = open({ url: database.url, logger: fast.logger, slowQuery: '1h' });
      await patient.one(sql`select 1 as one`);
      expect(fast.lines).toEqual([]);
    });

    test("measures under OpenTelemetry's names, with labels from a known set only", async () => {
      await using database = await createTestDatabase(name === 'mysql' ? 'mysql' : 'postgres');
      const metrics = recordingMetrics();
      await using db = open({
        url: database.url,
        name: 'orders',
        pool: { max: 7, min: 1 },
        metrics,
        slowQuery: false,
      });
      await db.one(sql`select 1 as one`);
      await db.one(sql`  SELECT 2 as two`);
      await db.exec(sql`create table t (id int primary key)`);
      await db.exec(sql`insert into t values (${1})`);
      await refused(db.exec(sql`insert into t values (${1})`));
      const pool = { 'db.client.connection.pool.name': 'orders' };
      const common = {
        ...pool,
        'db.system.name': system,
        'server.address': database.host,
        'server.port': String(database.port),
      };
      const durations = (labels: Record<string, string>): number | undefined =>
        metrics.value('db.client.operation.duration', { ...common, ...labels });
      expect(durations({ 'db.operation.name': 'SELECT' })).toBe(2);
      expect(durations({ 'db.operation.name': 'CREATE' })).toBe(1);
      expect(durations({ 'db.operation.name': 'INSERT' })).toBe(1);
      expect(
        durations({
          'db.operation.name': 'INSERT',
          'error.type': 'unique',
          'db.response.status_code': name === 'mysql' ? '23000' : '23505',
        }),
      ).toBe(1);
      expect(metrics.value('db.client.connection.max', pool)).toBe(7);
      expect(metrics.value('db.client.connection.idle.min', pool)).toBe(1);
      expect(metrics.value('db.client.connection.create_time', pool)).toBeGreaterThanOrEqual(1);
      expect(metrics.value('db.client.connection.use_time', pool)).toBeGreaterThanOrEqual(5);
      const idle = { ...pool, 'db.client.connection.state': 'idle' };
      await waitFor(() => Number(metrics.value('db.client.connection.count', idle)) >= 1, {
        what: 'the gauges',
      });
    });

    test('[row 75] the time of statements is a histogram by operation and pool, with labels from a known set whatever the statements are', async () => {
      await using database = await createTestDatabase(name === 'mysql' ? 'mysql' : 'postgres');
      const metrics = recordingMetrics();
      const options = { url: database.url, metrics, slowQuery: false } as const;
      await using orders = open({ ...options, name: 'orders' });
      await using reports = open({ ...options, name: 'reports' });
      const histogram = 'db.client.operation.duration';
      const counted = (pool: string, operation: string | undefined): number =>
        metrics.value(histogram, {
          'db.system.name': system,
          'db.client.connection.pool.name': pool,
          'server.address': database.host,
          'server.port': String(database.port),
          ...(operation === undefined ? {} : { 'db.operation.name': operation }),
        }) ?? 0;
      await orders.exec(sql`create table t (id int primary key)`);
      for (let id = 0; id < 20; id += 1) {
        await orders.exec(new Sql([`insert into t values (${id})`], []));
        await reports.many(new Sql([`select id as c${id} from t where id = ${id}`], []));
      }
      await reports.many(sql`/* who asks */ select 1 as one`);
      for (let number = 0; number < 50; number += 1)
        await refused(reports.exec(new Sql([`made${number} up`], [])));
      expect([counted('orders', 'CREATE'), counted('orders', 'INSERT')]).toEqual([1, 20]);
      expect([counted('orders', 'SELECT'), counted('reports', 'INSERT')]).toEqual([0, 0]);
      expect([counted('reports', 'SELECT'), counted('reports', undefined)]).toEqual([20, 1]);
      // CREATE and INSERT, SELECT, what has no known first word, and its refusal by the server.
      expect(metrics.labelsOf(histogram)).toHaveLength(5);
    });

    test('tells what happens to the pool, and outlives a listener that throws', async () => {
      await using database = await createTestDatabase(name === 'mysql' ? 'mysql' : 'postgres');
      await using proxy = await startFaultProxy({ target: database });
      const events: DbEvent[] = [];
      const { logger, lines } = recordingLogger();
      await using db = open({
        url: proxy.url(database.url),
        name: 'orders',
        pool: { leakAfter: '50ms' },
        logger,
        onEvent(event) {
          events.push(event);
          throw new Error('a listener of the program');
        },
      });
      const typesOf = (): string[] => events.map(({ type }) => type);
      await db.one(sql`select 1 as one`);
      expect(typesOf()).toEqual(['connected']);
      const held = await db.connect();
      await waitFor(() => typesOf().includes('leaked'), { what: 'the leak to be noticed' });
      await held.release();
      await proxy.refuse();
      proxy.reset();
      await waitFor(() => db.stats().total === 0, { what: 'the pool to notice the reset' });
      await waitFor(
        async () => {
          await refused(db.one(sql`select 1 as one`, { timeout: '300ms' }));
          return typesOf().includes('down') && typesOf().includes('starved');
        },
        { what: 'the pool to say that it cannot connect' },
      );
      await proxy.clear();
      await waitFor(() => db.one(sql`select 1 as one`), { what: 'the database to be back' });
      expect(typesOf()).toEqual(expect.arrayContaining(['connected', 'leaked', 'down', 'starved', 'up']));
      expect(typesOf().filter((type) => type === 'down')).toHaveLength(1);
      expect(events.find(({ type }) => type === 'up')).toMatchObject({
        pool: 'orders',
        failures: expect.any(Number),
      });
      expect(lines.some(({ message }) => message === 'onEvent of createDb threw')).toBe(true);
    });
  });
}
