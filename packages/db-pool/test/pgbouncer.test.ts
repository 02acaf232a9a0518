import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTestDatabase,
  describeWith,
  startPgBouncer,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type Db, type DbOptions, sql } from '../src/index.js';
import { createMigrations } from '../src/migrations.js';
import { kindOf, refused } from './support/refused.js';

/** Debian 12's PgBouncer is 1.18: in transaction mode it knows nothing of prepared statements. */
describeWith(['postgres', 'pgbouncer'], 'PgBouncer in transaction mode', () => {
  let database: TestDatabase;
  let direct: Db;
  let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;
  let folder: string;
  const open = (options: Omit<DbOptions, 'url' | 'connection'> = {}): Db => {
    const url = new URL(database.url);
    url.port = String(bouncer.port);
    return createDb(postgres(pg), { url: url.href, ...options });
  };
  const switchedOff = { preparedStatements: false, pool: { max: 20 } } as const;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seaworthy-migrations-'));
    database = await createTestDatabase('postgres');
    const { hostname, port, username, password, pathname } = new URL(database.adminUrl);
    const server = {
      host: hostname,
      port: Number(port),
      user: username,
      password,
      database: pathname.slice(1),
    };
    // Fewer connections to the server than callers, so that statements of one caller go over several of them.
    bouncer = await startPgBouncer(server, { mode: 'transaction', settings: { default_pool_size: 3 } });
    direct = createDb(postgres(pg), { url: database.url });
    await direct.exec(sql`create table stock (id int primary key, amount int not null)`);
    await direct.exec(sql`insert into stock values (1, 10), (2, 10)`);
  });
  afterAll(async () => {
    await direct?.close();
    await bouncer?.close();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await direct.exec(sql`update stock set amount = 10`);
  });

  /** Each text is used often enough, by enough callers at once, to be prepared and then met on another server connection. */
  async function load(db: Db): Promise<PromiseSettledResult<unknown>[]> {
    const one = async (caller: number): Promise<void> => {
      for (let turn = 0; turn < 15; turn += 1) {
        const v = caller * 100 + turn;
        expect(await db.one(sql`select ${v}::int as v, ${'text'} as w`)).toEqual({ v, w: 'text' });
        await db.transaction(async (tx) => {
          await tx.one(sql`select amount from stock where id = ${1 + (turn % 2)}`);
          expect(await tx.one(sql`select ${v}::int as v`)).toEqual({ v });
        });
      }
    };
    return Promise.allSettled(Array.from({ length: 20 }, (_, caller) => one(caller)));
  }

  test('[row 50] everything works with prepared statements switched off, and none is prepared', async () => {
    await using db = open(switchedOff);
    const outcomes = await load(db);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await db.many(sql`select name from pg_prepared_statements`)).toEqual([]);

    const moment = new Date('2024-03-31T01:30:00.123Z');
    const row = await db.one(
      sql`select ${moment}::timestamptz as moment, ${Buffer.from([0, 255])}::bytea as bytes, ${{ a: [1n] }}::jsonb as doc`,
    );
    expect(row).toEqual({ moment, bytes: Buffer.from([0, 255]), doc: { a: [1] } });

    let count = 0;
    for await (const { n } of db.stream<{ n: number }>(sql`select n from generate_series(1, ${1_000}) n`, {
      batch: 10,
    })) {
      count += 1;
      expect(n).toBe(count);
    }
    expect(count).toBe(1_000);
    for await (const _ of db.stream(sql`select n from generate_series(1, 1000) n`, { batch: 10 })) break;

    const cross = (first: number, second: number) =>
      db.transaction(async (tx) => {
        await tx.exec(sql`update stock set amount = amount - 1 where id = ${first}`);
        await tx.exec(sql`select pg_sleep(0.1)`);
        await tx.exec(sql`update stock set amount = amount - 1 where id = ${second}`);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]); // a deadlock, whose loser runs again
    expect(await db.many(sql`select amount from stock`)).toEqual([{ amount: 8 }, { amount: 8 }]);
  });

  test('[row 50] without the switch transactions fail there, so the test above shows something', async () => {
    await using db = open({ pool: { max: 20 } });
    const failed = (await load(db)).filter(({ status }) => status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed as PromiseRejectedResult[]) {
      expect(['26000', '42P05', '25P02']).toContain(Reflect.get(Object(reason), 'sqlState'));
    }
  });

  test('a statement is cancelled through it, in the server', async () => {
    await using db = open(switchedOff);
    const controller = new AbortController();
    const running = sql`select 1 as one from pg_stat_activity where state = 'active' and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`;
    const sleeping = refused(db.many(sql`select pg_sleep(30)`, { signal: controller.signal }));
    await waitFor(async () => (await direct.many(running)).length === 1, { what: 'the statement to run' });
    controller.abort();
    expect(kindOf(await sleeping)).toBe('aborted');
    await waitFor(async () => (await direct.many(running)).length === 0, {
      what: 'the server to have stopped',
    });
    expect(await db.one(sql`select 1 as one`)).toEqual({ one: 1 });
  });

  test('migrations refuse to run through it, because their lock would not hold, and leave none behind', async () => {
    await using db = open(switchedOff);
    await writeFile(join(folder, '0001_never.up.sql'), 'create table never (id int);');
    const up = createMigrations(db, { folder }).up();
    await expect(up).rejects.toMatchObject({ code: 'DB_MIGRATION_POOLER' });
    expect(await direct.one(sql`select to_regclass('never') as never`)).toEqual({ never: null });
    expect(
      await direct.many(sql`select 1 as one from pg_locks where locktype = 'advisory' and database =
        (select oid from pg_database where datname = current_database())`),
    ).toEqual([]);
    await using own = createDb(postgres(pg), { url: database.url });
    expect(await createMigrations(own, { folder }).up()).toEqual(['0001_never']);
  });

  test('no transaction is left to the next one, whoever has which connection', async () => {
    await using db = open(switchedOff);
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const own = await db.connect();
        await own.exec(sql`begin`);
        await own.exec(sql`update stock set amount = 0 where id = 1`).catch(() => undefined);
        await own.release();
      }),
    );
    expect(await db.one(sql`select amount from stock where id = 1`)).toEqual({ amount: 10 });
    const open_ = sql`select 1 as one from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()`;
    await waitFor(async () => (await direct.many(open_)).length === 0, { what: 'no transaction to be open' });
  });
});
