import { createDb, sql } from '@seaworthy/db-pool';
import { mysql } from '@seaworthy/db-pool/mysql';
import { postgres } from '@seaworthy/db-pool/postgres';
import { startMariadb, startPostgres } from '@seaworthy/testkit/servers';
import mysql2 from 'mysql2';
import pg from 'pg';
import postgresJs from 'postgres';
import { compareAll } from './harness.mjs';
import { atOnce, rows, seed, userOf } from './load/db-pool-users.mjs';
import { median } from './statistics.mjs';

/** @typedef {{ postgres: string, mysql: string }} Urls */

/** Statements at once. */
const callers = 100;
/** Shorter rounds would begin and end with few statements under way. */
const withServer = { roundUs: 120_000, warmUpUs: 600_000 };

/**
 * What takes time, not what costs CPU: the servers share the machine, so these need a quiet one.
 *
 * @type {import('./harness.mjs').Pair[]}
 */
export const pairs = [
  {
    name: 'time of a point select at concurrency 100, pg, pipelining',
    alternative: 'pg.Pool({ max: 20 })',
    ...withServer,
    prepare: async (/** @type {Urls} */ { postgres: url }) => {
      const db = await pipelined(url);
      const pool = new pg.Pool({ connectionString: url, max: 20 });
      return {
        ours: timed(atOnce(callers, (id) => db.one(userOf(id)))),
        theirs: timed(atOnce(callers, (id) => pool.query('select id, name from users where id = $1', [id]))),
        close: () => Promise.all([db.close(), pool.end()]),
      };
    },
  },
  {
    name: 'time of a point select at concurrency 100, postgres.js, pipelining',
    alternative: 'postgres.js, max 20',
    ...withServer,
    prepare: async (/** @type {Urls} */ { postgres: url }) => {
      const db = await pipelined(url);
      const other = postgresJs(url, { max: 20 });
      return {
        ours: timed(atOnce(callers, (id) => db.one(userOf(id)))),
        theirs: timed(atOnce(callers, async (id) => other`select id, name from users where id = ${id}`)),
        close: () => Promise.all([db.close(), other.end()]),
      };
    },
  },
  {
    name: 'p99 of fast statements beside 2 % that take 50 ms, pg, pipelining',
    alternative: 'pg.Pool({ max: 20 })',
    roundUs: 20_000_000,
    warmUpUs: 20_000_000,
    prepare: async (/** @type {Urls} */ { postgres: url }) => {
      const db = await pipelined(url);
      const pool = new pg.Pool({ connectionString: url, max: 20 });
      return {
        ours: besideSlow(
          (id) => db.one(userOf(id)),
          () => db.one(sql`select pg_sleep(0.05) is null as slept`),
        ),
        theirs: besideSlow(
          (id) => pool.query('select id, name from users where id = $1', [id]),
          () => pool.query('select pg_sleep(0.05) is null as slept'),
        ),
        close: () => Promise.all([db.close(), pool.end()]),
      };
    },
  },
  {
    // Where mysql2 sends a DOUBLE, which MySQL compares with decimals inexactly and MySQL 8 refuses after `limit`.
    name: 'time of a point select at concurrency 100, mysql2',
    alternative: 'execute() of the pool of mysql2',
    ...withServer,
    prepare: besideMysql2(
      (id) => id,
      (id) => id,
    ),
  },
  {
    name: 'time of a point select at concurrency 100, mysql2, the same bytes',
    alternative: 'execute() of the pool of mysql2 with TypedParameter.BIGINT',
    ...withServer,
    prepare: besideMysql2(
      (id) => id,
      (id) => mysql2.TypedParameter.BIGINT(id),
    ),
  },
  {
    name: 'time of a point select at concurrency 100, mysql2, by a text',
    alternative: 'execute() of the pool of mysql2',
    ...withServer,
    prepare: besideMysql2(String, String),
  },
  {
    name: 'the first 20 at once after ready(), warmed up, pg',
    alternative: 'the same, later',
    roundUs: 3_000,
    warmUpUs: 20_000,
    prepare: async (/** @type {Urls} */ { postgres: url }) => {
      const open = async () => {
        const db = createDb(postgres(pg), { url, pool: { max: 20, min: 20, warmUp: [userOf(1)] } });
        await db.ready();
        return db;
      };
      const warm = await open();
      return {
        ours: async (times) => {
          let cpuUs = 0;
          for (let time = 0; time < times; time += 1) {
            const db = await open();
            cpuUs += await medianUsOf20(db);
            await db.close();
          }
          return { cpuUs };
        },
        theirs: async (times) => {
          let cpuUs = 0;
          for (let time = 0; time < times; time += 1) cpuUs += await medianUsOf20(warm);
          return { cpuUs };
        },
        close: () => warm.close(),
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

/**
 * @param {(id: number) => number | string} ours what is bound
 * @param {(id: number) => import('mysql2').ExecuteValues} theirs
 */
function besideMysql2(ours, theirs) {
  return async (/** @type {Urls} */ { mysql: url }) => {
    const db = createDb(mysql(mysql2), { url, pool: { max: 20, min: 20 } });
    await db.ready();
    const pool = mysql2.createPool({ uri: url, connectionLimit: 20 }).promise();
    const text = 'select id, name from users where id = ?';
    return {
      ours: timed(atOnce(callers, (id) => db.one(sql`select id, name from users where id = ${ours(id)}`))),
      theirs: timed(atOnce(callers, (id) => pool.execute(text, [theirs(id)]))),
      close: () => Promise.all([db.close(), pool.end()]),
    };
  };
}

/** @param {string} url */
async function pipelined(url) {
  const db = createDb(postgres(pg), { url, pool: { max: 20, min: 20 }, pipelining: true });
  await db.ready();
  return db;
}

/**
 * The harness compares what a round says it cost; here that is time on the clock.
 *
 * @param {(times: number) => Promise<unknown>} work
 */
function timed(work) {
  return async (/** @type {number} */ times) => {
    const beganAt = performance.now();
    await work(times);
    return { cpuUs: (performance.now() - beganAt) * 1_000 };
  };
}

/**
 * The 99th percentile of the fast ones, of 60 callers of whose statements one in 50 is slow. What counts is a latency, however
 * many statements there were.
 *
 * @param {(id: number) => Promise<unknown>} fast
 * @param {() => Promise<unknown>} slow
 */
function besideSlow(fast, slow) {
  return async (/** @type {number} */ times) => {
    /** @type {number[]} */
    const tookMs = [];
    const until = performance.now() + 400;
    await Promise.all(
      Array.from({ length: 60 }, async (_, caller) => {
        for (let number = caller; performance.now() < until; number += 1) {
          if (number % 50 === 0) {
            await slow();
            continue;
          }
          const askedAt = performance.now();
          await fast((number % rows) + 1);
          tookMs.push(performance.now() - askedAt);
        }
      }),
    );
    tookMs.sort((a, b) => a - b);
    return { cpuUs: (tookMs[Math.floor(tookMs.length * 0.99)] ?? 0) * 1_000 * times };
  };
}

/** @param {import('@seaworthy/db-pool').Db} db */
async function medianUsOf20(db) {
  const tookUs = await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const askedAt = performance.now();
      await db.one(userOf(number + 1));
      return (performance.now() - askedAt) * 1_000;
    }),
  );
  return median(tookUs);
}
