import { describeWith, startMariadb, startPostgres, waitFor } from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { mysqlPool } from '../src/facades/mysql2-pool.js';
import { pgPool } from '../src/facades/pg-pool.js';
import { createDb, type Db, sql } from '../src/index.js';
import { databaseReport, type ReportPart } from '../src/report.js';

const canary = 'canary-of-a-value';

/** A table that is scanned because it has no index where it is searched, and an index that nobody uses. */
async function seed(db: Db, asText: (text: string) => Promise<unknown>): Promise<void> {
  await db.exec(
    sql`create table orders (id int primary key, owner varchar(50) not null, cents int not null)`,
  );
  await db.exec(sql`create index orders_by_cents on orders (cents)`);
  const rows = Array.from({ length: 3_000 }, (_, id) => ({ id, owner: `owner ${id % 100}`, cents: id }));
  for (let from = 0; from < rows.length; from += 500) {
    await db.exec(sql`insert into orders ${sql.rows(rows.slice(from, from + 500))}`);
  }
  for (let time = 0; time < 20; time += 1) {
    await asText(`select id from orders where owner = 'owner ${time}'`);
    await db.many(sql`select id from orders where owner = ${`owner ${time}`}`);
  }
  await asText(`select id from orders where owner = '${canary}'`);
}

const asApp = (url: string): string => {
  const own = new URL(url);
  own.username = 'app';
  own.password = 'secret of app';
  return own.href;
};

function rowsOf<Row>(part: ReportPart<Row>): readonly Row[] {
  if (part.available) return part.rows;
  throw new Error(`Expected the part to be available: ${part.reason}`);
}

async function expectReport(db: Db): Promise<void> {
  await waitFor(
    async () => {
      const { scannedTables } = await databaseReport(db);
      return rowsOf(scannedTables).some(
        ({ table, rowsRead }) => table.includes('orders') && rowsRead >= 50_000,
      );
    },
    { what: "the server's statistics to have the scans" },
  );
  const report = await databaseReport(db, { top: 10 });
  const statements = rowsOf(report.slowStatements);
  expect(statements.length).toBeGreaterThan(3);
  expect(statements.length).toBeLessThanOrEqual(10);
  const [scan] = statements.filter(
    ({ statement, calls }) =>
      calls >= 20 && /select .?id.? from .?orders.? where .?owner.?\s*=/i.test(statement),
  );
  expect(scan?.calls).toBeGreaterThanOrEqual(20);
  expect(scan?.totalMs).toBeGreaterThan(0);
  expect(scan?.meanMs).toBeLessThanOrEqual(scan?.maxMs ?? 0);
  expect(statements.map(({ totalMs }) => totalMs)).toEqual(
    statements.map(({ totalMs }) => totalMs).sort((one, other) => other - one),
  );
  expect(rowsOf(report.unusedIndexes)).toEqual([
    { table: expect.stringContaining('orders'), index: 'orders_by_cents' },
  ]);
  expect(rowsOf((await databaseReport(db, { minTableRows: 1_000_000 })).scannedTables)).toEqual([]);
  expect(JSON.stringify(report)).not.toContain(canary);
}

describeWith(['postgres'], 'the report of PostgreSQL', () => {
  test('[row 58] lists the tables that are scanned, the indexes that are not used and the ten costliest statements, to who may see them', async () => {
    await using server = await startPostgres({
      settings: { shared_preload_libraries: 'pg_stat_statements' },
    });
    await using db = createDb(postgres(pg), { url: server.url });
    await db.exec(sql`create extension pg_stat_statements`);
    await seed(db, (text) => pgPool(pg, db).query(text));
    await db.exec(sql`analyze orders`);
    await expectReport(db);

    await db.exec(sql`create role app login password 'secret of app'`);
    await using app = createDb(postgres(pg), { url: asApp(server.url) });
    expect((await databaseReport(app)).slowStatements).toEqual({
      available: false,
      reason: expect.stringContaining('grant pg_read_all_stats'),
    });
    await db.exec(sql`grant pg_read_all_stats to app`);
    expect(rowsOf((await databaseReport(app)).slowStatements).length).toBe(10);
  });

  test('says what to do when the statistics of statements are not there or not loaded', async () => {
    await using server = await startPostgres();
    await using db = createDb(postgres(pg), { url: server.url });
    expect((await databaseReport(db)).slowStatements).toEqual({
      available: false,
      reason: expect.stringContaining("shared_preload_libraries = 'pg_stat_statements'"),
    });
    await db.exec(sql`create extension pg_stat_statements`);
    expect((await databaseReport(db)).slowStatements).toEqual({
      available: false,
      reason: expect.stringContaining('restart the server'),
    });
    expect((await databaseReport(db)).scannedTables.available).toBe(true);
  });
});

describeWith(['mysql'], 'the report of MariaDB', () => {
  test('[row 58] lists the tables that are scanned, the indexes that are not used and the ten costliest statements, to who may see them', async () => {
    await using server = await startMariadb({ settings: { performance_schema: 1 } });
    await using db = createDb(mysql(mysql2), { url: server.url });
    await seed(db, (text) => mysqlPool(mysql2, db).promise().query(text));
    await db.many(sql`analyze table orders`);
    await expectReport(db);
    // What MariaDB cannot tell apart is at least not left out.
    const { slowStatements } = await databaseReport(db, { top: 100 });
    expect(rowsOf(slowStatements).find(({ id }) => id === 'statement/com/Execute')).toMatchObject({
      statement: expect.stringContaining('all prepared statements together'),
      calls: expect.any(Number),
    });

    await db.exec(sql`create user 'app'@'%' identified by 'secret of app'`);
    await db.exec(sql`grant all privileges on seaworthy.* to 'app'@'%'`);
    await using app = createDb(mysql(mysql2), { url: asApp(server.url) });
    expect((await databaseReport(app)).slowStatements).toEqual({
      available: false,
      reason: expect.stringContaining('grant select on performance_schema'),
    });
  });

  test('says what to do when performance_schema is off', async () => {
    await using server = await startMariadb();
    await using db = createDb(mysql(mysql2), { url: server.url });
    const report = await databaseReport(db);
    for (const part of Object.values(report)) {
      expect(part).toEqual({ available: false, reason: expect.stringContaining('performance_schema = ON') });
    }
  });
});

test('refuses options that it does not know', async () => {
  await expect(databaseReport({} as Db)).rejects.toThrow('createDb()');
  await expect(databaseReport({ execute: () => undefined } as never, { topp: 1 } as never)).rejects.toThrow(
    '"top"',
  );
});
