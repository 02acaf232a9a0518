import { Connector } from './connector.js';
import { closedError, Drain } from './drain.js';
import { Farewells, politenessMs } from './farewells.js';
import { PoolExhaustedError, waitError } from './pool-errors.js';
import type { PoolOptions } from './pool-options.js';
import type { PoolStats } from './pool-stats.js';
import { Reaper } from './reaper.js';
import { settlesWithin } from './settles-within.js';
import type { Loan, PoolConnection, Slot } from './slot.js';
import { Slots } from './slots.js';
import { abortedError, WaiterQueue } from './waiter-queue.js';

/** Lifetimes are shortened at random by up to this part, so that connections born together do not die together. */
const lifetimeJitter = 0.1;

export interface AcquireOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The pool itself: never more than `max` connections, callers served in the order they came, a bound on every wait.
 *
 * It knows neither SQL nor sockets, and takes time and randomness from outside, so that a simulation can drive it through
 * thousands of schedules and replay the one that failed.
 */
export class Pool<C extends PoolConnection> {
  readonly #options: PoolOptions<C>;
  readonly #slots = new Slots<C>();
  readonly #farewells: Farewells<C>;
  readonly #waiters: WaiterQueue<Loan<C>>;
  readonly #connector: Connector<C>;
  readonly #reaper: Reaper<C>;
  readonly #drain: Drain<C>;
  #started = false;
  /** Connections whose making began up to then are to be replaced. */
  #evictedAt = Number.NEGATIVE_INFINITY;

  constructor(options: PoolOptions<C>) {
    const { clock, random, observer } = options;
    this.#options = options;
    this.#farewells = new Farewells(this.#slots, clock, () => this.#dispatch());
    this.#waiters = new WaiterQueue(clock);
    this.#reaper = new Reaper({
      slots: this.#slots,
      farewells: this.#farewells,
      clock,
      min: options.min,
      idleTimeoutMs: options.idleTimeoutMs,
      onReaped: () => this.#dispatch(),
    });
    this.#connector = new Connector({
      connect: options.connect,
      address: options.address,
      connectTimeoutMs: options.connectTimeoutMs,
      clock,
      random,
      onConnected: (connection, bornAt) => this.#adopt(connection, bornAt),
      onIdle: () => this.#dispatch(),
      onDown: (error) => observer.wentDown(error),
      onUp: (failures, downMs) => observer.cameBack(failures, downMs),
    });
    this.#drain = new Drain({
      slots: this.#slots,
      farewells: this.#farewells,
      waiters: this.#waiters,
      connector: this.#connector,
      reaper: this.#reaper,
      clock,
      onBegun: () => this.#dispatch(),
      discard: (loan, before) => this.discard(loan, before),
    });
  }

  get stats(): PoolStats {
    return {
      total: this.#slots.size,
      idle: this.#slots.count('idle'),
      inUse: this.#slots.count('inUse'),
      connecting: this.#connector.connecting,
      waiting: this.#waiters.size,
      max: this.#options.max,
    };
  }

  /** The last attempt's failure while the server is down. */
  get failure(): { readonly error: unknown; readonly failures: number } | undefined {
    return this.#connector.failure;
  }

  /** Begins to keep `min` connections open. The first `acquire` does it too. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#dispatch();
  }

  /** Borrows a connection that was in use a moment ago, when there is one and nobody waits. */
  tryAcquire(): Loan<C> | undefined {
    const slot = this.#slots.freshest;
    if (slot === undefined || this.#waiters.size > 0 || this.#drain.hasBegun) return undefined;
    const now = this.#options.clock.monotonic();
    if (!slot.connection.isOpen || !this.#isFresh(slot, now)) return undefined;
    const loan = this.#lend(slot, now);
    this.#options.observer.acquired(0);
    this.#changed();
    return loan;
  }

  /**
   * Borrows a connection. Whoever gets one gives it back with `release` or `discard`, once.
   *
   * @throws PoolExhaustedError, ConnectionTimeoutError or ConnectionFailedError when the wait is over; DbError `aborted`
   * or `closed`.
   */
  async acquire({ timeoutMs, signal }: AcquireOptions): Promise<Loan<C>> {
    const { address, clock, maxWaiting, observer } = this.#options;
    if (this.#drain.hasBegun) throw closedError();
    if (signal?.aborted === true) throw abortedError(signal);
    this.#started = true;
    const ready = this.tryAcquire();
    if (ready !== undefined) return ready;
    if (this.#waiters.size >= maxWaiting) {
      const error = new PoolExhaustedError(this.stats, `${maxWaiting} callers wait already`);
      observer.gaveUp(error);
      throw error;
    }
    const askedAt = clock.monotonic();
    const turn = this.#waiters.wait({
      since: askedAt,
      timeoutMs,
      signal,
      onTimeout: () => waitError({ address, timeoutMs, failure: this.#connector.failure, stats: this.stats }),
    });
    this.#dispatch();
    try {
      const loan = await turn;
      observer.acquired(loan.since - askedAt);
      return loan;
    } catch (error) {
      observer.gaveUp(error);
      this.#changed();
      throw error;
    }
  }

  /** Gives a clean connection back. */
  release(loan: Loan<C>): void {
    const now = this.#options.clock.monotonic();
    if (!this.#endUse(loan, now)) return;
    this.#makeIdle(loan.slot, now);
    if (this.#waiters.size > 0 || this.#drain.hasBegun) this.#dispatch();
    else this.#changed();
  }

  /** Gives a connection back that nobody may use again. Its place is free when `before` has settled, or after a second. */
  discard(loan: Loan<C>, before?: Promise<unknown>): void {
    before?.catch(() => undefined); // whether it is awaited or not, its failure has no consequence
    if (!this.#endUse(loan, this.#options.clock.monotonic())) return;
    if (before === undefined) this.#farewells.forget(loan.slot);
    else this.#farewells.closeAfter(loan.slot, before);
  }

  /** Replaces every connection there is: idle ones now, those in use when they come back, those being made when they are. */
  evict(): void {
    this.#evictedAt = this.#options.clock.monotonic();
    for (const slot of [...this.#slots.idle]) this.#farewells.retire(slot);
    this.#dispatch();
  }

  /** Whether the connection belongs to those that were evicted. */
  isEvicted({ slot }: Loan<C>): boolean {
    return slot.bornAt <= this.#evictedAt;
  }

  /**
   * Takes no new callers, serves those it has, and closes. Whatever still runs after `drainMs` is ended by `interrupt`
   * and destroyed, so this ends at most about a second later.
   */
  close(drainMs: number, interrupt: (loan: Loan<C>) => Promise<unknown> | undefined): Promise<void> {
    return this.#drain.close(drainMs, interrupt);
  }

  /** Matches connections with callers, orders new ones, and closes what is not needed. Called after every change. */
  #dispatch(): void {
    this.#serve();
    const { max, min } = this.#options;
    const open = !this.#drain.hasBegun;
    const unserved = this.#waiters.size - this.#slots.count('checking');
    const missing = open && this.#started ? min - this.#slots.lasting : 0;
    this.#connector.want(Math.min(Math.max(unserved, missing), max - this.#slots.size));
    if (!open) this.#drain.goOn();
    this.#changed();
  }

  #serve(): void {
    while (this.#waiters.size > 0) {
      const slot = this.#slots.freshest;
      if (slot === undefined) return;
      const now = this.#options.clock.monotonic();
      if (!slot.connection.isOpen || now >= slot.expiresAt) this.#farewells.retire(slot);
      else if (this.#isFresh(slot, now)) this.#handOut(slot, now);
      // The top one is the freshest. Those under check will serve too; more checks than callers only cost round trips.
      else if (this.#waiters.size > this.#slots.count('checking')) void this.#check(slot);
      else return;
    }
  }

  /** Whether it can be lent without a check. */
  #isFresh(slot: Slot<C>, now: number): boolean {
    return now < slot.expiresAt && now - slot.since <= this.#options.validateAfterMs;
  }

  #lend(slot: Slot<C>, now: number): Loan<C> {
    const loan: Loan<C> = { connection: slot.connection, slot, since: now, holder: undefined };
    this.#slots.move(slot, 'inUse', now);
    slot.loan = loan;
    return loan;
  }

  #handOut(slot: Slot<C>, now: number): void {
    const waiter = this.#waiters.first();
    if (waiter === undefined) this.#makeIdle(slot, now);
    else waiter.serve(this.#lend(slot, now));
  }

  async #check(slot: Slot<C>): Promise<void> {
    const { clock } = this.#options;
    this.#slots.move(slot, 'checking', clock.monotonic());
    const answer = slot.connection.ping().then(
      () => true,
      () => false,
    );
    const inTime = await settlesWithin(answer, politenessMs, clock);
    if (slot.state !== 'checking') return;
    const works = inTime && (await answer) && slot.connection.isOpen;
    if (slot.bornAt <= this.#evictedAt) this.#farewells.retire(slot);
    else if (works) this.#handOut(slot, clock.monotonic());
    else this.#farewells.forget(slot);
    this.#dispatch();
  }

  #adopt(connection: C, bornAt: number): void {
    const { clock, maxLifetimeMs, random, observer } = this.#options;
    const now = clock.monotonic();
    const expiresAt = now + maxLifetimeMs * (1 - lifetimeJitter * random());
    const slot: Slot<C> = { connection, bornAt, expiresAt, state: 'gone', loan: undefined, since: now };
    this.#slots.add(slot);
    connection.onLost(() => this.#lost(slot));
    observer.connected(now - bornAt);
    this.#makeIdle(slot, now);
    this.#dispatch();
  }

  /** A borrower finds out by its own query; every other connection goes at once. */
  #lost(slot: Slot<C>): void {
    if (slot.state === 'inUse' || slot.state === 'gone') return;
    this.#farewells.forget(slot);
  }

  #endUse(loan: Loan<C>, now: number): boolean {
    const { slot } = loan;
    if (slot.loan !== loan) return false;
    slot.loan = undefined;
    this.#options.observer.released(now - loan.since);
    return true;
  }

  #makeIdle(slot: Slot<C>, now: number): void {
    if (!slot.connection.isOpen) {
      this.#farewells.forget(slot);
      return;
    }
    if (now >= slot.expiresAt || slot.bornAt <= this.#evictedAt) {
      this.#farewells.retire(slot);
      return;
    }
    this.#slots.move(slot, 'idle', now);
    this.#reaper.arm(now);
  }

  #changed(): void {
    this.#options.observer.changed(this);
  }
}
