import { createTestDatabase, describeWith, type TestDatabase, waitFor } from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgres } from '../src/drivers/postgres.js';
import { pgPool } from '../src/facades/pg-pool.js';
import { createDb, type Db, DbError, type DbEvent, sql } from '../src/index.js';
import { type ToolServer, toolContract } from './contract/tools.js';
import { postgresTools } from './support/postgres-tools.js';
import { recordingMetrics } from './support/recording-metrics.js';

describeWith(['postgres'], 'pgPool', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
  });
  afterAll(async () => {
    await database?.drop();
  });

  const open = (pool = {}, deadline = {}, onEvent?: (event: DbEvent) => void): Db =>
    createDb(postgres(pg), {
      url: database.url,
      pool: { max: 3, ...pool },
      deadline: { drain: '1s', ...deadline },
      onEvent,
    });
  const server: ToolServer = {
    // A check of a connection that rested would take from the time that a caller has.
    open: (deadline, onEvent) => open({ min: 3, validateAfter: '1m' }, deadline, onEvent),
    async sleepers(): Promise<number> {
      await using watcher = createDb(postgres(pg), { url: database.adminUrl });
      const query = sql`select count(*) as n from pg_stat_activity
        where query like '%pg_sleep(%' and state = 'active' and pid <> pg_backend_pid() and datname = current_database()`;
      return (await watcher.one<{ n: number }>(query)).n;
    },
  };

  for (const tool of postgresTools) toolContract(tool, server);

  describe('itself', () => {
    test('puts the session back after a client, whatever was done in it', async () => {
      await using db = open({ max: 1 });
      await db.exec(sql`create or replace function sets_quietly() returns void language plpgsql as
        $$ begin perform set_config('search_path', 'pg_catalog', false); end $$`);
      const path = sql`select current_setting('search_path') as path`;
      const before = await db.one(path);
      const client = await pgPool(pg, db).connect();
      await client.query('select sets_quietly()');
      client.release();
      expect(await db.one(path)).toEqual(before);
    });

    test('is a pg.Pool, and answers as one: results, field descriptions, callbacks, array rows, own type parsers', async () => {
      await using db = open();
      const pool = pgPool(pg, db);
      expect(pool).toBeInstanceOf(pg.Pool);
      const result = await pool.query<{ n: number; at: Date; big: string }>(
        'select $1::int as n, timestamptz $2 as at, 9007199254740993::int8 as big'.replace(
          'timestamptz $2',
          '$2::timestamptz',
        ),
        [7, '2026-01-02T03:04:05Z'],
      );
      expect(result.rows).toEqual([{ n: 7, at: new Date('2026-01-02T03:04:05Z'), big: '9007199254740993' }]);
      expect(result.command).toBe('SELECT');
      expect(result.fields.map(({ name }) => name)).toEqual(['n', 'at', 'big']);
      const arrays = await pool.query({ text: 'select 1, 2', rowMode: 'array' });
      expect(arrays.rows).toEqual([[1, 2]]);
      const parsed = await pool.query({
        text: 'select 1 as n',
        types: { getTypeParser: () => (text: string) => `<${text}>` } as never,
      });
      expect(parsed.rows).toEqual([{ n: '<1>' }]);
      const byCallback = await new Promise<unknown>((resolve, reject) => {
        pool.query('select 2 as n', [], (error, { rows }) =>
          error === undefined || error === null ? resolve(rows) : reject(error),
        );
      });
      expect(byCallback).toEqual([{ n: 2 }]);
      await new Promise<void>((resolve, reject) => {
        pool.connect((error, client, release) => {
          if (error !== undefined) return reject(error);
          client?.query('select 1', (failure) => {
            release();
            if (failure) reject(failure);
            else resolve();
          });
        });
      });
      await expect(pool.query('select * from nowhere')).rejects.toMatchObject({
        code: '42P01',
        severity: 'ERROR',
      });
      expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0]);
      await pool.end();
      await expect(pool.query('select 1')).rejects.toThrow('after calling end');
      expect((await db.one<{ one: number }>(sql`select 1 as one`)).one).toBe(1);
    });

    test('leaves neither a transaction nor a setting of a client to the next one', async () => {
      await using db = createDb(postgres(pg), { url: database.url, pool: { max: 1 } });
      const pool = pgPool(pg, db);
      const first = await pool.connect();
      await first.query('begin');
      await first.query("set application_name = 'leaked'");
      await first.query('create temp table leaked (id int)');
      first.release();
      const second = await pool.connect();
      const { rows } = await second.query(
        "select current_setting('application_name') as name, to_regclass('leaked') as leaked, pg_current_xact_id_if_assigned() as xact",
      );
      expect(rows).toEqual([{ name: 'seaworthy', leaked: null, xact: null }]);
      second.release();
      expect(() => second.release()).toThrow('already been released');
      await expect(second.query('select 1')).rejects.toMatchObject({ code: 'DB_CLOSED' });
    });

    test("runs what a 'connect' listener sets before whoever gets the client", async () => {
      await using db = open();
      const pool = pgPool(pg, db);
      pool.on('connect', (client) => void client.query("set search_path to 'pg_catalog'"));
      expect((await pool.query('show search_path')).rows).toEqual([{ search_path: 'pg_catalog' }]);
      expect((await pool.query('show search_path')).rows).toEqual([{ search_path: 'pg_catalog' }]);
    });

    test('takes a client away that is kept too long, cancels what it runs and says so as an error event', async () => {
      await using db = open();
      await db.ready();
      const pool = pgPool(pg, db, { checkoutTimeout: '300ms' });
      const client = await pool.connect();
      const said = new Promise<Error>((resolve) => void client.on('error', resolve));
      await expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({
        code: 'DB_TRANSACTION_TIMEOUT',
      });
      expect(DbError.is(await said)).toBe(true);
      client.release();
      await waitFor(() => db.stats().total === 0, { what: 'the connection to be gone' });
    });

    test('reports a client that is not released, with the stack of whoever has it', async () => {
      const events: DbEvent[] = [];
      await using db = createDb(postgres(pg), {
        url: database.url,
        pool: { leakAfter: '50ms' },
        onEvent: (event) => events.push(event),
      });
      async function forgetful(): Promise<pg.PoolClient> {
        return pgPool(pg, db).connect();
      }
      const client = await forgetful();
      await waitFor(() => events.some(({ type }) => type === 'leaked'), { what: 'the leak to be reported' });
      expect(events.find(({ type }) => type === 'leaked')).toMatchObject({
        borrower: expect.stringContaining('forgetful'),
      });
      client.release();
    });

    test("is measured as everything is, with the server's codes", async () => {
      const metrics = recordingMetrics();
      await using db = createDb(postgres(pg), { url: database.url, metrics });
      await expect(pgPool(pg, db).query('select * from nowhere')).rejects.toMatchObject({ code: '42P01' });
      expect(
        metrics.value('db.client.operation.duration', {
          'db.system.name': 'postgresql',
          'db.client.connection.pool.name': 'seaworthy',
          'server.address': database.host,
          'server.port': String(database.port),
          'db.operation.name': 'SELECT',
          'error.type': 'other',
          'db.response.status_code': '42P01',
        }),
      ).toBe(1);
    });

    test('destroys a client that is released with an error', async () => {
      await using db = open();
      const pool = pgPool(pg, db);
      const client = await pool.connect();
      client.release(new Error('broken'));
      await waitFor(() => db.stats().total === 0, { what: 'the connection to be gone' });
    });

    test('end() waits for the clients that are out and leaves the database open unless it is told to close it', async () => {
      await using db = open();
      const pool = pgPool(pg, db, { closeDb: true });
      const client = await pool.connect();
      const ended = pool.end();
      expect(
        await Promise.race([ended.then(() => 'ended'), client.query('select 1').then(() => 'still works')]),
      ).toBe('still works');
      client.release();
      await ended;
      await expect(db.one(sql`select 1 as one`)).rejects.toMatchObject({ code: 'DB_CLOSED' });
    });

    test('tells a query object or cursor that its connection is gone, instead of ending the process', async () => {
      await using db = open();
      await using admin = createDb(postgres(pg), { url: database.adminUrl });
      const client = await pgPool(pg, db).connect();
      client.on('error', () => undefined);
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await admin.exec(sql`select pg_terminate_backend(${rows[0]?.pid})`);
      await waitFor(() => db.stats().total === 0, { what: 'the pool to notice' });
      const failure = await new Promise<unknown>((resolve) => {
        const query = new pg.Query('select 1 as one', (error: unknown) => resolve(error));
        client.query(query as never);
      });
      expect(failure).toMatchObject({ code: 'DB_CONNECTION_LOST' });
      client.query(new pg.Query('select 1 as one') as never); // which nobody listens to
      client.release();
      expect(await db.one(sql`select 1 as one`)).toEqual({ one: 1 });
    });

    test('end() does not wait for a client that was taken away and is never released', async () => {
      await using db = open();
      await db.ready();
      const pool = pgPool(pg, db, { checkoutTimeout: '300ms', closeDb: true });
      await pool.connect();
      await pool.end();
      await expect(db.one(sql`select 1 as one`)).rejects.toMatchObject({ code: 'DB_CLOSED' });
    });

    test('refuses what is no database of PostgreSQL', () => {
      expect(() => pgPool(pg, {} as Db)).toThrow('createDb()');
      expect(() => pgPool(pg, open(), { closeDB: true } as never)).toThrow('closeDb');
    });
  });
});
