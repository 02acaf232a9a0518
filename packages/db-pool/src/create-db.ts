import { optionsOf, parseDuration, sleep } from '@seaworthy/contracts';
import type { ConnectOptions, Db, DbConnection, ReadyOptions } from './db.js';
import { DbError } from './db-error.js';
import { observeDb } from './db-metrics.js';
import { type DbOptions, readDbOptions } from './db-options.js';
import type { Driver, DriverConnection } from './driver.js';
import { Pool } from './pool/pool.js';
import { settlesWithin } from './pool/settles-within.js';
import { Lease, type Limits } from './session/lease.js';
import { createRunner, type QueryOptions } from './session/runner.js';
import { type DbTransaction, runTransaction } from './session/transaction.js';
import { readTransactionOptions, type TransactionMode } from './session/transaction-options.js';
import { withRetries } from './session/with-retries.js';
import { compile } from './sql/compile.js';
import { requireProtection } from './tls.js';

/** What closing the driver's own resources may take, after the pool is drained. */
const endpointCloseMs = 2_000;

const readQuery = optionsOf<QueryOptions>('query', { timeout: true, signal: true });
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
  const { url, name, tls, environment } = readDbOptions(options);
  const endpoint = driver.open({ url, connection: options.connection, name, tls });
  requireProtection('createDb', endpoint, environment);
  const { pool: poolConfig, deadline, clock, random, logger, metrics } = readDbOptions(options, endpoint);
  const { dialect, address } = endpoint;
  const observer = observeDb(name, address, metrics, logger);
  const pool = new Pool<DriverConnection>({
    ...poolConfig,
    connect: (signal) => endpoint.connect(signal),
    address,
    connectTimeoutMs: deadline.connectMs,
    clock,
    random,
    observer,
  });
  /** Who has a connection, for the end: whoever is left then hears why at once. */
  const leases = new WeakMap<DriverConnection, Lease>();
  let closing: Promise<void> | undefined;

  const limitsFor = (timeoutMs: number, signal: AbortSignal | undefined): Limits => ({
    deadlineAt: clock.monotonic() + timeoutMs,
    signal,
  });

  const queryLimits = (given: QueryOptions = {}): Limits => {
    const { timeout, signal } = readQuery(given);
    return limitsFor(timeout === undefined ? deadline.queryMs : parseDuration(timeout), signal);
  };

  async function borrow({ deadlineAt, signal }: Limits): Promise<Lease> {
    const remainingMs = Math.max(deadlineAt - clock.monotonic(), 0);
    const loan = await pool.acquire({ timeoutMs: Math.min(deadline.acquireMs, remainingMs), signal });
    const lease = new Lease(pool, loan, clock);
    leases.set(lease.connection, lease);
    return lease;
  }

  const runner = createRunner(dialect, (query, given) =>
    counted(async () => {
      const limits = queryLimits(given);
      const statement = compile(query, dialect);
      const lease = await borrow(limits);
      try {
        // The driver builds rows from the server's own description; that they are a `Row` is the caller's claim.
        return (await lease.query(statement, limits)) as never;
      } finally {
        void lease.release();
      }
    }),
  );

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      observer.failed(error);
      throw error;
    }
  }

  async function attemptTransaction<T>(
    work: (tx: DbTransaction) => Promise<T>,
    { isolation, readOnly }: TransactionMode,
    limits: Limits,
  ): Promise<T> {
    const lease = await borrow(limits);
    const stop = endAtLimits(lease, limits);
    try {
      return await runTransaction(
        { lease, dialect, isolation, readOnly, limits, limitsOf: queryLimits },
        work,
      );
    } finally {
      stop();
      void lease.release();
    }
  }

  /** Gives the connection up when the time is over, even while no statement runs on it. */
  function endAtLimits(lease: Lease, { deadlineAt, signal }: Limits): () => void {
    const onAbort = (): void =>
      lease.abandon(new DbError('aborted', 'The caller aborted the transaction.', { cause: signal?.reason }));
    const timer = clock.schedule(() => lease.abandon(transactionTimeout()), deadlineAt - clock.monotonic());
    signal?.addEventListener('abort', onAbort, { once: true });
    return () => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
  }

  const db: Db = {
    ...runner,
    address,

    transaction: (work, given = {}) =>
      counted(async () => {
        const { attempts, timeout, signal, ...mode } = readTransactionOptions(given);
        const limits = limitsFor(
          timeout === undefined ? deadline.transactionMs : parseDuration(timeout),
          signal,
        );
        const retry = { attempts, clock, random, limits };
        return withRetries(retry, () => attemptTransaction(work, mode, limits));
      }),

    connect: (given = {}) =>
      counted(async () => {
        const { timeout, signal } = readConnect(given);
        const limits = limitsFor(
          timeout === undefined ? deadline.transactionMs : parseDuration(timeout),
          signal,
        );
        const lease = await borrow(limits);
        return ownConnection(lease, endAtLimits(lease, limits));
      }),

    async ready(given = {}) {
      const { timeout = '30s', signal } = readReady(given);
      const timeoutMs = parseDuration(timeout);
      const deadlineAt = clock.monotonic() + timeoutMs;
      pool.start();
      pool.release(await pool.acquire({ timeoutMs, signal }));
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
      closing ??= pool
        .close(deadline.drainMs, async (connection) => leases.get(connection)?.abandon(closedUnderWork()))
        .then(async () => void (await settlesWithin(endpoint.close(), endpointCloseMs, clock)));
      return closing;
    },

    [Symbol.asyncDispose]: () => db.close(),
  };

  function ownConnection(lease: Lease, stop: () => void): DbConnection {
    // Whatever was done on it, the next borrower starts afresh: a changed setting cannot be seen from outside.
    lease.markSessionChanged();
    const connectionRunner = createRunner(
      dialect,
      // As above: rows are what the server described.
      async (query, given) => (await lease.query(compile(query, dialect), queryLimits(given))) as never,
    );
    const release = async (): Promise<void> => {
      stop();
      await lease.release();
    };
    return {
      ...connectionRunner,
      script: (text, given = {}) => {
        const { timeout, signal } = readConnect(given);
        return lease.script(
          text,
          limitsFor(timeout === undefined ? deadline.transactionMs : parseDuration(timeout), signal),
        );
      },
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  return db;
}

function transactionTimeout(): DbError {
  return new DbError(
    'transaction_timeout',
    'The transaction reached its deadline and was rolled back. Keep other work, such as HTTP calls, out of it, or raise the timeout.',
  );
}

function closedUnderWork(): DbError {
  return new DbError(
    'closed',
    'The database was closed before this had ended; it was cancelled in the server. Raise deadline.drain to give it longer.',
  );
}
