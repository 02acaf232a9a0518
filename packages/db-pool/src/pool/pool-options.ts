import type { Clock } from '@seaworthy/contracts';
import type { PoolObserver } from './pool-observer.js';
import type { Loan, PoolConnection } from './slot.js';

/** How many connections there may be, and for how long. */
export interface PoolBounds {
  readonly max: number;
  readonly min: number;
  readonly maxWaiting: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  /** A connection that was idle longer is asked whether it still works before somebody gets it. */
  readonly validateAfterMs: number;
}

export interface PoolOptions<C extends PoolConnection> extends PoolBounds {
  readonly connect: (signal: AbortSignal) => Promise<C>;
  /** Host and port, for messages. */
  readonly address: string;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: PoolObserver;
  /** A borrowed connection is gone, and whoever has it did not give it back. */
  readonly onLostInUse?: ((loan: Loan<C>) => void) | undefined;
}
