import type { Clock } from '@seaworthy/contracts';
import { Farewells, politenessMs } from './farewells.js';
import { Reaper } from './reaper.js';
import { settlesWithin } from './settles-within.js';
import type { PoolConnection, Slot } from './slot.js';
import { Slots } from './slots.js';

/** Lifetimes are shortened at random by up to this part, so that connections born together do not die together. */
const lifetimeJitter = 0.1;

export interface StockOptions {
  readonly min: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly validateAfterMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** A connection has left, or it is time to see whether one is missing. */
  readonly onChange: () => void;
}

/** The connections themselves: which can be lent, which are to be checked before, and which have to go. */
export class Stock<C extends PoolConnection> {
  readonly slots = new Slots<C>();
  readonly farewells: Farewells<C>;
  readonly #options: StockOptions;
  readonly #reaper: Reaper<C>;
  /** Connections whose making began up to then are to be replaced. */
  #evictedAt = Number.NEGATIVE_INFINITY;

  constructor(options: StockOptions) {
    const { clock, min, idleTimeoutMs, onChange } = options;
    this.#options = options;
    this.farewells = new Farewells(this.slots, clock, onChange);
    this.#reaper = new Reaper({
      slots: this.slots,
      farewells: this.farewells,
      clock,
      min,
      idleTimeoutMs,
      onReaped: onChange,
    });
  }

  /** Takes in a connection whose making began at `bornAt`. */
  adopt(connection: C, bornAt: number): void {
    const { clock, maxLifetimeMs, random } = this.#options;
    const now = clock.monotonic();
    const expiresAt = now + maxLifetimeMs * (1 - lifetimeJitter * random());
    const slot: Slot<C> = { connection, bornAt, expiresAt, state: 'gone', loan: undefined, since: now };
    this.slots.add(slot);
    connection.onLost(() => this.#lost(slot));
    this.putBack(slot, now);
  }

  /** Nobody has it any more: it waits for the next one, or goes. */
  putBack(slot: Slot<C>, now: number): void {
    if (!slot.connection.isOpen) {
      this.farewells.forget(slot);
    } else if (now >= slot.expiresAt || this.isEvicted(slot)) {
      this.farewells.retire(slot);
    } else {
      this.slots.move(slot, 'idle', now);
      this.#reaper.arm(now);
    }
  }

  /** The one to lend next. What cannot be lent any more leaves on the way. */
  next(now: number): Slot<C> | undefined {
    for (;;) {
      const slot = this.slots.freshest;
      if (slot === undefined || (slot.connection.isOpen && now < slot.expiresAt)) return slot;
      this.farewells.retire(slot);
    }
  }

  /** Whether it can be lent without a check. */
  isFresh(slot: Slot<C>, now: number): boolean {
    const { isOpen } = slot.connection;
    return isOpen && now < slot.expiresAt && now - slot.since <= this.#options.validateAfterMs;
  }

  /** Asks the server whether the connection works. When it does, it stays in the state `checking` for the caller to lend. */
  async check(slot: Slot<C>): Promise<void> {
    const { clock } = this.#options;
    this.slots.move(slot, 'checking', clock.monotonic());
    const answer = slot.connection.ping().then(
      () => true,
      () => false,
    );
    const inTime = await settlesWithin(answer, politenessMs, clock);
    const works = inTime && (await answer) && slot.connection.isOpen;
    if (slot.state !== 'checking') return;
    if (this.isEvicted(slot)) this.farewells.retire(slot);
    else if (!works) this.farewells.forget(slot);
  }

  evict(): void {
    this.#evictedAt = this.#options.clock.monotonic();
    for (const slot of [...this.slots.idle]) this.farewells.retire(slot);
  }

  isEvicted({ bornAt }: Slot<C>): boolean {
    return bornAt <= this.#evictedAt;
  }

  /** No connection is closed any more because of its age. */
  stop(): void {
    this.#reaper.stop();
  }

  /** A borrower finds out by its own query; every other connection goes at once. */
  #lost(slot: Slot<C>): void {
    if (slot.state === 'inUse' || slot.state === 'gone') return;
    this.farewells.forget(slot);
  }
}
