import { size, waitFor } from '@seaworthy/testkit';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { type Db, type DbConnection, type DbTransaction, type QueryRunner, sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';
import { kindOf, refused } from '../support/refused.js';
import { testWhere } from './test-where.js';

export function transactionConflictsContract(engine: Engine): void {
  beforeEach(async () => {
    await engine.db.exec(sql`drop table if exists accounts`);
    await engine.db.exec(sql`create table accounts (id int primary key, cents int not null)`);
    await engine.db.exec(sql`insert into accounts values (1, 100), (2, 100), (3, 0)`);
  });

  const cents = async (db: QueryRunner = engine.db): Promise<number[]> =>
    (await db.many<{ cents: number }>(sql`select cents from accounts order by id`)).map((row) => row.cents);
  const add = (id: number, amount: number) =>
    sql`update accounts set cents = cents + ${amount} where id = ${id}`;

  test('runs again what could not be serialized, so that a rule over several rows holds', async () => {
    let runs = 0;
    let bothHaveRead = 0;
    /** Allowed while the two accounts together have enough: each sees the money that the other one is taking. */
    const withdraw = (id: number) =>
      engine.db.transaction(
        async (tx) => {
          runs += 1;
          const both = await tx.one<{ sum: number | string }>(
            sql`select sum(cents) as sum from accounts where id in (1, 2)`,
          );
          bothHaveRead += 1;
          await waitFor(() => bothHaveRead >= 2, { what: 'both to have read' });
          if (Number(both.sum) < 150) return 'refused';
          await tx.exec(add(id, -150));
          return 'paid';
        },
        { isolation: 'serializable', retry: { attempts: 10 } },
      );
    const outcomes = await Promise.all([withdraw(1), withdraw(2)]);
    expect(outcomes.sort()).toEqual(['paid', 'refused']);
    expect(runs).toBeGreaterThan(2);
    expect((await cents()).slice(0, 2).sort()).toEqual([-50, 100]);
  });

  test('says which kind of conflict it was, when it is not to run again', async () => {
    let bothHaveRead = 0;
    const change = (id: number) =>
      engine.db.transaction(
        async (tx) => {
          await tx.many(sql`select cents from accounts`);
          bothHaveRead += 1;
          await waitFor(() => bothHaveRead >= 2, { what: 'both to have read' });
          await tx.exec(add(id, 1));
        },
        { isolation: 'serializable', retry: false },
      );
    const outcomes = await Promise.allSettled([change(1), change(2)]);
    const lost = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(lost).toHaveLength(1);
    expect(lost[0]).toMatchObject(
      engine.db.dialect === 'postgres'
        ? { kind: 'serialization', sqlState: '40001' }
        : { kind: 'deadlock', errno: 1213 },
    );
  });

  test('runs again from its start after a lock wait that took too long, and nothing counts twice', async () => {
    const shorten = (tx: DbTransaction) =>
      engine.db.dialect === 'postgres'
        ? tx.exec(sql`set local lock_timeout = '100ms'`)
        : tx.exec(sql`set innodb_lock_wait_timeout = 1`);
    let runs = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isHeld = false;
    const holder = engine.db.transaction(async (tx) => {
      await tx.exec(add(2, 10));
      isHeld = true;
      await released;
    });
    await waitFor(() => isHeld, { what: 'the row to be held' });
    const waiting = engine.db.transaction(
      async (tx) => {
        runs += 1;
        if (runs === 2) release();
        await shorten(tx);
        await tx.exec(add(1, 1)); // which MySQL would keep after the failure of the next one
        await tx.exec(add(2, 1));
      },
      { retry: { attempts: 20 } },
    );
    await Promise.all([holder, waiting]);
    expect(runs).toBeGreaterThan(1);
    expect(await cents()).toEqual([101, 111, 0]);
  });

  testWhere(engine.name === 'mysql')('runs again when a table is changed under it', async () => {
    let runs = 0;
    await engine.db.transaction(async (tx) => {
      runs += 1;
      await tx.one(sql`select cents from accounts where id = 1`);
      if (runs === 1) {
        await engine.db.exec(sql`drop table if exists reshaped`);
        await engine.db.exec(sql`create table reshaped (id int)`);
        await engine.db.exec(sql`alter table reshaped add column a int`);
      }
      await tx.many(sql`select * from reshaped where id = ${1}`);
    });
    expect(runs).toBe(2);
  });

  test('gets everybody through a crowd on one row', async () => {
    const callers = size({ test: 12, soak: 60 });
    const db = engine.open({ pool: { max: callers }, deadline: { acquire: '60s', query: '60s' } });
    try {
      const increment = () =>
        db.transaction(
          async (tx) => {
            const row = await tx.one<{ cents: number }>(sql`select cents from accounts where id = 3`);
            await tx.exec(sql`update accounts set cents = ${row.cents + 1} where id = 3`);
          },
          { isolation: 'serializable', retry: { attempts: 1_000 } },
        );
      await Promise.all(Array.from({ length: callers }, increment));
      expect((await cents(db))[2]).toBe(callers);
    } finally {
      await db.close();
    }
  });

  test('a deadlock behind a savepoint ends all of it, however it is caught, and all of it runs again', async () => {
    let runs = 0;
    let bothIn = 0;
    const cross = (first: number, second: number) =>
      engine.db.transaction(async (tx) => {
        runs += 1;
        await tx.exec(add(first, 1));
        bothIn += 1;
        await waitFor(() => bothIn >= 2, { what: 'both transactions to hold a row' });
        const inner = tx.transaction((part) => part.exec(add(second, 1)));
        // PostgreSQL undoes the savepoint alone and would go on; MySQL has undone everything.
        if (engine.db.dialect === 'mysql') await inner.catch(() => undefined);
        else await inner;
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(runs).toBeGreaterThan(2);
    expect(await cents()).toEqual([102, 102, 0]);
  });

  /** What a borrower may do, deliberately or by mistake, before the connection goes back. */
  const misdeeds: Readonly<Record<string, (connection: DbConnection) => Promise<unknown>>> = {
    begin: (c) => c.exec(sql`begin`),
    change: (c) => c.exec(add(1, 1_000)),
    savepoint: (c) => c.exec(sql`savepoint mine`),
    error: (c) => c.exec(sql`select nowhere from accounts`),
    duplicate: (c) => c.exec(sql`insert into accounts values (1, 1)`),
    stream: async (c) => {
      for await (const _ of c.stream(sql`select id from accounts`, { batch: 1 })) break;
    },
    unfinished: (c) => c.stream(sql`select id from accounts`, { batch: 1 }).next(),
    late: (c) =>
      c.exec(engine.db.dialect === 'postgres' ? sql`select pg_sleep(5)` : sql`select sleep(5)`, {
        timeout: '30ms',
      }),
    gone: (c) => c.exec(add(2, 1), { signal: AbortSignal.abort() }),
    isolation: (c) =>
      c.exec(
        engine.db.dialect === 'postgres'
          ? sql`set session characteristics as transaction isolation level serializable`
          : sql`set session transaction isolation level serializable`,
      ),
    readOnly: (c) =>
      c.exec(
        engine.db.dialect === 'postgres'
          ? sql`set default_transaction_read_only = on`
          : sql`set session transaction read only`,
      ),
    setting: (c) =>
      c.exec(
        engine.db.dialect === 'postgres' ? sql`set search_path = nowhere` : sql`set @mine = 1, sql_mode = ''`,
      ),
    zone: (c) =>
      c.exec(
        engine.db.dialect === 'postgres' ? sql`set timezone to 'Asia/Tokyo'` : sql`set time_zone = '+09:00'`,
      ),
    charset: (c) => c.exec(sql`set names 'latin1'`),
    listen: (c) => c.exec(engine.db.dialect === 'postgres' ? sql`listen news` : sql`use mysql`),
    temporary: (c) => c.exec(sql`create temporary table shadow (id int)`),
    lock: (c) =>
      c.exec(
        engine.db.dialect === 'postgres'
          ? sql`select pg_advisory_lock(4711)`
          : sql`select get_lock('mine', 0)`,
      ),
    autocommit: (c) =>
      c.exec(engine.db.dialect === 'postgres' ? sql`set role none` : sql`set autocommit = 0`),
  };

  /** What the next one finds. */
  async function traces(db: Db): Promise<unknown> {
    const state =
      db.dialect === 'postgres'
        ? sql`select current_setting('search_path') as path, current_setting('timezone') as zone,
            current_setting('transaction_isolation') as isolation, current_setting('transaction_read_only') as read_only,
            to_regclass('pg_temp.shadow') is not null as shadow, (select count(*) from pg_cursors where name <> '') as cursors,
            (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks, current_user as who,
            (select count(*) from pg_listening_channels()) as listening, ${'naïve 🚢'}::text as text`
        : sql`select @mine as path, database() as base, @@time_zone as zone, @@sql_mode as mode, @@tx_isolation as isolation,
            @@tx_read_only as read_only, coalesce(is_used_lock('mine') = connection_id(), 0) as locks, @@autocommit as autocommit,
            hex(${'naïve 🚢'}) as text`;
    return db.one(state);
  }

  test(
    'nothing that a borrower does reaches the next one, whatever it is and in whatever order',
    async () => {
      // What is looked for are traces, not times.
      const db = engine.open({ pool: { max: 1 }, deadline: { acquire: '30s', query: '30s' } });
      try {
        const clean = await traces(db);
        const names = fc.array(fc.constantFrom(...Object.keys(misdeeds)), { minLength: 1, maxLength: 6 });
        await fc.assert(
          fc.asyncProperty(names, async (chosen) => {
            const connection = await db.connect({ timeout: '30s' });
            for (const name of chosen) await misdeeds[name]?.(connection).catch(() => undefined);
            await connection.release();
            expect(await traces(db)).toEqual(clean);
            // Neither inside somebody's transaction nor read-only: this is there for everybody at once.
            await db.exec(sql`update accounts set cents = 7 where id = 3`);
            expect((await cents())[2]).toBe(7);
            await engine.db.exec(sql`update accounts set cents = ${100} where id in (1, 2)`, {
              timeout: '20s',
            });
            expect(kindOf(await refused(db.many(sql`select id from shadow`)))).toBe('syntax');
            await engine.db.exec(sql`update accounts set cents = 0 where id = 3`, { timeout: '20s' });
          }),
          { numRuns: size({ test: 12, soak: 1_000 }) },
        );
        expect(db.stats()).toMatchObject({ inUse: 0, waiting: 0 });
      } finally {
        await db.close();
      }
    },
    size({ test: 120_000, soak: 1_800_000 }),
  );
}
