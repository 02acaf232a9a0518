import type { Closable, DurationInput, HealthCheck } from '@seaworthy/contracts';
import type { PoolStats } from './pool/pool-stats.js';
import type { QueryRunner } from './session/runner.js';
import type { RowStreamer } from './session/stream-rows.js';
import type { DbTransaction } from './session/transaction.js';
import type { TransactionOptions } from './session/transaction-options.js';

export interface ConnectOptions {
  /** How long it may be kept. @defaultValue deadline.transaction */
  readonly timeout?: DurationInput;
  readonly signal?: AbortSignal | undefined;
}

/** A connection of one's own, for what belongs to a session: locks, settings, temporary tables. */
export interface DbConnection extends QueryRunner, RowStreamer {
  /**
   * Runs a text of several statements, as a migration file has them. It takes no values: never build it from input.
   * MySQL commits each schema change by itself.
   */
  script(text: string, options?: ConnectOptions): Promise<void>;
  /** Rolls back what is open, puts all settings back and returns the connection. Never rejects. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ReadyOptions {
  /** @defaultValue '30s' */
  readonly timeout?: DurationInput;
  readonly signal?: AbortSignal | undefined;
}

/** A database with its pool. */
export interface Db extends QueryRunner, RowStreamer, Closable {
  /** `host:port`, or the folder. Holds no credentials. */
  readonly address: string;
  /**
   * Runs `work` in a transaction on one connection: commits when it returns, rolls back when it throws.
   *
   * @throws what `work` throws; DbError `commit_unknown`, `transaction_aborted`, `transaction_timeout`.
   *
   * @example
   * await db.transaction(async (tx) => {
   *   await tx.exec(sql`update accounts set cents = cents - ${cents} where id = ${from}`);
   *   await tx.exec(sql`update accounts set cents = cents + ${cents} where id = ${to}`);
   * }, { isolation: 'serializable' });
   */
  transaction<T>(work: (tx: DbTransaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Borrows a connection. Give it back, or let `await using` do it. */
  connect(options?: ConnectOptions): Promise<DbConnection>;
  /**
   * Waits until the database answers and `pool.min` connections are open, trying again while it does not.
   *
   * @throws ConnectionFailedError or ConnectionTimeoutError that names host and port and the last failure.
   */
  ready(options?: ReadyOptions): Promise<void>;
  /** Passes when a statement runs. */
  healthCheck(): HealthCheck<'remote'>;
  stats(): PoolStats;
  /** Lets running work end for `deadline.drain`, then cancels it in the server and closes. Ends about 3 s after that at the latest. */
  close(): Promise<void>;
}
