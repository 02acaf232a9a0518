import {
  createTestDatabase,
  describeWith,
  startFaultProxy,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pglite } from '../src/drivers/pglite.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type Db, type DbOptions, sql } from '../src/index.js';
import { isPlainRead } from '../src/sql/plain-read.js';
import { kindOf, refused } from './support/refused.js';

test.each([
  'select id, name from users where id = $1',
  'select count(*), max(created_at) from orders where id in ($1, $2) group by (kind)',
  'with one as (select 1) select * from one',
  'select coalesce(a, b), cast(c as numeric(10, 2)) from t where exists (select 1 from u) and (a = 1 or b = 2)',
  'values (1), (2)',
  'select now();',
  '/* an update */ select 1 /* for /* all */ */ -- delete',
  '# update\nselect 1',
  "select 'update', 'delete from t', 'it''s for update' from t",
  'select "update", "for" from t where t.delete',
  'select `update` from t where a = "b"',
  'select $a$ it is $a$ as text, $1 as value',
  "select replace(a, 'x', 'y'), insert_date, updated from t",
])('takes a statement for a plain read: %s', (text) => {
  expect(isPlainRead(text)).toBe(true);
});

test.each([
  'insert into users values (1)',
  'with gone as (delete from users returning *) select * from gone',
  'select * from users for update',
  'select create_order($1)',
  'select app.count(1)',
  'select "lower"(name) from users',
  "select set_config('a.b', 'c', false)",
  "select nextval('ids')",
  'select pg_advisory_lock(1)',
  'select 1; delete from users',
  'select * into copied from users',
  'begin',
  'with x as (update t /* hot */ set a = a + 1 returning 1) select count(*) from x',
  'with x as (update t -- hint\n set a = 1 returning 1) select count(*) from x',
  'with x as (update "Kunden-Daten" set a = 1 returning 1) select count(*) from x',
  'with x as (update "my big table" set a = 1 returning 1) select count(*) from x',
  'with x as (update größe set a = a + 1 returning 1) select count(*) from x',
  'with x as (update only (t) set a = 1 returning 1) select count(*) from x',
  'with x as (delete -- c\n from t returning 1) select count(*) from x',
  'with x as (insert /* */ into t values (1) returning 1) select 1',
  'with x as (merge /**/ into t using s on true when matched then delete) select 1',
  'with x as (select 1) /* /* */ update t set a = 1 -- */',
  'with x as (select 1) /*!50000 delete */ from t',
  "with x as (select 'it\\'s' as a), y as (update t set a = '1' returning 1) select 1",
  "select nextval /**/ ('s')",
  "select nextval -- x\n ('s')",
  'select next value for s',
  'select next /* */ value /* */ for s',
  'select id from t for /* */ update',
  'select id from t limit 1for update',
  'select id from t lock /* */ in share mode',
  'select @a := @a + 1',
  'select f /* */ (1)',
])('does not take a statement for a plain read: %s', (text) => {
  expect(isPlainRead(text)).toBe(false);
});

test('is refused where the driver cannot', () => {
  expect(() => createDb(pglite(), { url: 'memory://', pipelining: true })).toThrow('pipelining');
});

describeWith(['postgres'], 'pipelining', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    await using db = open();
    await db.exec(sql`create table users (id int primary key, name text not null)`);
    await db.exec(sql`insert into users select id, 'user ' || id from generate_series(1, 1000) as id`);
  });
  afterAll(async () => {
    await database?.drop();
  });

  const open = (options: Partial<DbOptions> = {}, url = database.url): Db =>
    createDb(postgres(pg), { url, pipelining: true, deadline: { acquire: '20s', query: '20s' }, ...options });
  const userOf = (id: number) => sql`select id, name from users where id = ${id}`;
  const pidOf = (id: number) => sql`select pg_backend_pid() as pid, ${id}::int as id`;
  const many = <T>(count: number, work: (number: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, number) => work(number + 1)));
  /** Reads until two connections carry everything. */
  async function untilPipelined(db: Db): Promise<void> {
    await waitFor(
      async () =>
        new Set((await many(50, (id) => db.one<{ pid: number }>(pidOf(id)))).map(({ pid }) => pid)).size <= 2,
      { what: 'the lanes to be open', timeoutMs: 30_000 },
    );
  }

  test('carries many reads over two connections, and gives each caller its own answer', async () => {
    await using db = open();
    await untilPipelined(db);
    for (let round = 0; round < 5; round += 1) {
      const rows = await many(200, (id) => db.one<{ id: number; name: string }>(userOf(id)));
      expect(rows).toEqual(Array.from({ length: 200 }, (_, at) => ({ id: at + 1, name: `user ${at + 1}` })));
    }
  });

  test('is off unless it is switched on', async () => {
    await using db = open({ pipelining: false, pool: { max: 6 } });
    await many(100, (id) => db.one(pidOf(id)));
    const pids = new Set((await many(100, (id) => db.one<{ pid: number }>(pidOf(id)))).map(({ pid }) => pid));
    expect(pids.size).toBeGreaterThan(2);
  });

  test('fails only the statement that the server refuses', async () => {
    await using db = open();
    await untilPipelined(db);
    const divide = (by: number) => sql`select 10 / ${by}::int as quotient, ${by}::int as by`;
    for (let round = 0; round < 5; round += 1) {
      const answers = await many(60, (number) => {
        const by = number % 3;
        return db.one<{ by: number }>(divide(by)).then(
          (row) => row.by === by && by !== 0,
          (error: unknown) => by === 0 && kindOf(error) === 'data',
        );
      });
      expect(new Set(answers)).toEqual(new Set([true]));
    }
  });

  test('answers reads of a table that is not there yet, and of one that changes, as without it', async () => {
    await using db = open();
    await untilPipelined(db);
    const later = (id: number) => sql`select * from piped_later where id = ${id}`;
    const missing = await many(30, (id) => refused(db.one(later(id))));
    expect(new Set(missing.map(kindOf))).toEqual(new Set(['syntax']));
    await db.exec(sql`create table piped_later (id int)`);
    await db.exec(sql`insert into piped_later select generate_series(1, 30)`);
    expect(await many(30, (id) => db.one(later(id)))).toContainEqual({ id: 30 });
    await many(30, (id) => db.one(later(id)));
    await db.exec(sql`alter table piped_later add column name text default 'x'`);
    expect(await many(30, (id) => db.one(later(id)))).toContainEqual({ id: 30, name: 'x' });
  });

  test('keeps writes, transactions and borrowed connections off the shared connections', async () => {
    await using db = open({ deadline: { acquire: '20s', query: '20s' } });
    await db.exec(sql`create table if not exists counters (id int primary key, n int)`);
    await db.exec(sql`insert into counters values (1, 0)`);
    await untilPipelined(db);
    const timeout = sql`select current_setting('statement_timeout') as timeout`;
    const seen = await many(40, async (number) => {
      const reads = many(10, () => db.one<{ timeout: string }>(timeout));
      await db.transaction(async (tx) => {
        await tx.exec(sql`set local statement_timeout = '9s'`);
        await tx.exec(sql`update counters set n = n + 1 where id = 1`);
        await tx.one(userOf(number));
      });
      return reads;
    });
    // What ran in a transaction of somebody else would see its setting.
    expect(new Set(seen.flat().map((row) => row.timeout))).toEqual(new Set(['0']));
    expect(await db.one(sql`select n from counters`)).toEqual({ n: 40 });
  });

  test('learns that a statement is slow, and then lets nobody wait behind it', async () => {
    await using db = open({ deadline: { query: '30s' } });
    await untilPipelined(db);
    const slow = (id: number) => sql`select pg_sleep(1) is null as slept, ${id}::int as id`;
    await db.one(slow(0));
    await waitFor(
      async () => {
        let hasSlept = false;
        const sleeping = many(4, (id) => db.one(slow(id))).then(() => {
          hasSlept = true;
        });
        await many(100, (id) => db.one(userOf(id)));
        const inTime = !hasSlept;
        await sleeping;
        return inTime;
      },
      { what: 'reads that do not wait for the slow ones', timeoutMs: 30_000 },
    );
  });

  test('sends what stands behind an unknown slow statement elsewhere', async () => {
    await using db = open({ deadline: { query: '30s', drain: '100ms' } });
    await untilPipelined(db);
    let hasSlept = false;
    const slow = db.one(sql`select pg_sleep(20) is null as slept`, { timeout: '25s' }).then(
      () => {
        hasSlept = true;
      },
      () => undefined,
    );
    await many(100, (id) => db.one(userOf(id)));
    expect(hasSlept).toBe(false);
    void db.close().catch(() => undefined);
    await slow;
  }, 20_000);

  test('ends a statement at its deadline in the server, and runs those that shared its connection again', async () => {
    await using db = open();
    await using watcher = open({ pipelining: false, pool: { max: 1 } });
    await untilPipelined(db);
    const slow = refused(db.one(sql`select pg_sleep(31) is null as slept`, { timeout: '50ms' }));
    const others = many(100, (id) => db.one(userOf(id)));
    expect(kindOf(await slow)).toBe('query_timeout');
    expect(await others).toHaveLength(100);
    const running = sql`select count(*) as n from pg_stat_activity where query like '%pg_sleep(31)%' and state = 'active' and pid <> pg_backend_pid()`;
    await waitFor(async () => (await watcher.one<{ n: number }>(running)).n === 0, {
      what: 'the server to stop it',
    });
  });

  test('runs reads again that a cut connection had not answered', async () => {
    await using proxy = await startFaultProxy({ target: database });
    await using db = open({ deadline: { acquire: '20s', query: '20s' } }, proxy.url(database.url));
    await untilPipelined(db);
    for (let round = 0; round < 10; round += 1) {
      const reads = many(100, (id) => db.one(userOf(id)));
      proxy.reset();
      expect(await reads).toHaveLength(100);
    }
  });

  test('gives shared connections back that nobody uses, and closes in time', async () => {
    const db = open();
    await untilPipelined(db);
    await waitFor(() => db.stats().inUse === 0, { what: 'the lanes to be given back' });
    await untilPipelined(db);
    // What an idle lane did not take, and what a slow one gave back, may find the door closed.
    const last = many(50, (id) => db.one(userOf(id)).then(() => 'done', kindOf));
    await db.close();
    for (const kind of await last) expect(['done', 'closed']).toContain(kind);
    expect(db.stats().total).toBe(0);
  });
});
