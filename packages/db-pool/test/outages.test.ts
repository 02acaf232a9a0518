import { setTimeout as pause } from 'node:timers/promises';
import {
  describeWith,
  type Need,
  type Server,
  size,
  startFaultProxy,
  startMariadb,
  startPostgres,
  waitFor,
} from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type Db, type DbOptions, type Driver, sql } from '../src/index.js';
import { kindOf } from './support/refused.js';

/** How long a server is away, and how much later than promised an answer may come: a test machine is busy, a soak's is not. */
const frozenMs = size({ test: 1_500, soak: 6_000 });
const shortMs = size({ test: 1_000, soak: 2_000 });
const slackMs = size({ test: 3_000, soak: 0 });
/** One attempt to connect, where the network is silent. */
const connectMs = size({ test: 1_000, soak: 300 });

interface Setup {
  readonly name: string;
  readonly need: Need;
  readonly start: () => Promise<Server>;
  // The pools differ in the options of their clients, which these tests do not use.
  readonly driver: () => Driver;
  readonly options: Partial<DbOptions>;
}

const setups: readonly Setup[] = [
  {
    name: 'postgres',
    need: 'private postgres',
    start: () => startPostgres(),
    driver: () => postgres(pg) as Driver,
    options: {},
  },
  {
    name: 'postgres with pipelining',
    need: 'private postgres',
    start: () => startPostgres(),
    driver: () => postgres(pg) as Driver,
    options: { pipelining: true },
  },
  {
    name: 'mariadb',
    need: 'private mysql',
    start: () => startMariadb(),
    driver: () => mysql(mysql2) as Driver,
    options: {},
  },
];

const one = sql`select 1 as one`;

interface Outcome {
  readonly kind: string;
  readonly tookMs: number;
  readonly endedAt: number;
}

async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  const askedAt = performance.now();
  const kind = await call().then(() => 'done', kindOf);
  const endedAt = performance.now();
  return { kind, tookMs: endedAt - askedAt, endedAt };
}

const times = <T>(count: number, work: (number: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, number) => work(number)));

/** Changes what the next borrower would see, if it were let: a setting or variable of the session, and an open transaction. */
async function soil(db: Db): Promise<void> {
  await using own = await db.connect();
  await own.exec(db.dialect === 'postgres' ? sql`set statement_timeout = '7s'` : sql`set @soiled = 1`);
  await own.exec(db.dialect === 'postgres' ? sql`begin` : sql`start transaction`);
  await own.one(one);
}

/** Looks at every connection that the pool can give. */
async function expectClean(db: Db): Promise<void> {
  const { max } = db.stats();
  const connections = await times(max, () => db.connect({ timeout: '30s' }));
  const state =
    db.dialect === 'postgres'
      ? sql`select current_setting('statement_timeout') = '0' as clean, pg_current_xact_id_if_assigned() is null as alone`
      : sql`select @soiled is null as clean, @@in_transaction = 0 as alone`;
  for (const own of connections) {
    const { clean, alone } = await own.one<{ clean: unknown; alone: unknown }>(state);
    expect([Boolean(clean), Boolean(alone)]).toEqual([true, true]);
    await own.release();
  }
}

/** When a new connection is accepted again. */
async function firstAccepted(driver: Driver, url: string): Promise<number> {
  const endpoint = driver.open({
    url,
    connection: undefined,
    name: 'probe',
    tls: undefined,
    maxPreparedStatements: 0,
  });
  for (;;) {
    try {
      (await endpoint.connect(AbortSignal.timeout(1_000))).destroy();
      return performance.now();
    } catch {
      await pause(5);
    }
  }
}

/** A table and a user who is bound by a read-only server, which the one who owns it is not everywhere. */
async function prepareOrders(driver: Driver, { url }: Server): Promise<void> {
  await using admin = createDb(driver, { url });
  await admin.exec(sql`create table orders (id int)`);
  if (admin.dialect === 'postgres') {
    await admin.exec(sql`create role app login password 'app'`);
    await admin.exec(sql`grant select, insert on orders to app`);
  } else {
    await admin.exec(sql`create user app identified by 'app'`);
    await admin.exec(sql`grant select, insert on *.* to app`);
  }
}

/** Each session of PostgreSQL hears of a new setting by itself and in its own time, so each is asked. */
async function makeReadOnly(admin: Db, app: Db): Promise<void> {
  const isPostgres = admin.dialect === 'postgres';
  if (isPostgres) await admin.exec(sql`alter system set default_transaction_read_only = on`);
  await admin.exec(isPostgres ? sql`select pg_reload_conf()` : sql`set global read_only = 1`);
  const mode = isPostgres
    ? sql`select current_setting('default_transaction_read_only') = 'on' as is_on`
    : sql`select @@global.read_only = 1 as is_on`;
  for (const own of await times(app.stats().max, () => app.connect({ timeout: '30s' }))) {
    await waitFor(async () => Boolean((await own.one<{ is_on: unknown }>(mode)).is_on), {
      what: 'a session of the application to become read-only',
    });
    await own.release();
  }
}

for (const { name, need, start, driver, options } of setups) {
  describeWith([need], `an outage of ${name}`, () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => {
      await server?.close();
    });

    const open = (more: Partial<DbOptions> = {}, url = server.url): Db =>
      createDb(driver(), { url, ...options, ...more });
    const warm = async (db: Db): Promise<void> => {
      await db.ready();
      for (let round = 0; round < 5; round += 1) await times(40, () => db.one(one));
    };

    test('a server that is frozen fails 40 callers by their deadline, and serves new ones after it', async () => {
      await using db = open({ pool: { min: 20 }, deadline: { acquire: shortMs, query: shortMs } });
      await warm(db);
      await server.freeze();
      try {
        const asked = times(40, () => outcomeOf(() => db.one(one)));
        await pause(frozenMs);
        for (const { kind, tookMs } of await asked) {
          expect(['query_timeout', 'acquire_timeout', 'connect_timeout', 'unavailable']).toContain(kind);
          expect(tookMs).toBeLessThanOrEqual(shortMs + 100 + slackMs);
        }
      } finally {
        await server.thaw();
      }
      await waitFor(() => db.one(one), { what: 'the first success' });
      expect(await times(40, () => db.one(one, { timeout: '10s' }))).toHaveLength(40);
    }, 60_000);

    test('a server that is frozen lets 40 callers with 10 s each through, as soon as it goes on', async () => {
      await using db = open({ pool: { min: 20 }, deadline: { acquire: '10s', query: '10s' } });
      await warm(db);
      await server.freeze();
      const asked = times(40, () => outcomeOf(() => db.one(one)));
      await pause(frozenMs);
      const thawedAt = performance.now();
      await server.thaw();
      for (const { kind, endedAt } of await asked) {
        expect(kind).toBe('done');
        expect(endedAt - thawedAt).toBeLessThanOrEqual(300 + slackMs);
      }
    }, 60_000);

    test('[row 48] a server that is killed and comes back fails no read with 10 s, leaks nothing, and is used as soon as it accepts', async () => {
      await using db = open({ pool: { min: 5 }, deadline: { acquire: '10s', query: '10s' } });
      await warm(db);
      await db.exec(sql`drop table if exists written`);
      await db.exec(sql`create table written (id int)`);
      let over = false;
      const written: number[] = [];
      let last = 0;
      const write = async (): Promise<void> => {
        last += 1;
        const id = last;
        await db.exec(sql`insert into written values (${id})`);
        written.push(id);
      };
      const answeredAt: number[] = [];
      const kinds = new Map<string, number>();
      const load = async (what: string, work: () => Promise<unknown>): Promise<void> => {
        while (!over) {
          const { kind, endedAt } = await outcomeOf(work);
          const key = `${what} ${kind}`;
          kinds.set(key, (kinds.get(key) ?? 0) + 1);
          if (what === 'read' && kind === 'done') answeredAt.push(endedAt);
          await pause(1);
        }
      };
      const running = [
        ...Array.from({ length: 10 }, () => load('read', () => db.one(one))),
        ...Array.from({ length: 3 }, () => load('write', write)),
        ...Array.from({ length: 3 }, () =>
          load('transaction', () =>
            db.transaction(async (tx) => {
              await tx.exec(sql`insert into written values (0)`);
              await tx.one(one);
            }),
          ),
        ),
        load('soil', () => soil(db)),
      ];
      await waitFor(() => answeredAt.length > 100, { what: 'the load to run' });
      await server.kill();
      await pause(size({ test: 500, soak: 3_000 }));
      const restarting = server.restart();
      const acceptedAt = await firstAccepted(driver(), server.url);
      await restarting;
      await waitFor(() => (answeredAt.at(-1) ?? 0) > acceptedAt, { what: 'reads after the outage' });
      await pause(200);
      over = true;
      await Promise.all(running);
      const firstAfter = answeredAt.find((at) => at > acceptedAt - 50) ?? Number.POSITIVE_INFINITY;
      expect(firstAfter - acceptedAt).toBeLessThanOrEqual(100 + 200 + slackMs);
      expect([...kinds.keys()].filter((key) => key.startsWith('read'))).toEqual(['read done']);
      for (const key of kinds.keys()) expect(key).toMatch(/ (?:done|connection_lost|commit_unknown)$/);
      const rows = await db.many<{ id: number }>(sql`select id from written where id > 0`);
      const found = rows.map(({ id }) => id);
      expect(new Set(found).size).toBe(found.length); // what may not run twice did not
      expect(written.filter((id) => !found.includes(id))).toEqual([]);
      await expectClean(db);
    }, 60_000);

    test(
      'a server that is killed again and again fails no read with 10 s while 20 connections rest',
      async () => {
        await using db = open({ pool: { min: 20, max: 20 }, deadline: { acquire: '10s', query: '10s' } });
        await warm(db);
        const slow = db.dialect === 'postgres' ? sql`select pg_sleep(0.008)` : sql`select sleep(0.008)`;
        let over = false;
        let served = 0;
        const kinds = new Map<string, number>();
        const running = times(6, async () => {
          while (!over) {
            const { kind } = await outcomeOf(() => db.many(slow));
            kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
            if (kind === 'done') served += 1;
          }
        });
        for (let kill = 0; kill < size({ test: 3, soak: 12 }); kill += 1) {
          await waitFor(() => db.stats().total === 20, { what: 'all connections' });
          const before = served;
          await waitFor(() => served > before + 50, { what: 'the load to run' });
          await times(20, () => db.many(slow)); // so that those that rest then have just been used
          await server.kill();
          await server.restart();
        }
        const before = served;
        await waitFor(() => served > before + 100, { what: 'reads after the last' });
        over = true;
        await running;
        expect([...kinds.keys()]).toEqual(['done']);
      },
      size({ test: 60_000, soak: 180_000 }),
    );

    test('connections that are cut, half closed or silent cost no read that has time, and leak nothing', async () => {
      await using proxy = await startFaultProxy({ target: server });
      await using db = open(
        { pool: { max: 10 }, deadline: { acquire: '8s', query: '8s', connect: connectMs } },
        proxy.url(server.url),
      );
      await warm(db);
      const hurt: readonly (() => void)[] = [
        () => proxy.reset(),
        () => proxy.halfClose('target'),
        () => proxy.halfClose('client'),
      ];
      for (const harm of hurt) {
        const reads = times(60, () => outcomeOf(() => db.one(one)));
        harm();
        await soil(db).catch(() => undefined);
        expect(new Set((await reads).map(({ kind }) => kind))).toEqual(new Set(['done']));
      }
      proxy.blackhole();
      const silent = await times(20, () => outcomeOf(() => db.one(one, { timeout: '500ms' })));
      for (const { kind, tookMs } of silent) {
        expect(['query_timeout', 'acquire_timeout', 'connect_timeout', 'unavailable']).toContain(kind);
        expect(tookMs).toBeLessThanOrEqual(500 + 100 + slackMs);
      }
      await proxy.clear();
      await waitFor(() => db.one(one), { what: 'the first success' });
      await expectClean(db);
    }, 60_000);

    test('a server that becomes read-only is left by all connections at once, and no write fails that way', async () => {
      await using other = await start();
      await prepareOrders(driver(), server);
      await prepareOrders(driver(), other);
      const target = { host: '127.0.0.1', port: server.port };
      await using proxy = await startFaultProxy({ target });
      const url = new URL(proxy.url(server.url));
      url.username = 'app';
      url.password = 'app';
      await using admin = createDb(driver(), { url: server.url });
      await using db = open(
        { pool: { min: 10, max: 10 }, deadline: { acquire: '20s', query: '20s' } },
        url.href,
      );
      await warm(db);
      await waitFor(() => db.stats().total === 10, { what: 'all connections' });
      await makeReadOnly(admin, db);
      target.port = other.port;
      const insert = sql`insert into orders values (1)`;
      const kinds = await times(40, (number) =>
        number % 2 === 0
          ? outcomeOf(() => db.exec(insert))
          : outcomeOf(() => db.transaction((tx) => tx.exec(insert))),
      );
      expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(['done']));
      await using reader = createDb(driver(), { url: other.url });
      const count = sql`select count(*) as n from orders`;
      expect([await admin.one(count), await reader.one(count)]).toEqual([{ n: 0 }, { n: 40 }]);
      const sessions =
        admin.dialect === 'postgres'
          ? sql`select count(*) as n from pg_stat_activity where usename = 'app'`
          : sql`select count(*) as n from information_schema.processlist where user = 'app'`;
      await waitFor(async () => (await admin.one<{ n: number }>(sessions)).n === 0, {
        what: 'the last connection to leave the read-only server',
      });
    }, 60_000);
  });
}
