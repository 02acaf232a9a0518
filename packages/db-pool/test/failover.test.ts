import { createFakeClock, createTestDatabase, describeWith, waitFor } from '@seaworthy/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mysqlError } from '../src/drivers/mysql-error.js';
import { postgres } from '../src/drivers/postgres.js';
import { pgPool } from '../src/facades/pg-pool.js';
import { createDb, type Db, DbError, type DbErrorOptions, sql } from '../src/index.js';
import { Failover } from '../src/session/failover.js';
import { refused } from './support/refused.js';

/** The part of a pool and of a lease that is asked. */
function failing() {
  const clock = createFakeClock();
  const limits = { deadlineAt: Number.POSITIVE_INFINITY };
  const old = new Set<object>();
  const server = { isReadOnly: true, isLost: false, asked: 0, evictions: 0 };
  const pool = {
    isEvicted: (loan: object) => old.has(loan),
    evict: () => {
      server.evictions += 1;
    },
  };
  const failover = new Failover('postgres', pool, clock, () => undefined);
  const command = async () => {
    server.asked += 1;
    if (server.isLost) throw new DbError('connection_lost', 'gone');
    return { rows: [{ answer: server.isReadOnly }] };
  };
  const isFor = (error: unknown, loan: object = {}): Promise<boolean> =>
    failover.isFor(error, { loan, command }, limits);
  const refuse = (loan: object = {}, options: DbErrorOptions = {}): Promise<boolean> =>
    isFor(new DbError('readonly', 'read only', options), loan);
  return { clock, old, server, refuse, isFor };
}

test('a refused write replaces the connections, and whoever still has an old one tries again without replacing the new', async () => {
  const { old, refuse, server } = failing();
  const loan = {};
  expect(await refuse(loan)).toBe(true);
  old.add(loan);
  expect(await refuse(loan)).toBe(true);
  expect(server).toMatchObject({ evictions: 1, asked: 1 });
});

test('many writes that are refused at once ask the server once', async () => {
  const { refuse, server } = failing();
  expect(await Promise.all([refuse(), refuse(), refuse()])).toEqual([true, true, true]);
  expect(server).toMatchObject({ evictions: 1, asked: 1 });
});

test('a server that says it is not read-only keeps its connections; one that is lost before it answers leaves it to the next', async () => {
  const { refuse, server } = failing();
  server.isReadOnly = false;
  expect(await refuse()).toBe(false);
  server.isLost = true;
  expect(await refuse()).toBe(true);
  expect(server.evictions).toBe(0);
});

test('a server that stays read-only does not make the pool connect again and again', async () => {
  const { clock, refuse, server } = failing();
  for (let second = 0; second < 600; second += 1) {
    await refuse();
    await clock.advance(1_000);
  }
  expect(server.evictions).toBeLessThanOrEqual(15);
  await clock.advance(600_000);
  expect(await refuse()).toBe(true);
});

test('a write in a read-only transaction says nothing about the server', async () => {
  const { refuse, isFor, server } = failing();
  expect(await refuse({}, { errno: 1792 })).toBe(false);
  expect(await isFor(new DbError('permission', 'no'))).toBe(false);
  expect(server).toMatchObject({ evictions: 0, asked: 0 });
});

test('an option of the MySQL server other than read-only says nothing about the server either', async () => {
  const { isFor, server } = failing();
  const refusedBy = (option: string): DbError =>
    mysqlError(
      {
        errno: 1290,
        sqlState: 'HY000',
        message: `The MySQL server is running with the ${option} option so it cannot execute this statement`,
      },
      'select 1',
    );
  expect(await isFor(refusedBy('--secure-file-priv'))).toBe(false);
  expect(server.evictions).toBe(0);
  expect(await isFor(refusedBy('--read-only'))).toBe(true);
  expect(await isFor(refusedBy('--super-read-only'))).toBe(false); // evicted just now
  expect(refusedBy('--super-read-only').kind).toBe('readonly');
});

describeWith(['postgres'], 'a role or a session that is read-only', () => {
  test('is refused its writes, and costs the pool no connection, because the server says that it is none of its doing', async () => {
    await using database = await createTestDatabase('postgres');
    await using admin = createDb(postgres(pg), { url: database.url });
    await admin.exec(sql`create table orders (id int)`);
    await admin.exec(sql`alter role current_user set default_transaction_read_only = on`);
    const happened: string[] = [];
    await using db = createDb(postgres(pg), {
      url: database.url,
      pool: { max: 1 },
      onEvent: ({ type }) => happened.push(type),
    });
    const insert = sql`insert into orders values (1)`;
    for (let time = 0; time < 5; time += 1) {
      expect((await refused(db.exec(insert))).kind).toBe('readonly');
      expect((await refused(db.transaction((tx) => tx.exec(insert)))).kind).toBe('readonly');
    }
    expect(happened).toEqual(['connected']);
  });
});

describeWith(['postgres'], 'a database that has become read-only', () => {
  test('is noticed through a tool and a borrowed connection too, in a transaction or not', async () => {
    await using database = await createTestDatabase('postgres');
    await using admin = createDb(postgres(pg), { url: database.url });
    await admin.exec(sql`create table orders (id int)`);
    const { name } = await admin.one<{ name: string }>(sql`select current_database() as name`);
    await admin.exec(sql`alter database ${sql.id(name)} set default_transaction_read_only = on`);
    const insert = 'insert into orders values (1)';
    const ways: readonly ((db: Db) => Promise<unknown>)[] = [
      (db) => pgPool(pg, db).query(insert),
      async (db) => {
        const client = await pgPool(pg, db).connect();
        try {
          await client.query('begin');
          await client.query(insert);
        } finally {
          client.release(); // a transaction that is left open
        }
      },
      async (db) => {
        await using own = await db.connect();
        await own.exec(sql`insert into orders values (1)`);
      },
    ];
    for (const way of ways) {
      const happened: string[] = [];
      await using db = createDb(postgres(pg), {
        url: database.url,
        pool: { max: 1 },
        onEvent: ({ type }) => happened.push(type),
      });
      await expect(way(db)).rejects.toThrow(/read-only/);
      await waitFor(() => happened.includes('evicted'), { what: 'the connections to be replaced' });
      await db.one(sql`select 1 as one`);
      expect(happened).toEqual(['connected', 'evicted', 'connected']);
    }
  });
});
