import type { DriverConnection } from '../driver.js';
import type { Pool } from '../pool/pool.js';
import { Lease } from './lease.js';
import type { LeaseContext } from './lease-context.js';
import type { Limits } from './limits.js';

/** Borrows from the pool within the limits of the work that it is for. */
export class Borrower {
  readonly #pool: Pool<DriverConnection>;
  readonly #context: LeaseContext;
  readonly #acquireMs: number;

  constructor(context: LeaseContext, acquireMs: number) {
    this.#pool = context.pool;
    this.#context = context;
    this.#acquireMs = acquireMs;
  }

  /** At once, when a connection is idle and nobody waits. */
  tryBorrow({ signal }: Limits): Lease | undefined {
    if (signal?.aborted === true) return undefined; // which `borrow` refuses
    const loan = this.#pool.tryAcquire();
    return loan === undefined ? undefined : new Lease(this.#context, loan);
  }

  async borrow({ deadlineAt, signal }: Limits): Promise<Lease> {
    const remainingMs = Math.max(deadlineAt - this.#context.clock.monotonic(), 0);
    const loan = await this.#pool.acquire({ timeoutMs: Math.min(this.#acquireMs, remainingMs), signal });
    return new Lease(this.#context, loan);
  }
}
