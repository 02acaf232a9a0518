import type { Clock } from '@seaworthy/contracts';
import { Farewells, politenessMs } from './farewells.js';
import { Reaper } from './reaper.js';
import { settlesWithin } from './settles-within.js';
import type { Loan, PoolConnection, Slot } from './slot.js';
import { Slots } from './slots.js';

/** Lifetimes are shortened at random by up to this part, so that connections born together do not die together. */
const lifetimeJitter = 0.1;

/** What dies of one cause is not heard of at once, and an answer may still come in between. */
const oneCauseMs = 100;

export interface StockOptions<C extends PoolConnection> {
  readonly min: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly validateAfterMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** A connection has left, or it is time to see whether one is missing. */
  readonly onChange: () => void;
  /** Whoever has this connection waits for nothing: it is gone. */
  readonly onLostInUse?: ((loan: Loan<C>) => void) | undefined;
}

/** The connections themselves: which can be lent, which are to be checked before, and which have to go. */
export class Stock<C extends PoolConnection> {
  readonly slots = new Slots<C>();
  readonly farewells: Farewells<C>;
  readonly #options: StockOptions<C>;
  readonly #reaper: Reaper<C>;
  /** Connections whose making began up to then are to be replaced. */
  #evictedAt = Number.NEGATIVE_INFINITY;
  /** When a connection was last lost: those that rest since before may be lost too, and nobody heard of it yet. */
  #suspectAt = Number.NEGATIVE_INFINITY;

  constructor(options: StockOptions<C>) {
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
    if (!connection.isOpen) {
      // Lost in the moment since it was made: it never had a place.
      this.suspect(now);
      connection.destroy();
      return;
    }
    const expiresAt = now + maxLifetimeMs * (1 - lifetimeJitter * random());
    const slot: Slot<C> = { connection, bornAt, expiresAt, state: 'gone', loan: undefined, since: now };
    this.slots.add(slot);
    connection.onLost(() => this.#lost(slot));
    this.putBack(slot, now);
  }

  /** Nobody has it any more: it waits for the next one, or goes. */
  putBack(slot: Slot<C>, now: number): void {
    if (!slot.connection.isOpen) {
      this.suspect(now);
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
    return (
      isOpen &&
      now < slot.expiresAt &&
      now - slot.since <= this.#options.validateAfterMs &&
      slot.since > this.#suspectAt + oneCauseMs
    );
  }

  /** A connection was lost: whatever rests is checked before it is lent, as a server that died took all of them. */
  suspect(now: number): void {
    this.#suspectAt = now;
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

  #lost(slot: Slot<C>): void {
    this.suspect(this.#options.clock.monotonic());
    if (slot.state === 'gone') return;
    const { loan } = slot;
    if (loan === undefined) this.farewells.forget(slot);
    // A statement that is under way fails by itself, and says it better; its holder gives the connection back then.
    else setImmediate(() => slot.loan === loan && this.#options.onLostInUse?.(loan));
  }
}
