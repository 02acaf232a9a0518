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

function describe(pool: PoolStats): string {
  return `${pool.inUse} of ${pool.max} in use, ${pool.idle} idle, ${pool.connecting} connecting, ${pool.waiting} waiting`;
}
