import { createTestDatabase, describeWith, type TestDatabase, waitFor } from '@seaworthy/testkit';
import { Kysely, MysqlDialect } from 'kysely';
import mysql2 from 'mysql2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { mysqlPool } from '../src/facades/mysql2-pool.js';
import { createDb, type Db, type DbEvent, sql } from '../src/index.js';
import { type ToolServer, toolContract } from './contract/tools.js';
import { mysqlTools } from './support/mysql-tools.js';

describeWith(['mysql'], 'mysqlPool', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('mysql');
  });
  afterAll(async () => {
    await database?.drop();
  });

  const open = (pool = {}, deadline = {}, onEvent?: (event: DbEvent) => void): Db =>
    createDb(mysql(mysql2), {
      url: database.url,
      pool: { max: 3, ...pool },
      deadline: { drain: '1s', ...deadline },
      onEvent,
    });
  const server: ToolServer = {
    // A check of a connection that rested would take from the time that a caller has.
    open: (deadline, onEvent) => open({ min: 3, validateAfter: '1m' }, deadline, onEvent),
    async sleepers(): Promise<number> {
      await using watcher = createDb(mysql(mysql2), { url: database.adminUrl });
      const query = sql`select count(*) as n from information_schema.processlist
        where info like 'select sleep(%' and db = database()`;
      return (await watcher.one<{ n: number }>(query)).n;
    },
  };

  for (const tool of mysqlTools) toolContract(tool, server);

  describe('itself', () => {
    test("answers as mysql2's pools do: rows and fields, headers, callbacks, array rows, execute, exact values", async () => {
      await using db = open();
      const pool = mysqlPool(mysql2, db).promise();
      await pool.query('create table answers (id bigint auto_increment primary key, at datetime, what json)');
      const at = new Date('2026-01-02T03:04:05Z');
      const [header] = await pool.query('insert into answers (at, what) values (?, ?)', [at, '{"a":1}']);
      expect(header).toMatchObject({ affectedRows: 1, insertId: 1 });
      const [rows, fields] = await pool.query('select id, at, 9007199254740993 as big from answers');
      expect(rows).toEqual([{ id: 1, at, big: '9007199254740993' }]);
      expect(fields.map(({ name }) => name)).toEqual(['id', 'at', 'big']);
      expect((await pool.execute('select ? as text', ['x']))[0]).toEqual([{ text: 'x' }]);
      expect((await pool.query({ sql: 'select 1, 2', rowsAsArray: true }))[0]).toEqual([[1, 2]]);
      const byCallback = await new Promise<unknown>((resolve, reject) => {
        pool.pool.query('select 2 as n', (error: unknown, found: unknown) =>
          error ? reject(error) : resolve(found),
        );
      });
      expect(byCallback).toEqual([{ n: 2 }]);
      await expect(pool.query('select * from nowhere')).rejects.toMatchObject({
        code: 'ER_NO_SUCH_TABLE',
        errno: 1146,
      });
      // The same connection gives our own API its own values again.
      const own = await db.one<{ at: Date; big: bigint; what: unknown }>(
        sql`select at, 9007199254740993 as big, what from answers`,
      );
      expect(own).toEqual({ at, big: 9007199254740993n, what: { a: 1 } });
      expect(db.stats().total).toBe(1);
      await pool.end();
      await expect(pool.query('select 1')).rejects.toMatchObject({ code: 'DB_CLOSED' });
    });

    test('leaves neither a transaction nor a setting of a connection to the next one', async () => {
      await using db = createDb(mysql(mysql2), { url: database.url, pool: { max: 1 } });
      await db.exec(sql`create table leaks (id int primary key)`);
      const pool = mysqlPool(mysql2, db).promise();
      const first = await pool.getConnection();
      await first.beginTransaction();
      await first.query('insert into leaks values (1)');
      await first.query('set @leaked = 1');
      first.release();
      const second = await pool.getConnection();
      const [rows] = await second.query('select @leaked as leaked, (select count(*) from leaks) as n');
      expect(rows).toEqual([{ leaked: null, n: 0 }]);
      second.release();
      second.release(); // mysql2 does not mind either
      await expect(second.query('select 1')).rejects.toMatchObject({ code: 'DB_CLOSED' });
      // A transaction that was begun by text is found by the server's own status.
      const third = await pool.getConnection();
      await third.query('begin');
      await third.query('insert into leaks values (2)');
      third.release();
      expect(await db.many(sql`select id from leaks`)).toEqual([]);
    });

    test('keeps the character set that a tool chose, for as long as it has the connection', async () => {
      await using db = createDb(mysql(mysql2), { url: database.url, pool: { max: 1 } });
      const connection = await mysqlPool(mysql2, db).promise().getConnection();
      await connection.query('set names latin1');
      const [rows] = await connection.query("select 'é' as a, char_length(?) as b", ['naïve']);
      expect(rows).toEqual([{ a: 'é', b: 5 }]);
      connection.release();
      const text = 'naïve 🚢';
      expect(await db.one(sql`select ${text} as t, char_length(${text}) as n`)).toEqual({ t: text, n: 7 });
    });

    test('streams rows, and gives the connection back when the reader stops early', async () => {
      await using db = open();
      await db.exec(sql`create table numbers (n int primary key)`);
      await db.exec(sql`insert into numbers ${sql.rows(Array.from({ length: 2_000 }, (_, n) => ({ n })))}`);
      await using tool = new Kysely<{ numbers: { n: number } }>({
        dialect: new MysqlDialect({ pool: mysqlPool(mysql2, db) }),
      });
      let seen = 0;
      for await (const { n } of tool.selectFrom('numbers').select('n').orderBy('n').stream()) {
        expect(n).toBe(seen);
        seen += 1;
      }
      expect(seen).toBe(2_000);
      for await (const { n } of tool.selectFrom('numbers').select('n').orderBy('n').stream()) {
        if (n === 3) break;
      }
      await waitFor(() => db.stats().inUse === 0, { what: 'the connection to be back' });
      expect((await tool.selectFrom('numbers').select('n').execute()).length).toBe(2_000);
    });

    test('takes a connection away that is kept too long and says so as an error event', async () => {
      await using db = open();
      await db.ready();
      const pool = mysqlPool(mysql2, db, { checkoutTimeout: '300ms' }).promise();
      const connection = await pool.getConnection();
      const said = new Promise<unknown>((resolve) => void connection.connection.on('error', resolve));
      await expect(connection.query('select sleep(60)')).rejects.toMatchObject({
        code: 'DB_TRANSACTION_TIMEOUT',
      });
      expect(await said).toMatchObject({ code: 'DB_TRANSACTION_TIMEOUT' });
      connection.release();
      await waitFor(() => db.stats().total === 0, { what: 'the connection to be gone' });
    });

    test('end() waits for the connections that are out, and closes the database when it is told to', async () => {
      await using db = open();
      const pool = mysqlPool(mysql2, db, { closeDb: true }).promise();
      const connection = await pool.getConnection();
      const ended = pool.end();
      expect(
        await Promise.race([
          ended.then(() => 'ended'),
          connection.query('select 1').then(() => 'still works'),
        ]),
      ).toBe('still works');
      connection.destroy();
      await ended;
      await expect(db.one(sql`select 1 as one`)).rejects.toMatchObject({ code: 'DB_CLOSED' });
    });

    test('end() does not wait for a connection that was taken away and is never released', async () => {
      await using db = open();
      await db.ready();
      const pool = mysqlPool(mysql2, db, { checkoutTimeout: '300ms', closeDb: true }).promise();
      await pool.getConnection();
      await pool.end();
      await expect(db.one(sql`select 1 as one`)).rejects.toMatchObject({ code: 'DB_CLOSED' });
    });

    test('refuses what is no database of MySQL', () => {
      expect(() => mysqlPool(mysql2, {} as Db)).toThrow('createDb()');
      expect(() => mysqlPool(mysql2, open(), { closeDB: true } as never)).toThrow('closeDb');
    });
  });
});
