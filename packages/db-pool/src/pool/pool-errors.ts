import { DbError } from '../db-error.js';
import type { PoolStats } from './pool-stats.js';

/** Every connection stayed in use for as long as the caller could wait. `kind` is `'acquire_timeout'`. */
export class PoolExhaustedError extends DbError {
  static override readonly kind: string = 'PoolExhaustedError';

  readonly pool: PoolStats;

  constructor(pool: PoolStats, reason: string) {
    super(
      'acquire_timeout',
      `Connection pool exhausted: ${reason} (${describe(pool)}). Look for transactions that are held too long before you raise pool.max.`,
    );
    this.pool = pool;
  }
}

/** The server neither accepted nor refused a connection in time. `kind` is `'connect_timeout'`. */
export class ConnectionTimeoutError extends DbError {
  static override readonly kind: string = 'ConnectionTimeoutError';

  readonly pool: PoolStats | undefined;

  constructor(address: string, waitedMs: number, pool?: PoolStats) {
    super(
      'connect_timeout',
      `Connection timeout: ${address} did not complete a connection within ${Math.round(waitedMs)} ms${
        pool === undefined ? '' : ` (${describe(pool)})`
      }. Check that the server is up and reachable.`,
    );
    this.pool = pool;
  }
}

/** The server refused, is down or cannot be found. `kind` is `'unavailable'`; the cause is the last attempt's failure. */
export class ConnectionFailedError extends DbError {
  static override readonly kind: string = 'ConnectionFailedError';

  /** What the last attempt ran into: `ECONNREFUSED`, `authentication was refused (28P01)`. */
  readonly reason: string;

  constructor(address: string, reason: string, cause?: unknown) {
    super(
      'unavailable',
      `Database connection failed: ${address}: ${reason.replace(/\.$/, '')}. Check that the server is running and that host, port and credentials are right.`,
      { cause },
    );
    this.reason = reason;
  }
}

/** What a caller waited for in vain, from what is known when its time is over. */
export function waitError(wait: {
  readonly address: string;
  readonly timeoutMs: number;
  readonly stats: PoolStats;
  readonly failure: { readonly error: unknown; readonly failures: number } | undefined;
}): DbError {
  const { address, stats, failure } = wait;
  const timeoutMs = Math.round(wait.timeoutMs);
  if (failure !== undefined) {
    const reason = `no connection within ${timeoutMs} ms, ${failure.failures} attempts failed: ${reasonOf(failure.error)}`;
    return new ConnectionFailedError(address, reason, failure.error);
  }
  return stats.inUse >= stats.max
    ? new PoolExhaustedError(stats, `no connection became free within ${timeoutMs} ms`)
    : new ConnectionTimeoutError(address, timeoutMs, stats);
}

function reasonOf(error: unknown): string {
  if (ConnectionFailedError.is(error)) return error.reason;
  return error instanceof Error ? error.message : 'unknown reason';
}

function describe(pool: PoolStats): string {
  return `${pool.inUse} of ${pool.max} in use, ${pool.idle} idle, ${pool.connecting} connecting, ${pool.waiting} waiting`;
}
