import {
  describeWith,
  type FaultProxy,
  type Need,
  type Server,
  startFaultProxy,
  startMariadb,
  startPostgres,
  waitFor,
} from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { mysqlPool } from '../src/facades/mysql2-pool.js';
import { createDb, type Db, type DbOptions, type Driver, sql } from '../src/index.js';
import { testWhere } from './contract/test-where.js';
import { kindOf, refused } from './support/refused.js';

const engines: readonly {
  readonly name: string;
  readonly need: Need;
  readonly start: () => Promise<Server>;
  readonly driver: () => Driver;
}[] = [
  // The pools differ in the options of their clients, which these tests do not use.
  {
    name: 'postgres',
    need: 'private postgres',
    start: () => startPostgres(),
    driver: () => postgres(pg) as Driver,
  },
  {
    name: 'mariadb',
    need: 'private mysql',
    // One that does not heed the character set of its clients.
    start: () =>
      startMariadb({
        settings: {
          'character-set-client-handshake': 0,
          'character-set-server': 'latin1',
          'collation-server': 'latin1_swedish_ci',
        },
      }),
    driver: () => mysql(mysql2) as Driver,
  },
];

for (const { name, need, start, driver } of engines) {
  describeWith([need], `with a failing server, ${name}`, () => {
    let server: Server;
    let proxy: FaultProxy;

    beforeAll(async () => {
      server = await start();
      proxy = await startFaultProxy({ target: server });
    });
    afterAll(async () => {
      await proxy?.close();
      await server?.close();
    });
    beforeEach(async () => {
      await proxy.clear();
    });

    const open = (options: Omit<DbOptions, 'url' | 'connection'> = {}, url = proxy.url(server.url)): Db =>
      createDb(driver(), { url, ...options });
    const one = sql`select 1 as one`;
    const backendId = (db: Db) =>
      db.dialect === 'postgres' ? sql`select pg_backend_pid() as id` : sql`select connection_id() as id`;
    const killBackend = (db: Db, id: number) =>
      db.dialect === 'postgres' ? sql`select pg_terminate_backend(${id})` : sql`kill ${id}`;

    test('answers every one of 40 callers by the deadline while the server is frozen, and works again after', async () => {
      // Nobody is to be checked before the statement is sent, however late this process gets there.
      const pool = { validateAfter: '1m' };
      await using db = open({ pool, deadline: { acquire: '2s', query: '2s' } }, server.url);
      await db.ready();
      await Promise.all(Array.from({ length: 20 }, () => db.one(one)));
      await server.freeze();
      try {
        const asked = Array.from({ length: 40 }, () => refused(db.one(one)));
        // Nothing thaws until all have an answer, so each of these came from a deadline.
        const kinds = new Set((await Promise.all(asked)).map(kindOf));
        for (const kind of kinds)
          expect(['query_timeout', 'acquire_timeout', 'connect_timeout', 'unavailable']).toContain(kind);
        expect(kinds).toContain('query_timeout');
      } finally {
        await server.thaw();
      }
      await waitFor(() => db.one(one), { what: 'the first success' });
      const answers = await Promise.all(Array.from({ length: 40 }, () => db.one(one, { timeout: '10s' })));
      expect(answers).toHaveLength(40);
      expect(db.stats().total).toBeLessThanOrEqual(20);
    });

    test('lets callers with time to spare through a freeze, without a failure', async () => {
      await using db = open({ deadline: { acquire: '30s', query: '30s' } }, server.url);
      await db.ready();
      await server.freeze();
      const asked = Promise.all(Array.from({ length: 40 }, () => db.one(one)));
      await waitFor(() => db.stats().waiting > 0, { what: 'callers to queue' });
      await server.thaw();
      expect(await asked).toHaveLength(40);
    });

    test('survives a kill -9 of the server, asks it gently while it is down, and works when it is back', async () => {
      await using db = open({ pool: { max: 5 }, deadline: { acquire: '30s', query: '30s' } });
      const idle = Array.from({ length: 5 }, () => db.one(one));
      await Promise.all(idle);
      const held = await db.connect();
      await held.one(one);
      const acceptedBefore = proxy.accepted;
      const downAt = performance.now();
      await server.kill();
      expect(kindOf(await refused(held.one(one)))).toBe('connection_lost');
      await held.release();
      // A statement that was sent on a dying connection would be lost; here it is about those that were not.
      await waitFor(() => db.stats().total === 0, { what: 'the pool to notice' });
      const waiting = Promise.all(Array.from({ length: 20 }, () => db.one(one)));
      await server.restart();
      expect(await waiting).toHaveLength(20);
      // One attempt per 100 ms for the whole pool, whatever the demand, and then what the callers need.
      const attempts = proxy.accepted - acceptedBefore;
      expect(attempts).toBeLessThanOrEqual((performance.now() - downAt) / 100 + 10);
    });

    test('says which server it cannot reach, and why, without a credential', async () => {
      await proxy.refuse();
      const url = new URL(proxy.url(server.url));
      await using db = open();
      const error = await refused(db.ready({ timeout: '1s' }));
      expect(error.code).toBe('DB_UNAVAILABLE');
      expect(error.message).toMatch(/^Database connection failed: 127\.0\.0\.1:\d+: /);
      expect(error.message).toContain('ECONNREFUSED');
      const everything = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)} ${Object.values(error).join()}`;
      expect(everything).not.toContain(url.password);
      expect(everything).toContain(`127.0.0.1:${proxy.port}`);
    });

    test('waits for a server that comes up late', async () => {
      await proxy.refuse();
      await using db = open({ pool: { min: 3 } });
      const ready = db.ready({ timeout: '30s' });
      await waitFor(() => db.stats().connecting === 0, { what: 'an attempt to fail' });
      await proxy.clear();
      await ready;
      expect(db.stats()).toMatchObject({ total: 3, idle: 3 });
    });

    test('says that authentication was refused, without the user and the password', async () => {
      const url = new URL(server.url);
      url.username = 'canaryuser';
      url.password = 'canarypassword';
      await using db = open({}, url.href);
      const error = await refused(db.ready({ timeout: '1500ms' }));
      expect(error.message).toContain('authentication was refused');
      expect(`${error.stack} ${String(error.cause)} ${Object.values(error).join()}`).not.toContain('canary');
    });

    testWhere(name === 'mariadb')(
      'says so too of a user whom the server knows by other means than a password',
      async () => {
        await using admin = open({}, server.url);
        await admin.exec(sql`create user canaryuser identified via unix_socket`);
        const url = new URL(server.url);
        url.username = 'canaryuser';
        url.password = '';
        await using db = open({}, url.href);
        const error = await refused(db.ready({ timeout: '1500ms' }));
        expect(error.message).toContain('authentication was refused (1698)');
        expect(`${error.stack} ${String(error.cause)} ${Object.values(error).join()}`).not.toContain(
          'canary',
        );
      },
    );

    test('says that the connection was lost when it is cut under a statement, and goes on with another', async () => {
      await using db = open({ pool: { max: 2 } });
      const slow = db.dialect === 'postgres' ? sql`select pg_sleep(20)` : sql`select sleep(20)`;
      const running = refused(db.many(slow, { timeout: '60s', idempotent: false }));
      await waitFor(() => db.stats().inUse === 1, { what: 'the statement to run' });
      proxy.reset();
      expect(kindOf(await running)).toBe('connection_lost');
      expect(await db.one(one)).toEqual({ one: 1 });
    });

    test('runs again what may run twice when it is cut, and never what may not', async () => {
      await using db = open({ pool: { max: 2 }, deadline: { acquire: '20s', query: '20s' } });
      await using admin = open({}, server.url);
      const pause = (ms: number) =>
        db.dialect === 'postgres' ? sql`pg_sleep(${ms / 1_000}) is null` : sql`sleep(${ms / 1_000})`;
      await db.exec(sql`create table if not exists twice (id int)`);
      await db.exec(sql`delete from twice`);
      const insert = (id: number, ms: number) =>
        sql`insert into twice select ${id} from (select ${pause(ms)} as slept) as later`;
      const cutDuring = async (work: Promise<unknown>): Promise<string> => {
        const kind = work.then(() => 'done', kindOf);
        await waitFor(() => db.stats().inUse === 1, { what: 'the statement to run' });
        proxy.reset();
        return kind;
      };
      expect(await cutDuring(db.one(sql`select ${pause(300)} as slept`))).toBe('done');
      expect(await cutDuring(db.exec(insert(1, 5_000)))).toBe('connection_lost');
      expect(await cutDuring(db.exec(insert(2, 300), { idempotent: true }))).toBe('done');
      const { n } = await admin.one<{ n: number }>(sql`select count(*) as n from twice where id = 1`);
      expect(n).toBeLessThanOrEqual(1);
    });

    test('gives up on a silent network at the deadline, and goes on when it heals', async () => {
      await using db = open({ pool: { max: 2 }, deadline: { acquire: '300ms', query: '300ms' } });
      await db.ready();
      proxy.blackhole();
      for (let time = 0; time < 2; time += 1) {
        expect(['query_timeout', 'connect_timeout', 'acquire_timeout']).toContain(
          kindOf(await refused(db.one(one))),
        );
      }
      await proxy.clear();
      await waitFor(() => db.one(one), { what: 'the first success' });
    });

    test('notices a connection that was killed while idle before anybody gets it', async () => {
      await using db = open({ pool: { max: 3 } });
      await using admin = open({}, server.url);
      const connections = await Promise.all([db.connect(), db.connect(), db.connect()]);
      const ids = await Promise.all(connections.map((own) => own.one<{ id: number }>(backendId(db))));
      await Promise.all(connections.map((own) => own.release()));
      for (const { id } of ids) await admin.exec(killBackend(admin, id));
      await waitFor(() => db.stats().total === 0, { what: 'the pool to notice' });
      expect(await Promise.all([db.one(one), db.one(one), db.one(one)])).toHaveLength(3);
    });

    test('fails a transaction whose connection was killed, and commits nothing of it', async () => {
      await using db = open({ pool: { max: 3 } });
      await using admin = open({}, server.url);
      await db.exec(sql`create table if not exists killed (id int primary key)`);
      const work = db.transaction(
        async (tx) => {
          await tx.exec(sql`insert into killed ${sql.row({ id: 1 })}`);
          const { id } = await tx.one<{ id: number }>(backendId(db));
          await admin.exec(killBackend(admin, id));
          await tx.exec(sql`insert into killed ${sql.row({ id: 2 })}`);
        },
        { retry: false },
      );
      expect(kindOf(await refused(work))).toBe('connection_lost');
      expect(await db.many(sql`select id from killed`)).toEqual([]);
    });

    test('ends a transaction at once whose connection is lost while it waits for something else', async () => {
      await using db = open({ pool: { max: 1 }, deadline: { transaction: '5m' } });
      await db.ready();
      let isWaiting = false;
      const work = refused(
        db.transaction(
          async (tx) => {
            await tx.one(one);
            isWaiting = true;
            await new Promise(() => undefined);
          },
          { retry: false },
        ),
      );
      await waitFor(() => isWaiting, { what: 'the transaction to wait' });
      proxy.reset();
      expect(kindOf(await work)).toBe('connection_lost');
      expect(await db.one(one, { timeout: '10s' })).toEqual({ one: 1 });
    });

    test('takes the place of a borrowed connection back that is lost, and says so to its borrower', async () => {
      await using db = open({ pool: { max: 1 }, deadline: { transaction: '5m' } });
      const own = await db.connect();
      await own.one(one);
      proxy.reset();
      expect(await db.one(one, { timeout: '10s' })).toEqual({ one: 1 });
      expect(kindOf(await refused(own.one(one)))).toBe('connection_lost');
      await own.release();
      expect(db.stats().inUse).toBe(0);
    });

    test('says of a statement on a connection that is gone that it was never sent', async () => {
      const target = { url: server.url, connection: undefined, name: 'gone', tls: undefined };
      const endpoint = driver().open({ ...target, maxPreparedStatements: 0 });
      const connection = await endpoint.connect(AbortSignal.timeout(10_000));
      connection.destroy();
      const error = await refused(connection.query({ text: 'commit', values: [] }));
      expect(error).toMatchObject({ kind: 'connection_lost', unsent: true });
      await endpoint.close();
    });

    test('says that it is unknown when the answer to COMMIT is lost', async () => {
      await using db = open({ pool: { max: 2 } });
      await db.exec(sql`create table if not exists unknowns (id int primary key)`);
      const work = db.transaction(
        async (tx) => {
          await tx.exec(sql`insert into unknowns ${sql.row({ id: 1 })}`);
          proxy.blackhole({ direction: 'toClient' });
        },
        { timeout: '2s' },
      );
      expect(kindOf(await refused(work))).toBe('commit_unknown');
      await proxy.clear();
      // Here it did take effect: the server got it.
      await waitFor(async () => (await db.many(sql`select id from unknowns`)).length === 1, {
        what: 'the row to be there',
      });
    });

    test('says that it is unknown what a COMMIT did under which the pool was closed', async () => {
      const db = open({ pool: { max: 1 }, deadline: { drain: '200ms' } });
      await db.exec(sql`create table if not exists closed_under (id int primary key)`);
      let closing: Promise<void> | undefined;
      const work = db.transaction(async (tx) => {
        await tx.exec(sql`insert into closed_under ${sql.row({ id: 1 })}`);
        proxy.blackhole({ direction: 'toClient' });
        closing = db.close();
      });
      expect(kindOf(await refused(work))).toBe('commit_unknown');
      await closing;
      await proxy.clear();
      await using later = open();
      await waitFor(async () => (await later.many(sql`select id from closed_under`)).length === 1, {
        what: 'the row to be there',
      });
    });

    test("gives text back whatever character set the server takes for the client's, after a reset of the session too", async () => {
      await using db = open({ pool: { max: 1 } });
      const text = 'naïve 🚢';
      const type = db.dialect === 'mysql' ? sql.raw`varchar(100) character set utf8mb4` : sql.raw`text`;
      await db.exec(sql`create table if not exists texts (t ${type})`);
      for (let time = 0; time < 2; time += 1) {
        await db.exec(sql`delete from texts`);
        await db.exec(sql`insert into texts values (${text})`);
        expect(await db.one(sql`select t, char_length(t) as n from texts where t = ${text}`)).toEqual({
          t: text,
          n: 7,
        });
        await using own = await db.connect();
        await own.exec(db.dialect === 'mysql' ? sql`set names latin1` : sql`set client_encoding to latin1`);
      }
    });

    testWhere(name === 'postgres')(
      'serves a caller in time although every connection at rest has gone silent',
      async () => {
        await using db = open({ pool: { min: 5, max: 5, validateAfter: 0 } }, server.url);
        await db.ready();
        const all = await Promise.all(Array.from({ length: 5 }, () => db.connect()));
        const pids: number[] = [];
        for (const own of all) {
          pids.push((await own.one<{ id: number }>(backendId(db))).id);
          await own.release();
        }
        for (const pid of pids) process.kill(pid, 'SIGSTOP');
        try {
          expect(await db.one(one)).toEqual({ one: 1 });
        } finally {
          for (const pid of pids) process.kill(pid, 'SIGCONT');
        }
      },
    );

    testWhere(name === 'postgres')(
      'tells a foreign server that is away from a connection of its own that is lost',
      async () => {
        await using db = open({ pool: { max: 1 } });
        await db.exec(sql`create extension postgres_fdw`);
        const { id } = await db.one<{ id: number }>(backendId(db));
        await db.exec(
          sql`create server far foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1', dbname 'x')`,
        );
        await db.exec(sql`create user mapping for current_user server far options (user 'x', password 'y')`);
        await db.exec(sql`create foreign table far_away (id int) server far`);
        for (const asked of [sql`select id from far_away`, sql`insert into far_away values (1)`]) {
          const error = await refused(db.exec(asked));
          expect(error).toMatchObject({ kind: 'unknown', sqlState: '08001' });
          expect(error.message).toContain('Another server');
        }
        expect(await db.one(backendId(db))).toEqual({ id });
      },
    );

    testWhere(name === 'mariadb')(
      'notices through a tool too that the server has become read-only',
      async () => {
        await using admin = open({}, server.url);
        await admin.exec(sql`create table sold (id int)`);
        await admin.exec(sql`create user clerk identified by 'clerk'`);
        await admin.exec(sql`grant select, insert on *.* to clerk`);
        const url = new URL(server.url);
        url.username = 'clerk';
        url.password = 'clerk';
        await admin.exec(sql`set global read_only = 1`);
        try {
          for (const inTransaction of [false, true]) {
            const happened: string[] = [];
            await using db = open({ pool: { max: 1 }, onEvent: ({ type }) => happened.push(type) }, url.href);
            const pool = mysqlPool(mysql2, db).promise();
            const connection = inTransaction ? await pool.getConnection() : undefined;
            await connection?.beginTransaction();
            await expect((connection ?? pool).query('insert into sold values (1)')).rejects.toThrow(
              /read-only/,
            );
            connection?.release();
            await waitFor(() => happened.includes('evicted'), { what: 'the connections to be replaced' });
          }
        } finally {
          await admin.exec(sql`set global read_only = 0`);
        }
      },
    );

    testWhere(name === 'mariadb')(
      'ends nothing on another server behind the same name, whose connections have the same numbers',
      async () => {
        const [first, second] = await Promise.all([startMariadb(), startMariadb()]);
        await using _first = first;
        await using _second = second;
        const asClerk = (address: string): string => {
          const url = new URL(address);
          url.username = 'clerk';
          url.password = 'clerk';
          return url.href;
        };
        for (const { url } of [first, second]) {
          await using admin = open({}, url);
          await admin.exec(sql`create user clerk identified by 'clerk'`);
          await admin.exec(sql`grant select on *.* to clerk`);
        }
        const idOf = async ({ url }: Server): Promise<number> => {
          await using own = open({ pool: { max: 1 } }, asClerk(url));
          return (await own.one<{ id: number }>(backendId(own))).id;
        };
        const target = { host: '127.0.0.1', port: first.port };
        await using balancer = await startFaultProxy({ target });
        const begun = await idOf(second);
        while ((await idOf(first)) <= begun);
        await using db = open({ pool: { max: 1 } }, asClerk(balancer.url(first.url)));
        const { id } = await db.one<{ id: number }>(backendId(db));
        while ((await idOf(second)) < id - 1);
        await using other = open({ pool: { max: 1 } }, asClerk(second.url));
        const innocent = other.one(sql`select connection_id() as id, sleep(2) as interrupted`, {
          timeout: '60s',
        });
        const late = refused(db.one(sql`select sleep(20) as s`, { timeout: '1s' }));
        target.port = second.port;
        expect(kindOf(await late)).toBe('query_timeout');
        expect(await innocent).toEqual({ id, interrupted: 0 });
      },
    );

    testWhere(name === 'mariadb')(
      'makes do with what is its own when the server holds as many prepared statements as it may',
      async () => {
        await using admin = open({}, server.url);
        await using db = open({ pool: { max: 1 } });
        const ask = (at: number) => db.one({ strings: [`select ${at} as a, `, ' as b'], values: [at] });
        for (const at of [1, 2, 3]) await ask(at);
        const [held] = await admin.many<{ Value: string }>(
          sql`show global status like 'Prepared_stmt_count'`,
        );
        await admin.exec({ strings: [`set global max_prepared_stmt_count = ${held?.Value}`], values: [] });
        try {
          for (const at of [1, 4, 5, 6, 7, 1, 8]) expect(await ask(at)).toEqual({ a: at, b: at });
        } finally {
          await admin.exec(sql`set global max_prepared_stmt_count = 16382`);
        }
      },
    );

    test('keeps what a statement writes, whatever the server does by itself with transactions', async () => {
      await using admin = open({}, server.url);
      if (admin.dialect === 'mysql') await admin.exec(sql`set global autocommit = 0`);
      else await admin.exec(sql`alter system set default_transaction_isolation = 'serializable'`);
      await admin.exec(admin.dialect === 'mysql' ? sql`do 0` : sql`select pg_reload_conf()`);
      try {
        await using db = open({ pool: { max: 1 } });
        await db.exec(sql`create table if not exists kept (id int)`);
        for (let id = 0; id < 2; id += 1) {
          expect(await db.exec(sql`insert into kept values (${id})`)).toEqual({ rowCount: 1 });
          expect(await admin.one(sql`select count(*) as n from kept`)).toEqual({ n: id + 1 });
          await using own = await db.connect();
          await own.one(one); // after which its session is put back
        }
      } finally {
        if (admin.dialect === 'mysql') await admin.exec(sql`set global autocommit = 1`);
      }
    });

    test('keeps its connection over 300 broken constraints', async () => {
      await using db = open({ pool: { max: 5, min: 5 }, deadline: { acquire: '60s', query: '60s' } });
      await db.ready();
      await db.exec(sql`create table if not exists broken (id int primary key)`);
      await db.exec(sql`insert into broken ${sql.row({ id: 1 })}`);
      await Promise.all(Array.from({ length: 20 }, () => db.one(one)));
      const before = proxy.accepted;
      const kinds = await Promise.all(
        Array.from({ length: 300 }, async () =>
          kindOf(await refused(db.exec(sql`insert into broken ${sql.row({ id: 1 })}`))),
        ),
      );
      expect(new Set(kinds)).toEqual(new Set(['unique']));
      expect(proxy.accepted - before).toBe(0);
    });
  });
}
