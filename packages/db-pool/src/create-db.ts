import { invalidOption, optionsOf, parseDuration, requireProtection, sleep } from '@seaworthy/contracts';
import { checkBudget } from './budget.js';
import type { ConnectOptions, Db, DbConnection, ReadyOptions } from './db.js';
import { observeDb } from './db-metrics.js';
import { type DbOptions, readDbOptions } from './db-options.js';
import type { Driver, DriverConnection } from './driver.js';
import { SlowLog } from './observe/slow-log.js';
import { observeStatements } from './observe/statement-observer.js';
import { Deadlines } from './pool/deadlines.js';
import { Pool } from './pool/pool.js';
import { settlesWithin } from './pool/settles-within.js';
import { abandon, closedUnderWork, lostInUse } from './session/abandon.js';
import { Borrower } from './session/borrower.js';
import { Failover } from './session/failover.js';
import { Lanes } from './session/lanes.js';
import { LeakWatch } from './session/leak-watch.js';
import type { LeaseContext } from './session/lease-context.js';
import { readLimits } from './session/limits.js';
import { OwnConnection, type OwnConnectionContext } from './session/own-connection.js';
import { createRunner } from './session/runner.js';
import { Statements } from './session/statements.js';
import type { StreamOptions } from './session/stream-options.js';
import type { Streamed } from './session/stream-rows.js';
import { Streams } from './session/streams.js';
import { shareWithTools } from './session/tool-access.js';
import type { DbTransaction } from './session/transaction.js';
import type { TransactionOptions } from './session/transaction-options.js';
import { Transactions, transactionTimeout } from './session/transactions.js';
import { connectWarm } from './session/warm-up.js';
import { protectionFixes } from './tls.js';

/** What closing the driver's own resources may take, after the pool is drained. */
const endpointCloseMs = 2_000;

const readConnect = optionsOf<ConnectOptions>('connect', { timeout: true, signal: true });
const readReady = optionsOf<ReadyOptions>('ready', { timeout: true, signal: true });

/**
 * A database behind a pool that keeps its deadlines, the same over PostgreSQL, MySQL and PGlite.
 *
 * Nothing connects before the first call. Close it when the service stops.
 *
 * @param driver - `postgres(pg)`, `mysql(mysql2)` or `pglite()`, from this package's subpaths.
 * @throws OptionsError for an unknown option or a value that cannot work.
 *
 * @example
 * const db = createDb(postgres(pg), { url: env.DATABASE_URL, pool: { max: 20, min: 5 }, logger });
 * await db.ready();
 * const user = await db.one(sql`select id, name from users where id = ${id}`);
 */
export function createDb<Connection extends object>(
  driver: Driver<Connection>,
  options: DbOptions<Connection>,
): Db {
  return openDb(driver, options);
}

/** As {@link createDb}, for a replica too: that it refuses writes is no reason to leave it. */
export function openDb<Connection extends object>(
  driver: Driver<Connection>,
  options: DbOptions<Connection>,
  { isReplica = false } = {},
): Db {
  const { url, name, tls, environment, maxPreparedStatements } = readDbOptions(options);
  const endpoint = driver.open({ url, connection: options.connection, name, tls, maxPreparedStatements });
  requireProtection('createDb', endpoint, environment, protectionFixes);
  const config = readDbOptions(options, endpoint);
  const { pool: poolConfig, deadline, leakAfterMs, clock, random, logger, metrics } = config;
  const { dialect, address } = endpoint;
  if (config.pipelining && endpoint.canPipeline !== true) {
    throw invalidOption('createDb', 'pipelining', 'left out: of the drivers only postgres(pg) can');
  }
  const observer = observeDb({
    name,
    address,
    pool: poolConfig,
    metrics,
    logger,
    clock,
    onEvent: config.onEvent,
  });
  const pool = new Pool<DriverConnection>({
    ...poolConfig,
    connect: connectWarm({
      connect: (signal) => endpoint.connect(signal),
      queries: config.warmUp,
      dialect,
      pool: name,
      logger,
    }),
    address,
    connectTimeoutMs: deadline.connectMs,
    clock,
    random,
    observer,
    onLostInUse: ({ holder }) => abandon(holder, lostInUse()),
  });
  const limits = readLimits(clock, deadline);
  const deadlines = new Deadlines(clock, { keepAlive: false }); // the open socket keeps the process alive
  const slowLog =
    config.slowQueryMs === undefined
      ? undefined
      : new SlowLog({ afterMs: config.slowQueryMs, dialect, pool: name, logger, clock });
  const statements = observeStatements({ system: endpoint.system, pool: name, address, metrics, slowLog });
  const failover = new Failover(dialect, pool, clock, () => observer.evicted(), isReplica);
  const context: LeaseContext = {
    dialect,
    pool,
    clock,
    deadlines,
    statements,
    afterRefusal: (lease, given) => failover.isConfirmed(lease, given),
  };
  const leaks =
    leakAfterMs === undefined
      ? undefined
      : new LeakWatch({
          clock,
          afterMs: leakAfterMs,
          report: (heldMs, stack) => observer.leaked(heldMs, stack),
        });
  const borrower = new Borrower(context, deadline.acquireMs);
  const lanes = config.pipelining
    ? new Lanes({ pool, clock, deadlines, max: poolConfig.max, acquireMs: deadline.acquireMs, statements })
    : undefined;
  const runStatement = new Statements({
    dialect,
    clock,
    limits,
    borrower,
    failover,
    lanes,
    onFailed: (error) => observer.failed(error),
  });
  const transactions = new Transactions({ dialect, clock, random, limits, borrower, failover });
  const ownContext: OwnConnectionContext = { dialect, limits, leaks };
  let closing: Promise<void> | undefined;

  // The driver builds rows from the server's own description; that they are a `Row` is the caller's claim.
  const runner = createRunner(dialect, (query, given) => runStatement.run(query, given) as Promise<never>);

  async function connect(given?: ConnectOptions): Promise<DbConnection> {
    const borrowing = leaks?.borrowed(connect);
    try {
      const whole = limits.ofWork(given === undefined ? {} : readConnect(given));
      const lease = borrower.tryBorrow(whole) ?? (await borrower.borrow(whole));
      lease.limit(whole, transactionTimeout);
      if (lease.over !== undefined) throw lease.over;
      return new OwnConnection(ownContext, lease, borrowing);
    } catch (error) {
      if (borrowing !== undefined) leaks?.returned(borrowing);
      observer.failed(error);
      throw error;
    }
  }

  async function transaction<T>(
    work: (tx: DbTransaction) => Promise<T>,
    given: TransactionOptions = {},
  ): Promise<T> {
    const borrowing = leaks?.borrowed(transaction);
    try {
      return await transactions.run(work, given);
    } catch (error) {
      observer.failed(error);
      throw error;
    } finally {
      if (borrowing !== undefined) leaks?.returned(borrowing);
    }
  }

  const failed = (error: unknown): void => observer.failed(error);
  const streams = new Streams({ dialect, limits, borrower, leaks, failed });

  const db: Db = {
    ...runner,
    address,

    stream: <Row>(query: Streamed<Row>, given?: StreamOptions) => streams.run(query, given),

    transaction,
    connect,

    async ready(given = {}) {
      const { timeout = '30s', signal } = readReady(given);
      const timeoutMs = parseDuration(timeout);
      const deadlineAt = clock.monotonic() + timeoutMs;
      pool.start();
      pool.release(await pool.acquire({ timeoutMs, signal }));
      if (config.budget !== undefined) await checkBudget(runner, config.budget);
      while (pool.stats.total < poolConfig.min) {
        if (clock.monotonic() >= deadlineAt) return; // it answers; the rest is warmed in the background
        await sleep(clock, 10, { signal });
      }
    },

    healthCheck: () => ({
      kind: 'remote',
      probe: async (signal) => {
        await runner.execute({ strings: ['select 1 as alive'], values: [] }, { signal });
        return { pool: pool.stats };
      },
    }),

    stats: () => pool.stats,

    close() {
      lanes?.close();
      closing ??= pool
        .close(deadline.drainMs, ({ holder }) => {
          abandon(holder, closedUnderWork());
          return undefined;
        })
        .then(async () => {
          leaks?.close();
          deadlines.cancel();
          await settlesWithin(endpoint.close(), endpointCloseMs, clock);
        });
      return closing;
    },

    [Symbol.asyncDispose]: () => db.close(),
  };

  shareWithTools(db, {
    dialect,
    limits,
    failed: (error) => observer.failed(error),
    borrow: async (whole) => borrower.tryBorrow(whole) ?? borrower.borrow(whole),
    timeoutError: transactionTimeout,
    leaks,
  });
  return db;
}
