import {
  describeWith,
  type Server,
  size,
  startMariadb,
  startMariadbReplica,
  startPostgres,
  startPostgresReplica,
  waitFor,
} from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { pgPool } from '../src/facades/pg-pool.js';
import { createDb, type Db, type Sql, sql } from '../src/index.js';
import { covers, isPosition } from '../src/replicas/position.js';
import {
  createReplicatedDb,
  type ReplicaState,
  type ReplicatedDb,
  type ReplicatedDbOptions,
} from '../src/replicas.js';
import { refused } from './support/refused.js';

interface ReplicaServer extends Server {
  caughtUp(timeoutMs?: number): Promise<void>;
  promote(): Promise<void>;
}

interface ReplicatedEngine {
  readonly name: 'postgres' | 'mysql';
  readonly needs: 'private postgres' | 'private mysql';
  start(): Promise<readonly [primary: Server, replica: ReplicaServer]>;
  open(options: ReplicatedDbOptions): ReplicatedDb;
  plain(url: string): Db;
  /** 1 on the replica, 0 on the primary. */
  readonly onReplica: Sql;
  /** Stops and starts applying what arrives. */
  readonly pause: Sql;
  readonly resume: Sql;
}

const engines: readonly ReplicatedEngine[] = [
  {
    name: 'postgres',
    needs: 'private postgres',
    async start() {
      const primary = await startPostgres();
      // Otherwise it looks for a primary that is back every five seconds only.
      const settings = { wal_retrieve_retry_interval: '200ms' };
      return [primary, await startPostgresReplica(primary, { settings })];
    },
    open: (options) => createReplicatedDb(postgres(pg), options),
    plain: (url) => createDb(postgres(pg), { url }),
    onReplica: sql`select pg_is_in_recovery()::int as replica`,
    pause: sql`select pg_wal_replay_pause()`,
    resume: sql`select pg_wal_replay_resume()`,
  },
  {
    name: 'mysql',
    needs: 'private mysql',
    async start() {
      const primary = await startMariadb();
      const replica = await startMariadbReplica(primary);
      return [primary, replica];
    },
    open: (options) => createReplicatedDb(mysql(mysql2), options),
    plain: (url) => createDb(mysql(mysql2), { url }),
    onReplica: sql`select @@global.read_only + 0 as replica`,
    pause: sql`stop slave sql_thread`,
    resume: sql`start slave sql_thread`,
  },
];

const replication = {
  checkEvery: '100ms',
  drainAfter: '2s',
  probeTimeout: '2s',
  waitForToken: '10s',
} as const;

for (const engine of engines) {
  describeWith([engine.needs], `replicas of ${engine.name}`, () => {
    let primary: Server;
    let replica: ReplicaServer;
    let admin: Db;
    let onReplica: Db;
    let next = 0;

    beforeAll(async () => {
      [primary, replica] = await engine.start();
      admin = engine.plain(primary.url);
      onReplica = engine.plain(replica.url);
      await admin.exec(sql`create table notes (id int primary key)`);
      await replica.caughtUp(30_000);
    });
    afterAll(async () => {
      await Promise.all([admin?.close(), onReplica?.close()]);
      await replica?.close();
      await primary?.close();
    });

    const open = (options: Partial<ReplicatedDbOptions> = {}): ReplicatedDb =>
      engine.open({ url: primary.url, replicas: [replica.url], replication, ...options });
    const state = (db: ReplicatedDb): ReplicaState | undefined => db.replicas()[0]?.state;
    const becomes = (db: ReplicatedDb, wanted: ReplicaState): Promise<unknown> =>
      waitFor(() => state(db) === wanted, { what: `the replica to be ${wanted}`, timeoutMs: 30_000 });
    const target = async (reader: Pick<ReplicatedDb['read'], 'one'>, given = {}): Promise<string> => {
      const { replica: where } = await reader.one<{ replica: number }>(engine.onReplica, given);
      return where === 1 ? 'replica' : 'primary';
    };
    const write = async (db: Db): Promise<number> => {
      next += 1;
      await db.exec(sql`insert into notes ${sql.row({ id: next })}`);
      return next;
    };
    const seen = (id: number) => sql`select id from notes where id = ${id}`;

    test('[row 49] reads go to the replica; everything else, with the transactions, to the primary', async () => {
      await using db = open();
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      expect(await target(db.read)).toBe('replica');
      expect(await target(db)).toBe('primary');
      expect(await db.transaction((tx) => target(tx))).toBe('primary');
      await write(db);
    });

    test('[row 49] what a token was taken after is seen by every read after it, on the replica as soon as it has it', async () => {
      await using db = open();
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      const targets = new Set<string>();
      for (let time = 0; time < size({ test: 30, soak: 1_000 }); time += 1) {
        const id = await write(db);
        const reader = db.after(await db.token());
        expect(await reader.one(seen(id))).toEqual({ id });
        targets.add(await target(reader));
      }
      expect(targets).toContain('replica');
    });

    test('a token has what was committed without waiting for the disk, too', async () => {
      await using db = open();
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      for (let time = 0; time < 5; time += 1) {
        next += 1;
        const id = next;
        await db.transaction(async (tx) => {
          if (engine.name === 'postgres') await tx.exec(sql`set local synchronous_commit = off`);
          await tx.exec(sql`insert into notes ${sql.row({ id })}`);
        });
        expect(await db.after(await db.token()).many(seen(id))).toEqual([{ id }]);
      }
    });

    test('[row 49] a replica that has stopped to apply serves neither tokens nor bounds, is drained and comes back by itself', async () => {
      await using db = open({ replication: { ...replication, waitForToken: '200ms' } });
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      await onReplica.execute(engine.pause);
      const id = await write(db);
      const token = await db.token();
      expect(await db.after(token).one(seen(id))).toEqual({ id });
      expect(await target(db.after(token))).toBe('primary');
      await becomes(db, 'lagging');
      expect(await target(db.read)).toBe('primary');
      expect(await db.healthCheck().probe(new AbortController().signal)).toMatchObject({
        status: 'degraded',
      });
      await onReplica.execute(engine.resume);
      await becomes(db, 'ready');
      expect(await target(db.read)).toBe('replica');
      expect(await db.after(token).one(seen(id))).toEqual({ id });
    });

    test('a bound on staleness is kept: what the replica shows is at most so old, or the primary answers', async () => {
      await using db = open({ replication: { ...replication, drainAfter: '1h' } });
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      expect(await target(db.read, { maxStaleness: '1h' })).toBe('replica');
      expect(await target(db.read, { maxStaleness: 0 })).toBe('primary');
      await onReplica.execute(engine.pause);
      try {
        const id = await write(db);
        await waitFor(async () => (await target(db.read, { maxStaleness: '500ms' })) === 'primary', {
          what: 'the replica to be too old',
        });
        expect(await db.read.maybeOne(seen(id), { maxStaleness: '1h' })).toBeUndefined();
        expect(await db.read.maybeOne(seen(id), { maxStaleness: '500ms' })).toEqual({ id });
        expect(db.replicas()[0]?.stalenessMs).toBeGreaterThan(500);
      } finally {
        await onReplica.execute(engine.resume);
      }
      await replica.caughtUp(30_000);
    });

    test('[row 49] reads that hang on a frozen replica are answered by the primary, and it comes back when it thaws', async () => {
      await using db = open();
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      await Promise.all(Array.from({ length: 10 }, () => target(db.read))); // connections to freeze
      await replica.freeze();
      try {
        const reads = Array.from({ length: 20 }, () => target(db.read, { timeout: '20s' }));
        expect(new Set(await Promise.all(reads))).toEqual(new Set(['primary']));
        expect(state(db)).toBe('unreachable');
      } finally {
        await replica.thaw();
      }
      await becomes(db, 'ready');
      expect(await target(db.read)).toBe('replica');
    });

    test('[row 49] no read fails when the replica is killed, and it comes back when it is restarted', async () => {
      await using db = open();
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      let done = false;
      const failures: unknown[] = [];
      let answered = 0;
      const load = Array.from({ length: 5 }, async () => {
        while (!done) {
          await target(db.read, { timeout: '20s' }).then(
            () => {
              answered += 1;
            },
            (error: unknown) => failures.push(error),
          );
        }
      });
      await waitFor(() => answered > 20, { what: 'the load to run' });
      await replica.kill();
      await becomes(db, 'unreachable');
      const before = answered;
      await waitFor(() => answered > before + 20, { what: 'the load to go on' });
      await replica.restart();
      await becomes(db, 'ready');
      done = true;
      await Promise.all(load);
      expect(failures).toEqual([]);
      expect(await target(db.read)).toBe('replica');
    });

    test('while the primary is down, reads are answered by the replica and writes fail with what is wrong', async () => {
      await using db = open({ deadline: { acquire: '1s' } });
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      await primary.kill();
      try {
        const error = await refused(write(db));
        expect(['unavailable', 'connection_lost', 'connect_timeout', 'acquire_timeout']).toContain(
          error.kind,
        );
        expect(await target(db.read)).toBe('replica');
      } finally {
        await primary.restart();
      }
      await waitFor(() => write(db), { what: 'the primary to be back', timeoutMs: 30_000 });
      await replica.caughtUp(30_000);
    });

    test('a write that is sent to a replica by mistake is refused, and costs it no connection', async () => {
      const isPostgres = engine.name === 'postgres';
      await admin.exec(
        isPostgres
          ? sql`create role clerk login password 'clerk'`
          : sql`create user clerk identified by 'clerk'`,
      );
      await admin.exec(
        isPostgres ? sql`grant select, insert on notes to clerk` : sql`grant select, insert on *.* to clerk`,
      );
      await replica.caughtUp(30_000);
      const asClerk = (address: string): string => {
        const url = new URL(address);
        url.username = 'clerk';
        url.password = 'clerk';
        return url.href;
      };
      const events: string[] = [];
      await using db = open({
        url: asClerk(primary.url),
        replicas: [asClerk(replica.url)],
        onEvent: ({ type }) => events.push(type),
      });
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      for (let time = 0; time < 2; time += 1) {
        const error = await refused(db.read.execute(sql`insert into notes values (2000000000)`));
        expect(error.kind).toBe('readonly');
      }
      expect(events).not.toContain('evicted');
    });

    test('a token that is none of this database is refused, whatever it holds', async () => {
      await using db = open();
      for (const token of ["'; drop table notes", 'x', '1/2/3', 'Z'.repeat(10_000)]) {
        expect((await refused(db.after(token).one(engine.onReplica))).kind).toBe('invalid_value');
      }
    });

    // The last one: afterwards the replica is none.
    test('[row 49] a replica that was promoted gets no reads any more', async () => {
      await using db = open();
      await db.ready({ timeout: '60s' });
      await becomes(db, 'ready');
      await replica.promote();
      await becomes(db, 'promoted');
      expect(await target(db.read)).toBe('primary');
      await write(db);
    });
  });
}

describe('positions', () => {
  test.each([
    ['lsn', '0/10', '0/F', true],
    ['lsn', '1/0', '0/FFFFFFFF', true],
    ['lsn', '0/F', '0/10', false],
    ['mariadb-gtid', '0-1-100', '0-2-99', true],
    ['mariadb-gtid', '0-1-100', '0-1-101', false],
    ['mariadb-gtid', '0-1-100', '0-1-5,1-1-1', false],
    ['mariadb-gtid', '0-1-100,1-1-1', '1-1-1,0-1-5', true],
    ['mariadb-gtid', '0-1-1', '', true],
    ['mysql-gtid', 'A:1-10', 'a:3-5', true],
    ['mysql-gtid', 'a:1-3:5-10', 'a:1-5', false],
    ['mysql-gtid', 'a:1-10,\nb:1', 'b:1,a:10', true],
    ['mysql-gtid', 'a:1-10', 'b:1', false],
    ['mysql-gtid', 'a:tag:1-5:other:1-2', 'a:tag:4', true],
    ['mysql-gtid', 'a:1-5', 'a:tag:4', false],
  ] as const)('%s: %s covers %s: %s', (kind, applied, wanted, expected) => {
    expect(covers(kind, applied, wanted)).toBe(expected);
  });

  test('are told from whatever a client may send', () => {
    expect(isPosition('lsn', '16/B374D848')).toBe(true);
    expect(isPosition('lsn', '16/B374D848; drop')).toBe(false);
    expect(isPosition('mariadb-gtid', '0-1-2,1-2-3')).toBe(true);
    expect(isPosition('mariadb-gtid', '0-1')).toBe(false);
    expect(isPosition('mysql-gtid', '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5')).toBe(true);
    expect(isPosition('mysql-gtid', "a:1'")).toBe(false);
    expect(isPosition('lsn', `${'0'.repeat(5_000)}/0`)).toBe(false);
  });
});

test('tools get the pool of the primary', async () => {
  await using db = createReplicatedDb(postgres(pg), {
    url: 'postgres://app@localhost/app',
    replicas: ['postgres://app@localhost/replica'],
  });
  expect(pgPool(pg, db)).toBeInstanceOf(pg.Pool);
});

test('options that cannot work are refused and named', () => {
  const open = (options: object) => () => createReplicatedDb(postgres(pg), options as never);
  const url = 'postgres://app@localhost/app';
  expect(open({ url })).toThrow('replicas');
  expect(open({ url, replicas: [], replication: { drainafter: '1s' } })).toThrow('drainAfter');
  expect(open({ url, replicas: ['postgres://app@db.example.com/app'] })).toThrow('another machine');
});
