import { createTestDatabase, describeWith, type TestDatabase, waitFor } from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type DbOptions, sql } from '../src/index.js';
import { refused } from './support/refused.js';

let database: TestDatabase;

const userOf = (id: number) => sql`select name from warm_users where id = ${id}`;
const prepared = sql`select count(*) as n from pg_prepared_statements where statement like '%warm_users%'`;

describeWith(['postgres'], 'pool.warmUp', () => {
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
  });
  afterAll(async () => {
    await database?.drop();
  });

  const open = (pool: DbOptions['pool'] = {}, more: Partial<DbOptions> = {}) =>
    createDb(postgres(pg), { url: database.url, pool, ...more });

  test('a connection has run its statements, and has them prepared, before anybody gets it', async () => {
    await using writer = open();
    await writer.exec(sql`create table warm_users (id int primary key, name text not null)`);
    await using cold = open({ max: 1 });
    expect(await cold.one(prepared)).toEqual({ n: 0 });
    await using db = open({ max: 1, warmUp: [userOf(0)] });
    expect(await db.one(prepared)).toEqual({ n: 1 });
    await writer.exec(sql`drop table warm_users`);
  });

  test('a refused statement is logged once, and keeps nobody from connecting', async () => {
    const warnings: unknown[] = [];
    const silent = (): void => undefined;
    const logger = {
      debug: silent,
      info: silent,
      warn: (message: string) => warnings.push(message),
      error: silent,
    };
    await using db = open({ min: 3, max: 3, warmUp: [sql`select 1 from not_there`] }, { logger });
    await db.ready();
    expect(db.stats().total).toBe(3);
    expect(warnings).toEqual(['A statement of pool.warmUp was refused']);
  });

  test('a server that hangs in a statement of it counts as one that does not answer', async () => {
    await using db = createDb(postgres(pg), {
      url: database.url,
      pool: { max: 1, warmUp: [sql`select pg_sleep(60) is null as slept`] },
      deadline: { connect: '300ms', acquire: '1s' },
    });
    expect((await refused(db.one(sql`select 1 as one`))).kind).toBe('unavailable');
    expect(db.stats().inUse).toBe(0);
    await db.close();
    await using watcher = open();
    const left = sql`select 1 as one from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`;
    await waitFor(async () => (await watcher.many(left)).length === 0, {
      what: 'the server to have stopped',
    });
  });

  test('close() ends what is being warmed up, in the server too', async () => {
    const db = open(
      { min: 3, max: 3, warmUp: [sql`select pg_sleep(61) is null as slept`] },
      { deadline: { acquire: '20s', drain: '100ms' } },
    );
    await using watcher = open();
    const left = sql`select 1 as one from pg_stat_activity where query like '%pg_sleep(61)%' and pid <> pg_backend_pid()`;
    const asked = refused(db.one(sql`select 1 as one`, { timeout: '20s' }));
    await waitFor(async () => (await watcher.many(left)).length > 0, { what: 'the warm-up to run' });
    await db.close();
    expect((await asked).kind).toBe('closed');
    await waitFor(async () => (await watcher.many(left)).length === 0, {
      what: 'the server to have stopped',
    });
  });

  test('takes statements alone that plainly only read', () => {
    expect(() => open({ warmUp: [sql`delete from warm_users`] })).toThrow(/pool\.warmUp/);
    expect(() => open({ warmUp: [sql`select my_own_function()`] })).toThrow(/plainly only read/);
  });
});
