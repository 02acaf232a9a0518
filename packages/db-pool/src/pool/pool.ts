import { Connector } from './connector.js';
import { closedError, Drain } from './drain.js';
import { PoolExhaustedError, waitError } from './pool-errors.js';
import type { PoolOptions } from './pool-options.js';
import type { PoolStats } from './pool-stats.js';
import type { Loan, PoolConnection, Slot } from './slot.js';
import { Stock } from './stock.js';
import { abortedError, WaiterQueue } from './waiter-queue.js';

/**
 * A check that takes longer will most likely get no answer, and what rested beside it neither: firewalls drop all that was quiet, and tell
 * nobody. From then on callers count on new connections too.
 */
const checkMs = 200;

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
  readonly #stock: Stock<C>;
  readonly #waiters: WaiterQueue<Loan<C>>;
  readonly #connector: Connector<C>;
  readonly #drain: Drain<C>;
  #started = false;
  /** Checks that take too long. */
  #stalled = 0;

  constructor(options: PoolOptions<C>) {
    const { clock, random, observer } = options;
    this.#options = options;
    this.#stock = new Stock({ ...options, onChange: () => this.#dispatch() });
    this.#waiters = new WaiterQueue(clock);
    this.#connector = new Connector({
      connect: options.connect,
      address: options.address,
      connectTimeoutMs: options.connectTimeoutMs,
      clock,
      random,
      onConnected: (connection, bornAt) => {
        observer.connected(clock.monotonic() - bornAt);
        this.#stock.adopt(connection, bornAt);
        this.#dispatch();
      },
      onIdle: () => this.#dispatch(),
      onDown: (error) => observer.wentDown(error),
      onUp: (failures, downMs) => observer.cameBack(failures, downMs),
    });
    this.#drain = new Drain({
      stock: this.#stock,
      waiters: this.#waiters,
      connector: this.#connector,
      clock,
      onBegun: () => this.#dispatch(),
      discard: (loan, before) => this.discard(loan, before),
    });
  }

  get stats(): PoolStats {
    const { slots } = this.#stock;
    return {
      total: slots.size,
      idle: slots.count('idle'),
      inUse: slots.count('inUse'),
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
    const slot = this.#stock.slots.freshest;
    if (slot === undefined || this.#waiters.size > 0 || this.#drain.hasBegun) return undefined;
    const now = this.#options.clock.monotonic();
    if (!this.#stock.isFresh(slot, now)) return undefined;
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
    this.#stock.putBack(loan.slot, now);
    if (this.#waiters.size > 0 || this.#drain.hasBegun) this.#dispatch();
    else this.#changed();
  }

  /** Gives a connection back that nobody may use again. Its place is free when `before` has settled, or after a second. */
  discard(loan: Loan<C>, before?: Promise<unknown>): void {
    before?.catch(() => undefined); // whether it is awaited or not, its failure has no consequence
    const now = this.#options.clock.monotonic();
    if (!this.#endUse(loan, now)) return;
    if (!loan.connection.isOpen) this.#stock.suspect(now);
    if (before === undefined) this.#stock.farewells.forget(loan.slot);
    else this.#stock.farewells.closeAfter(loan.slot, before);
  }

  /** Replaces every connection there is: idle ones now, those in use when they come back, those being made when they are. */
  evict(): void {
    this.#stock.evict();
    this.#dispatch();
  }

  /** Whether the connection belongs to those that were evicted. */
  isEvicted({ slot }: Loan<C>): boolean {
    return this.#stock.isEvicted(slot);
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
    const { slots } = this.#stock;
    const open = !this.#drain.hasBegun;
    const unserved = this.#waiters.size - (this.#stalled > 0 ? 0 : slots.count('checking'));
    const missing = open && this.#started ? min - slots.lasting : 0;
    this.#connector.want(Math.min(Math.max(unserved, missing), max - slots.size));
    if (!open) this.#drain.goOn();
    this.#changed();
  }

  #serve(): void {
    while (this.#waiters.size > 0) {
      const now = this.#options.clock.monotonic();
      const slot = this.#stock.next(now);
      if (slot === undefined) return;
      if (this.#stock.isFresh(slot, now)) this.#handOut(slot, now);
      // The top one is the freshest. Those under check will serve too; more checks than callers only cost round trips.
      else if (this.#waiters.size > this.#stock.slots.count('checking') - this.#stalled)
        void this.#check(slot);
      else return;
    }
  }

  async #check(slot: Slot<C>): Promise<void> {
    let isStalled = false;
    const late = this.#options.clock.schedule(() => {
      isStalled = true;
      this.#stalled += 1;
      this.#dispatch();
    }, checkMs);
    await this.#stock.check(slot);
    late.cancel();
    if (isStalled) this.#stalled -= 1;
    if (slot.state === 'checking') this.#handOut(slot, this.#options.clock.monotonic());
    this.#dispatch();
  }

  #handOut(slot: Slot<C>, now: number): void {
    const waiter = this.#waiters.first();
    if (waiter === undefined) this.#stock.putBack(slot, now);
    else waiter.serve(this.#lend(slot, now));
  }

  #lend(slot: Slot<C>, now: number): Loan<C> {
    const loan: Loan<C> = { connection: slot.connection, slot, since: now, holder: undefined };
    this.#stock.slots.move(slot, 'inUse', now);
    slot.loan = loan;
    return loan;
  }

  #endUse(loan: Loan<C>, now: number): boolean {
    const { slot } = loan;
    if (slot.loan !== loan) return false;
    slot.loan = undefined;
    this.#options.observer.released(now - loan.since);
    return true;
  }

  #changed(): void {
    this.#options.observer.changed(this);
  }
}
