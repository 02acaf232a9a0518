import { channel } from 'node:diagnostics_channel';
import { createTestDatabase, describeWith, type TestDatabase } from '@seaworthy/testkit';
import mysql2, { type ConnectionOptions } from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { PreparedStatements } from '../src/drivers/prepared-statements.js';
import { mysqlPool } from '../src/facades/mysql2-pool.js';
import { createDb, type Db, type DbOptions, Sql, sql } from '../src/index.js';

test('prepares a text on its second use, and keeps no more than the bound, the latest used', () => {
  const prepared = new PreparedStatements(2);
  expect(prepared.use('a').name).toBeUndefined();
  const first = prepared.use('a').name;
  expect(first).toBeDefined();
  prepared.use('b');
  const second = prepared.use('b').name;
  expect(prepared.use('a').name).toBe(first);
  prepared.use('c');
  const third = prepared.use('c');
  expect(third.evicted).toBe(second);
  expect(prepared.use('a').name).toBe(first);
});

test('the same name means the same text, on every connection', () => {
  const named = (texts: readonly string[]): (string | undefined)[] => {
    const prepared = new PreparedStatements(10);
    for (const text of texts) prepared.use(text);
    return texts.map((text) => prepared.use(text).name);
  };
  expect(named(['a', 'b'])).toEqual(named(['b', 'a']).toReversed());
  expect(new Set(named(['a', 'b', 'A', 'a '])).size).toBe(4);
});

test('prepares nothing when the bound is 0', () => {
  const prepared = new PreparedStatements(0);
  for (let time = 0; time < 3; time += 1)
    expect(prepared.use('a')).toEqual({ name: undefined, evicted: undefined });
});

describeWith(['postgres'], 'statements that PostgreSQL keeps prepared', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
  });
  afterAll(async () => {
    await database?.drop();
  });

  const open = (options: Partial<DbOptions> = {}) =>
    createDb(postgres(pg), { url: database.url, pool: { max: 1 }, ...options });
  const names = sql`select count(*) as n from pg_prepared_statements where name like 'seaworthy%'`;
  const twice = async (work: () => Promise<unknown>): Promise<void> => {
    await work();
    await work();
  };

  test('[row 50] are those that were used twice, up to the bound', async () => {
    await using db = open({ preparedStatements: 3 });
    await db.exec(sql`create table if not exists counted (id int)`);
    for (let id = 0; id < 10; id += 1) await db.many(sql`select id from counted where id = ${id}`);
    expect((await db.one<{ n: number }>(names)).n).toBe(1);
    const columns = [sql.raw`id + 1`, sql.raw`id + 2`, sql.raw`id + 3`, sql.raw`id + 4`, sql.raw`id + 5`];
    for (const column of columns)
      await twice(() => db.many(sql`select ${column} as one from counted where id = ${1}`));
    expect((await db.one<{ n: number }>(names)).n).toBeLessThanOrEqual(3);
    for (const column of columns) await db.many(sql`select ${column} as one from counted where id = ${1}`);
  });

  test('are not those of many rows, of which there is another one for each number of rows', async () => {
    await using db = open();
    await db.exec(sql`create table bulk (a int, b int)`);
    const rows = (count: number) => Array.from({ length: count }, (_, a) => ({ a, b: a }));
    for (const count of [500, 501, 501, 501]) await db.exec(sql`insert into bulk ${sql.rows(rows(count))}`);
    const kept = sql`select 1 as one from pg_prepared_statements where statement like '%into "bulk"%' or statement like '%into bulk%'`;
    expect(await db.many(kept)).toEqual([]);
    expect(await db.one(sql`select count(*) as n from bulk`)).toEqual({ n: 2_003 });
  });

  test('are none when they are switched off', async () => {
    await using db = open({ preparedStatements: false });
    await twice(() => twice(() => db.one(sql`select ${1}::int as one`)));
    expect((await db.one<{ n: number }>(names)).n).toBe(0);
  });

  test('are prepared anew when the table has changed under them', async () => {
    await using db = open();
    await db.exec(sql`create table changing (id int)`);
    await db.exec(sql`insert into changing values (1)`);
    const all = sql`select * from changing where id = ${1}`;
    await twice(() => db.one(all));
    await db.one(all);
    await db.exec(sql`alter table changing add column name text default 'x'`);
    expect(await db.one(all)).toEqual({ id: 1, name: 'x' });
    expect(await db.one(all)).toEqual({ id: 1, name: 'x' });
  });

  test('take the values that a column takes since its type has changed', async () => {
    await using db = open();
    await db.exec(sql`create table widened (id int)`);
    const add = (id: number) => sql`insert into widened values (${id})`;
    for (const id of [1, 2, 3]) await db.exec(add(id));
    await db.exec(sql`alter table widened alter id type bigint`);
    for (const id of [3_000_000_000, 3_000_000_001]) expect(await db.exec(add(id))).toEqual({ rowCount: 1 });

    const find = (id: unknown) => sql`select 1 as one from widened where id = ${id}`;
    for (const id of [1, 2, 3]) await db.many(find(id));
    await db.exec(sql`alter table widened alter id type numeric`);
    const search = () => db.transaction((tx) => tx.many(find(1.5)));
    await expect(search()).rejects.toMatchObject({ kind: 'data', sqlState: '22P02' });
    for (let time = 0; time < 3; time += 1) expect(await search()).toEqual([]);

    await expect(db.many(find('x'))).rejects.toMatchObject({ kind: 'data', sqlState: '22P02' }); // which no type takes
    expect(await db.many(find(1))).toEqual([{ one: 1 }]);
  });

  test('work on when a type was dropped and made anew', async () => {
    await using db = open();
    const moods = [sql`'low', 'high'`, sql`'low', 'high', 'none'`, sql`'low', 'none'`];
    const remake = async (mood: (typeof moods)[number]): Promise<void> => {
      await db.exec(sql`alter table moods alter mood type text`);
      await db.exec(sql`drop type if exists mood`);
      await db.exec(sql`create type mood as enum (${mood})`);
      await db.exec(sql`alter table moods alter mood type mood using mood::mood`);
    };
    await db.exec(sql`create table moods (mood text)`);
    await remake(sql`'low'`);
    const find = sql`select 1 as one from moods where mood = ${'low'}`;
    for (const mood of moods) {
      for (let time = 0; time < 3; time += 1) expect(await db.many(find)).toEqual([]);
      await remake(mood);
      let runs = 0;
      const again = db.transaction((tx) => {
        runs += 1;
        return tx.many(find);
      });
      expect(await again).toEqual([]);
      expect(runs).toBe(2);
    }
    for (let time = 0; time < 3; time += 1) expect(await db.many(find)).toEqual([]);
    await remake(sql`'low'`);
    expect(await db.many(find)).toEqual([]);
  });

  test('fail a transaction once when its tables have changed, which runs again, and the next one not at all', async () => {
    await using db = open();
    await db.exec(sql`create table reshaped (id int)`);
    await db.exec(sql`insert into reshaped values (1)`);
    const texts = [sql.raw`*`, sql.raw`reshaped.*`, sql.raw`*, 1 as a`, sql.raw`*, 2 as a`];
    let runs = 0;
    const readAll = () =>
      db.transaction(async (tx) => {
        runs += 1;
        for (const columns of texts)
          expect(await tx.one(sql`select ${columns} from reshaped where id = ${1}`)).toMatchObject(expected);
      });
    let expected: object = { id: 1 };
    await twice(() => twice(readAll));
    await db.exec(sql`alter table reshaped add column name text default 'x'`);
    expected = { id: 1, name: 'x' };
    runs = 0;
    await readAll();
    expect(runs).toBe(2);
    await twice(readAll);
    expect(runs).toBe(4);
    const kept = sql`select count(*) as n from pg_prepared_statements where statement like '%from reshaped%'`;
    expect((await db.one<{ n: number }>(kept)).n).toBe(texts.length);

    await db.exec(sql`alter table reshaped add column other text default 'y'`);
    expected = { id: 1, name: 'x', other: 'y' };
    const again = sql`select ${sql.raw`*`} from reshaped where id = ${1}`;
    await db.transaction(async (tx) => {
      const inner = tx.transaction((part) => part.one(again));
      await expect(inner).rejects.toMatchObject({ kind: 'serialization', sqlState: '0A000' });
      for (let time = 0; time < 3; time += 1) expect(await tx.one(again)).toEqual(expected);
    });
    await readAll();
  });

  test('are sent again when somebody else took them out of the server', async () => {
    await using db = open();
    const one = sql`select ${1}::int as one`;
    await twice(() => db.one(one));
    await db.exec(sql`deallocate all`);
    expect(await db.one(one)).toEqual({ one: 1 });
  });

  test('leave no trace of a borrower who changed the session, and go on being used', async () => {
    await using db = open();
    const one = sql`select ${1}::int as one, current_setting('statement_timeout') as timeout`;
    await twice(() => db.one(one));
    {
      await using own = await db.connect();
      await own.exec(sql`set statement_timeout = '7s'`);
      await own.exec(sql`prepare mine as select 1`);
    }
    expect(await db.one(one)).toEqual({ one: 1, timeout: '0' });
    expect(
      (await db.one<{ n: number }>(sql`select count(*) as n from pg_prepared_statements where name = 'mine'`))
        .n,
    ).toBe(0);
    await twice(() => db.one(one));
  });

  test('may fail to be prepared, and are prepared when what they need exists', async () => {
    await using db = open();
    const later = sql`select id from made_later where id = ${1}`;
    await twice(() => expect(db.maybeOne(later)).rejects.toMatchObject({ kind: 'syntax' }));
    await expect(db.maybeOne(later)).rejects.toMatchObject({ kind: 'syntax' });
    await db.exec(sql`create table made_later (id int)`);
    await twice(() => db.maybeOne(later));
    expect(await db.maybeOne(later)).toBeUndefined();
  });
});

describeWith(['mysql'], 'statements that MySQL keeps prepared', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('mysql');
  });
  afterAll(async () => {
    await database?.drop();
  });

  test('[row 50] are used by every statement with values, and no connection keeps more than the bound', async () => {
    await using db = createDb(mysql(mysql2), { url: database.url, pool: { max: 1 }, preparedStatements: 3 });
    const counted = async (name: string): Promise<number> => {
      // MySQL 8 has them in performance_schema, MariaDB in information_schema; both in this.
      const [row] = await db.many<{ Value: string }>(new Sql([`show session status like '${name}'`], []));
      return Number(row?.Value);
    };
    const before = {
      executed: await counted('COM_STMT_EXECUTE'),
      prepared: await counted('COM_STMT_PREPARE'),
    };
    for (let id = 0; id < 10; id += 1) await db.many(sql`select ${id} as one`);
    expect(await counted('COM_STMT_EXECUTE')).toBeGreaterThanOrEqual(before.executed + 10);
    expect(await counted('COM_STMT_PREPARE')).toBeLessThanOrEqual(before.prepared + 1); // once, not ten times

    const columns = [sql.raw`1`, sql.raw`2`, sql.raw`3`, sql.raw`4`, sql.raw`5`, sql.raw`6`];
    for (const column of columns) await db.many(sql`select ${column} as one, ${1} as two`);
    const kept = (await counted('COM_STMT_PREPARE')) - (await counted('COM_STMT_CLOSE'));
    expect(kept).toBeLessThanOrEqual(3);
  });

  test('are not those of many rows, of which there is another one for each number of rows', async () => {
    await using db = createDb(mysql(mysql2), { url: database.url, pool: { max: 1 }, preparedStatements: 20 });
    await db.exec(sql`create table bulk (a int, b int)`);
    const kept = async (): Promise<number> => {
      const rows = await db.many<{ Variable_name: string; Value: string }>(
        sql`show session status where variable_name in ('Com_stmt_prepare', 'Com_stmt_close')`,
      );
      const [close = 0, prepare = 0] = rows
        .toSorted((a, b) => (a.Variable_name < b.Variable_name ? -1 : 1))
        .map(({ Value }) => Number(Value));
      return prepare - close;
    };
    const one = async (at: number) => db.one(sql`select ${new Sql([`${at}`], [])} as a, ${at} as b`);
    for (const at of [1, 2, 3]) await one(at);
    const before = await kept();
    for (const count of [500, 501, 501]) {
      const rows = Array.from({ length: count }, (_, a) => ({ a, b: a }));
      await db.exec(sql`insert into bulk ${sql.rows(rows)}`);
      expect(await kept()).toBeLessThanOrEqual(before);
      for (const at of [1, 2, 3]) expect(await one(at)).toEqual({ a: at, b: at });
    }
    expect(await db.one(sql`select count(*) as n from bulk`)).toEqual({ n: 1_502 });
    const wrong = Array.from({ length: 500 }, () => ({ a: 1, nowhere: 1 }));
    await expect(db.exec(sql`insert into bulk ${sql.rows(wrong)}`)).rejects.toMatchObject({ kind: 'syntax' });
  });

  test('give their rows whatever else the connection is used for in between', async () => {
    await using db = createDb(mysql(mysql2), { url: database.url, pool: { max: 1 }, preparedStatements: 3 });
    const text = (at: number) => sql`select ${new Sql([`${at % 5}`], [])} as one, ${at} as two`;
    for (let at = 0; at < 60; at += 1) {
      const row = { one: at % 5, two: at };
      if (at % 7 === 6) {
        for await (const streamed of db.stream(text(at))) expect(streamed).toEqual(row);
      } else if (at % 11 === 10) {
        await using own = await db.connect(); // which resets the session, and with it what was prepared
        expect(await own.one(text(at))).toEqual(row);
      } else if (at % 13 === 12) {
        const tool = mysqlPool(mysql2, db).promise();
        for (let other = 0; other < 4; other += 1) {
          const [rows] = await tool.execute(`select ${other} as one, ? as two`, [at]);
          expect(rows).toEqual([{ one: other, two: at }]);
        }
      } else expect(await db.one(text(at))).toEqual(row);
    }
    await expect(db.one(sql`select nowhere as one, ${1} as two`)).rejects.toMatchObject({ kind: 'syntax' });
    expect(db.stats().total).toBe(1);
  });

  test('are seen by what instruments mysql2: by wrapping its functions, or by its channel', async () => {
    const seen: string[] = [];
    const instrumented: typeof mysql2 = Object.assign(Object.create(mysql2), {
      createConnection(config: ConnectionOptions) {
        const connection = mysql2.createConnection(config);
        const own: unknown = Reflect.get(connection, 'execute');
        Reflect.set(connection, 'execute', function execute(this: unknown, ...given: unknown[]) {
          seen.push(String(given[0]));
          return typeof own === 'function' ? own.apply(this, given) : undefined;
        });
        return connection;
      },
    });
    const three = async (db: Db): Promise<void> => {
      for (let at = 0; at < 3; at += 1) expect(await db.one(sql`select ${at} as one`)).toEqual({ one: at });
    };
    await using wrapped = createDb(mysql(instrumented), { url: database.url, pool: { max: 1 } });
    await three(wrapped);
    expect(seen).toEqual(['select ? as one', 'select ? as one', 'select ? as one']);

    await using db = createDb(mysql(mysql2), { url: database.url, pool: { max: 1 } });
    await three(db);
    const traced: unknown[] = [];
    const started = channel('tracing:mysql2:execute:start');
    const listener = (message: unknown): void => {
      traced.push(Reflect.get(Object(message), 'query'));
    };
    started.subscribe(listener);
    await three(db);
    started.unsubscribe(listener);
    await three(db);
    expect(traced).toEqual(['select ? as one', 'select ? as one', 'select ? as one']);
  });
});
