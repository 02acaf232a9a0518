import type {
  BytesInput,
  Clock,
  Closable,
  DurationInput,
  Logger,
  Metrics,
  SqlQuery,
} from '@seaworthy/contracts';
import type { RowReader } from '../session/row-reader.js';
import type { ExecResult, QueryOptions } from '../session/runner.js';
import type { DbTransaction } from '../session/transaction.js';
import type { TransactionOptions } from '../session/transaction-options.js';
import type { InvalidationBus } from './invalidation-bus.js';

export interface QueryCacheOptions {
  /** How long an answer is kept, less up to 10 % at random so that many do not expire together. @defaultValue '60s' */
  readonly ttl?: DurationInput;
  /** What all answers may take together, keys and bookkeeping included. @defaultValue '64mb' */
  readonly maxBytes?: BytesInput;
  /** @defaultValue 10000 */
  readonly maxEntries?: number;
  /** Carries invalidations to the other processes. @defaultValue none: this process only */
  readonly bus?: InvalidationBus | undefined;
  /** Where on the bus; processes with the same database share it. @defaultValue 'seaworthy:query-cache' */
  readonly channel?: string;
  /** What the metrics call this cache. @defaultValue 'seaworthy' */
  readonly name?: string;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue silent */
  readonly metrics?: Metrics;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
  /** From 0 up to, not including, 1. @defaultValue Math.random */
  readonly random?: () => number;
}

export interface CachedQueryOptions extends QueryOptions {
  /** What the answer is made of: the names that writes invalidate. @defaultValue [] */
  readonly tags?: readonly string[];
  /** The oldest answer that this caller takes, and how long the one it loads is kept. @defaultValue the cache's */
  readonly ttl?: DurationInput;
}

export interface CachedWriteOptions extends QueryOptions {
  /** Tags whose answers are dropped when the statement has ended, whatever its outcome. @defaultValue [] */
  readonly invalidates?: readonly string[];
}

/** A transaction: its reads go to the database, and what it invalidates is dropped when it has ended. */
export interface CachedTransaction extends DbTransaction {
  /** Drops these tags' answers when the transaction has ended, whatever its outcome. */
  invalidate(...tags: readonly string[]): void;
  transaction<T>(work: (tx: CachedTransaction) => Promise<T>): Promise<T>;
}

export interface QueryCacheStats {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Callers that waited for another one's statement. */
  readonly coalesced: number;
  readonly evictions: number;
  /** Of all reads so far, the share that no statement was waited for; 0 before the first one. */
  readonly hitRatio: number;
  /** Whether answers are kept: not while the bus is down. */
  readonly isKeeping: boolean;
}

/**
 * Answers of reading statements, kept until their time is over or a write invalidates them. Rows are the caller's own: changing
 * them changes nobody else's. A statement that does not only read is refused: DbError `invalid_value`.
 */
export interface QueryCache extends RowReader<CachedQueryOptions>, Closable {
  /** Runs a writing statement, then invalidates. */
  exec(query: SqlQuery, options?: CachedWriteOptions): Promise<ExecResult>;
  /** As `db.transaction`; `tx.invalidate` takes effect when it has ended. */
  transaction<T>(work: (tx: CachedTransaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Drops the answers that have one of these tags, here at once and in the other processes as soon as the bus delivers. */
  invalidate(...tags: readonly string[]): void;
  /** Drops everything, everywhere. */
  clear(): void;
  stats(): QueryCacheStats;
  /** Leaves the bus after sending what is left, and drops everything. The database stays open. */
  close(): Promise<void>;
}
