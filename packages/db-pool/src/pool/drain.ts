import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { Connector } from './connector.js';
import { politenessMs } from './farewells.js';
import { settlesWithin } from './settles-within.js';
import type { Loan, PoolConnection } from './slot.js';
import type { Stock } from './stock.js';
import type { WaiterQueue } from './waiter-queue.js';

export interface DrainOptions<C extends PoolConnection> {
  readonly stock: Stock<C>;
  readonly waiters: WaiterQueue<Loan<C>>;
  readonly connector: Connector<C>;
  readonly clock: Clock;
  /** No new callers from here on: see what can go at once. */
  readonly onBegun: () => void;
  readonly discard: (loan: Loan<C>, before: Promise<unknown> | undefined) => void;
}

/** The end of a pool: those who are in are served, and in the end nothing is left open. */
export class Drain<C extends PoolConnection> {
  readonly #options: DrainOptions<C>;
  #closing: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;

  constructor(options: DrainOptions<C>) {
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#closing !== undefined;
  }

  /** As `Pool.close`; a second call waits for the same end. */
  close(drainMs: number, interrupt: (loan: Loan<C>) => Promise<unknown> | undefined): Promise<void> {
    this.#closing ??= this.#close(drainMs, interrupt);
    return this.#closing;
  }

  /** Closes what nobody uses or waits for any more. To be called after each change. */
  goOn(): void {
    const { waiters, connector } = this.#options;
    const { slots, farewells } = this.#options.stock;
    if (waiters.size > 0) return;
    connector.stop();
    for (const slot of [...slots.idle]) farewells.retire(slot);
    if (slots.size === 0) this.#onDrained?.();
  }

  async #close(drainMs: number, interrupt: (loan: Loan<C>) => Promise<unknown> | undefined): Promise<void> {
    const { stock, waiters, connector, clock, onBegun, discard } = this.#options;
    const { slots, farewells } = stock;
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    // `hasBegun` is true when this first returns to the caller, and the rest must see it.
    await Promise.resolve();
    onBegun();
    if (!(await settlesWithin(drained, drainMs, clock))) {
      waiters.rejectAll(closedError);
      for (const slot of slots.all()) {
        if (slot.loan !== undefined) discard(slot.loan, interrupt(slot.loan));
        else if (slot.state === 'checking') farewells.forget(slot);
      }
      await settlesWithin(drained, politenessMs + 100, clock);
    }
    connector.stop();
    stock.stop();
    for (const slot of slots.all()) farewells.forget(slot);
  }
}

export function closedError(): DbError {
  return new DbError('closed', 'The database is closed: close() was called. Nothing can run on it any more.');
}
