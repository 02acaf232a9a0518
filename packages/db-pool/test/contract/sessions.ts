import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Db, sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';
import { testWhere } from './test-where.js';

/** Nobody finds what the one before did to the session. */
export function sessionsContract(engine: Engine): void {
  let db: Db; // of one connection, which everybody shares
  beforeAll(async () => {
    db = engine.open({ pool: { max: 1 } });
    await db.ready({ timeout: '60s' });
  });
  afterAll(() => db?.close());

  const setting = async (): Promise<unknown> =>
    (
      await db.one<{ v: unknown }>(
        engine.name === 'mysql'
          ? sql`select @@session.lock_wait_timeout as v`
          : sql`select current_setting('search_path') as v`,
      )
    ).v;

  const changes = {
    postgres: [
      sql`/* app:orders */ set search_path to pg_catalog`,
      sql`-- app:orders
        set search_path to pg_catalog`,
      sql`/* a /* b */ c */ set search_path to pg_catalog`,
      sql`do $$ begin set search_path to pg_catalog; end $$`,
      sql`update pg_settings set setting = 'pg_catalog' where name = 'search_path'`,
    ],
    mysql: [
      sql`/* app:orders */ set session lock_wait_timeout = 77`,
      sql`set local lock_wait_timeout = 77`,
      sql`# c
        set@@lock_wait_timeout = 77`,
      sql`/*!50000 set lock_wait_timeout = 77 */`,
    ],
  } as const;
  test.each(engine.name === 'mysql' ? changes.mysql : changes.postgres)(
    'shows the next borrower no setting of the one before, however it was written',
    async (change) => {
      const before = await setting();
      await db.exec(change);
      expect(await setting()).toBe(before);
      await db.transaction((tx) => tx.exec(change));
      expect(await setting()).toBe(before);
    },
  );

  test('stores the texts of the next borrower as they are, whatever character set the one before has chosen', async () => {
    const text = 'naïve 🚢';
    await db.exec(sql`drop table if exists texts`);
    await db.exec(sql`create table texts (t varchar(100))`);
    for (const change of [sql`set names 'latin1'`, sql`set names 'utf8'`]) {
      {
        await using own = await db.connect();
        if (engine.name !== 'pglite') await own.exec(change);
      }
      await db.exec(sql`delete from texts`);
      await db.exec(sql`insert into texts values (${text})`);
      // Another session says what was stored.
      await using other = engine.name === 'pglite' ? undefined : engine.open({ pool: { max: 1 } });
      const stored = sql`select t, char_length(t) as n from texts where t = ${text}`;
      expect(await (other ?? db).one(stored)).toEqual({ t: text, n: 7 });
    }
    await db.exec(sql`drop table texts`);
  });

  testWhere(engine.name === 'postgres')(
    'gives the next borrower dates as dates after somebody discarded all settings of the session',
    async () => {
      const { name } = await db.one<{ name: string }>(sql`select current_database() as name`);
      await db.exec(sql`alter database ${sql.id(name)} set datestyle to 'German, DMY'`);
      const own = engine.open({ pool: { max: 1 } });
      try {
        const moment = sql`select timestamptz '2026-01-02 03:04:05Z' as at where ${1} = 1`;
        for (let time = 0; time < 3; time += 1) {
          expect(await own.one(moment)).toEqual({ at: new Date('2026-01-02T03:04:05Z') });
          await own.exec(time === 1 ? sql`deallocate all` : sql`discard all`);
        }
      } finally {
        await own.close();
        await db.exec(sql`alter database ${sql.id(name)} reset all`);
      }
    },
  );

  test('shows the next borrower no temporary table of the one before', async () => {
    const makes =
      engine.name === 'mysql'
        ? [sql`/* app */ create temporary table leaked (a int)`]
        : [
            sql`/* app */ create temp table leaked (a int)`,
            sql`create table pg_temp.leaked (a int)`,
            sql`create or replace temp view leaked as select 1 as a`,
            sql`select 1 as a into temp leaked`,
          ];
    for (const make of makes) {
      await db.exec(make);
      await expect(db.many(sql`select * from leaked`)).rejects.toMatchObject({ kind: 'syntax' });
    }
  });

  if (engine.name === 'mysql') {
    test('leaves no transaction open that a procedure with rows began', async () => {
      await db.exec(sql`create table if not exists written (a int)`);
      await db.exec(sql`drop procedure if exists begins`);
      await db.exec(
        sql`create procedure begins() begin start transaction; insert into written values (1); select 1 as a; end`,
      );
      expect(await db.many(sql`call begins()`)).toEqual([{ a: 1 }]);
      await using other = engine.open({ pool: { max: 1 } });
      // An open transaction would hold the row's lock, and keep the table from being dropped.
      await other.exec(sql`drop table written`);
      await db.exec(sql`drop procedure begins`);
    });

    test('leaves no isolation level to the next, which `set local` of PostgreSQL would not', async () => {
      const isolation = sql`show session variables where variable_name in ('tx_isolation', 'transaction_isolation')`;
      const before = await db.many(isolation);
      await db.exec(sql`set local transaction isolation level serializable`);
      expect(await db.many(isolation)).toEqual(before);
    });
  }
}
