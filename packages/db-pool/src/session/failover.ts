import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { DriverConnection } from '../driver.js';
import type { Loan as PoolLoan } from '../pool/slot.js';

type DriverLoan = PoolLoan<DriverConnection>;

/** When the new connections lead to a read-only server too, they are not replaced again before this, doubled each time. */
const pause = { firstMs: 5_000, maxMs: 60_000 } as const;

/** MySQL's number for a write in a transaction that was begun as read-only: the server is fine. */
const readOnlyTransaction = 1792;

/** The part of a pool that is needed. */
export interface EvictablePool<Loan> {
  isEvicted(loan: Loan): boolean;
  evict(): void;
}

/**
 * Notices that the server behind the connections became read-only, as the old primary does in a failover, and replaces all of
 * them: the name leads to the new primary by then, but an open connection stays where it is.
 */
export class Failover<Loan = DriverLoan> {
  readonly #pool: EvictablePool<Loan>;
  readonly #clock: Clock;
  readonly #onEvict: () => void;
  #pauseMs: number = pause.firstMs;
  #evictedAt = Number.NEGATIVE_INFINITY;

  constructor(pool: EvictablePool<Loan>, clock: Clock, onEvict: () => void) {
    this.#pool = pool;
    this.#clock = clock;
    this.#onEvict = onEvict;
  }

  /** Whether `error` says so, and what was refused may be tried on a new connection. Nothing of it took effect. */
  isFor(error: unknown, { loan }: { readonly loan: Loan }): boolean {
    if (!DbError.is(error) || error.kind !== 'readonly' || error.errno === readOnlyTransaction) return false;
    if (this.#pool.isEvicted(loan)) return true;
    const now = this.#clock.monotonic();
    const since = now - this.#evictedAt;
    if (since < this.#pauseMs) return false;
    this.#pauseMs = since > 2 * this.#pauseMs ? pause.firstMs : Math.min(2 * this.#pauseMs, pause.maxMs);
    this.#evictedAt = now;
    this.#onEvict();
    this.#pool.evict();
    return true;
  }
}
