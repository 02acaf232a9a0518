import { EventEmitter } from 'node:events';
import { createDb, sql } from '@seaworthy/db-pool';
import { mysql } from '@seaworthy/db-pool/mysql';
import { postgres } from '@seaworthy/db-pool/postgres';
import { startMariadb, startPostgres } from '@seaworthy/testkit/servers';
import mysql2 from 'mysql2';
import pg from 'pg';
import { compareAll } from './harness.mjs';
import { atOnce, seed, userOf } from './load/db-pool-users.mjs';

/** @typedef {{ postgres: string, mysql: string }} Urls */

const found = { rows: [{ id: 1, name: 'user 1' }], rowCount: 1 };

/** The most that borrowing and giving back may cost. */
const borrowUs = 1.5;
/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'borrowing and giving back, in all',
    alternative: `${borrowUs} µs`,
    prepare: async () => {
      const db = createDb(stubDriver, { connection: {}, metrics: countingMetrics() });
      return {
        ours: borrowing(db),
        theirs: (times) => ({ cpuUs: borrowUs * times }),
        close: () => db.close(),
      };
    },
  },
  {
    name: 'borrowing and giving back, pg-pool',
    alternative: 'pg-pool',
    prepare: async () => {
      const db = createDb(stubDriver, { connection: {}, metrics: countingMetrics() });
      const pool = new pg.Pool({ Client: /** @type {any} */ (StubClient), max: 20 });
      return {
        ours: borrowing(db),
        theirs: async (times) => {
          for (let time = 0; time < times; time += 1) (await pool.connect()).release();
        },
        close: () => Promise.all([db.close(), pool.end()]),
      };
    },
  },
  {
    name: 'borrowing and giving back, mysql2',
    alternative: 'the pool of mysql2',
    prepare: async (/** @type {Urls} */ { mysql: url }) => {
      const db = createDb(stubDriver, { connection: {}, metrics: countingMetrics() });
      const pool = mysql2.createPool({ uri: url, connectionLimit: 20 }).promise();
      return {
        ours: borrowing(db),
        theirs: async (times) => {
          for (let time = 0; time < times; time += 1) (await pool.getConnection()).release();
        },
        close: () => Promise.all([db.close(), pool.end()]),
      };
    },
  },
  {
    name: 'a statement without a server, pg-pool',
    alternative: 'query() of pg-pool',
    prepare: async () => {
      const db = createDb(stubDriver, { connection: {}, metrics: countingMetrics() });
      const pool = new pg.Pool({ Client: /** @type {any} */ (StubClient), max: 20 });
      return {
        ours: async (times) => {
          for (let id = 0; id < times; id += 1)
            await db.one(sql`select id, name from users where id = ${id}`);
        },
        theirs: async (times) => {
          for (let id = 0; id < times; id += 1)
            await pool.query('select id, name from users where id = $1', [id]);
        },
        close: () => Promise.all([db.close(), pool.end()]),
      };
    },
  },
  {
    name: 'a connection used and its session put back, pg',
    alternative: 'pg-pool and "discard all"',
    roundUs: 20_000,
    warmUpUs: 600_000,
    prepare: async (/** @type {Urls} */ { postgres: url }) => {
      const db = createDb(postgres(pg), { url });
      const pool = new pg.Pool({ connectionString: url, max: 20 });
      return {
        ours: async (times) => {
          for (let time = 0; time < times; time += 1) {
            const own = await db.connect();
            await own.one(sql`select 1 as one`);
            await own.release();
          }
        },
        theirs: async (times) => {
          for (let time = 0; time < times; time += 1) {
            const client = await pool.connect();
            await client.query('select 1 as one');
            await client.query('discard all');
            client.release();
          }
        },
        close: () => Promise.all([db.close(), pool.end()]),
      };
    },
  },
  {
    name: 'point select at concurrency 20, pg',
    alternative: 'pg.Pool({ max: 20 })',
    roundUs: 30_000,
    warmUpUs: 1_000_000,
    prepare: async (/** @type {Urls} */ { postgres: url }) => {
      const db = createDb(postgres(pg), { url, pool: { max: 20, min: 20 } });
      await db.ready();
      const pool = new pg.Pool({ connectionString: url, max: 20 });
      return {
        ours: atOnce(20, (id) => db.one(userOf(id))),
        theirs: atOnce(20, (id) => pool.query('select id, name from users where id = $1', [id])),
        close: () => Promise.all([db.close(), pool.end()]),
      };
    },
  },
];

export default async function* measure() {
  const pgServer = await startPostgres();
  const mysqlServer = await startMariadb();
  try {
    const urls = { postgres: pgServer.url, mysql: mysqlServer.url };
    await seed(createDb(postgres(pg), { url: urls.postgres }));
    await seed(createDb(mysql(mysql2), { url: urls.mysql }));
    yield* compareAll(import.meta.url, pairs, urls);
  } finally {
    await Promise.all([pgServer.close(), mysqlServer.close()]);
  }
}

/** What a registry does with a measurement at its least, so that what is measured is ours. */
function countingMetrics() {
  const total = { sum: 0 };
  const count = (/** @type {number} */ value = 1) => {
    total.sum += value;
  };
  return {
    counter: () => ({ add: count }),
    gauge: () => ({ set: count }),
    histogram: (/** @type {{ buckets: readonly number[] }} */ { buckets }) => {
      const counts = [...buckets, Number.POSITIVE_INFINITY].map(() => 0);
      return {
        record(/** @type {number} */ value) {
          let at = 0;
          while (at < buckets.length && value > (buckets[at] ?? 0)) at += 1;
          counts[at] = (counts[at] ?? 0) + 1;
          count(value);
        },
      };
    },
  };
}

/** @param {import('@seaworthy/db-pool').Db} db @returns {(times: number) => Promise<void>} */
function borrowing(db) {
  return async (times) => {
    for (let time = 0; time < times; time += 1) await (await db.connect()).release();
  };
}

/** A driver whose server answers at once: what is left is the pool. @type {import('@seaworthy/db-pool').Driver<object>} */
const stubDriver = {
  name: 'stub',
  open: () => ({
    dialect: 'postgres',
    system: 'postgresql',
    address: 'nowhere:0',
    protection: 'local',
    maxConnections: 20,
    connect: async () => ({
      isOpen: true,
      transactionState: 'none',
      onLost: () => {},
      ping: async () => {},
      query: async () => found,
      script: async () => {},
      reset: async () => {},
      openRows: () => {
        throw new Error('Not measured here.');
      },
      cancel: async () => {},
      close: async () => {},
      destroy: () => {},
    }),
    close: async () => {},
  }),
};

/** The same for pg-pool: what it uses of a pg.Client. */
class StubClient extends EventEmitter {
  _queryable = true;
  _ending = false;
  /** @param {() => void} done */
  connect(done) {
    queueMicrotask(done);
  }
  /** @param {string} _text @param {readonly unknown[]} _values @param {(error: undefined, result: typeof found) => void} done */
  query(_text, _values, done) {
    queueMicrotask(() => done(undefined, found));
  }
  /** @param {(() => void)} [done] */
  end(done) {
    done?.();
  }
  isConnected() {
    return true;
  }
  ref() {}
  unref() {}
}
