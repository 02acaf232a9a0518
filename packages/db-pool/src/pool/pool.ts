import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { Alarm } from './alarm.js';
import { Connector } from './connector.js';
import { PoolExhaustedError, waitError } from './pool-errors.js';
import type { PoolObserver } from './pool-observer.js';
import type { PoolStats } from './pool-stats.js';
import { settlesWithin } from './settles-within.js';
import type { Loan, PoolConnection, Slot } from './slot.js';
import { Slots } from './slots.js';
import { abortedError, WaiterQueue } from './waiter-queue.js';

/** How long a goodbye, a check or a cancellation may take before the connection is destroyed instead. */
const politenessMs = 1_000;

/** Lifetimes are shortened at random by up to this part, so that connections born together do not die together. */
const lifetimeJitter = 0.1;

export interface PoolOptions<C extends PoolConnection> {
  readonly connect: (signal: AbortSignal) => Promise<C>;
  /** Host and port, for messages. */
  readonly address: string;
  readonly max: number;
  readonly min: number;
  readonly maxWaiting: number;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
  /** A connection that was idle longer is asked whether it still works before somebody gets it. */
  readonly validateAfterMs: number;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: PoolObserver;
}

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
  readonly #slots: Slots<C>;
  readonly #waiters: WaiterQueue<Loan<C>>;
  readonly #connector: Connector<C>;
  readonly #reaper: Alarm;
  #started = false;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(options: PoolOptions<C>) {
    this.#options = options;
    this.#slots = new Slots(options.clock);
    this.#waiters = new WaiterQueue(options.clock);
    this.#reaper = new Alarm(options.clock, () => this.#reap());
    this.#connector = new Connector({
      connect: options.connect,
      address: options.address,
      connectTimeoutMs: options.connectTimeoutMs,
      clock: options.clock,
      random: options.random,
      onConnected: (connection, createMs) => this.#adopt(connection, createMs),
      onIdle: () => this.#dispatch(),
      onDown: (error) => options.observer.wentDown(error),
      onUp: (failures, downMs) => options.observer.cameBack(failures, downMs),
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

  /**
   * Borrows a connection. Whoever gets one gives it back with `release` or `discard`, once.
   *
   * @throws PoolExhaustedError, ConnectionTimeoutError or ConnectionFailedError when the wait is over; DbError `aborted`
   * or `closed`.
   */
  async acquire({ timeoutMs, signal }: AcquireOptions): Promise<Loan<C>> {
    const { address, clock, maxWaiting, observer } = this.#options;
    if (this.#closing !== undefined) throw closedError();
    if (signal?.aborted === true) throw abortedError(signal);
    this.#started = true;
    if (this.#waiters.size >= maxWaiting) {
      const error = new PoolExhaustedError(this.stats, `${maxWaiting} callers wait already`);
      observer.gaveUp(error);
      throw error;
    }
    const ready = this.#takeFresh();
    if (ready !== undefined) {
      observer.acquired(0);
      this.#changed();
      return ready;
    }
    const askedAt = clock.monotonic();
    const turn = this.#waiters.wait({
      timeoutMs,
      signal,
      onTimeout: () => waitError({ address, timeoutMs, failure: this.#connector.failure, stats: this.stats }),
    });
    this.#dispatch();
    try {
      const loan = await turn;
      observer.acquired(clock.monotonic() - askedAt);
      return loan;
    } catch (error) {
      observer.gaveUp(error);
      this.#changed();
      throw error;
    }
  }

  /** Gives a clean connection back. */
  release(loan: Loan<C>): void {
    if (!this.#endUse(loan)) return;
    this.#makeIdle(loan.slot);
    this.#dispatch();
  }

  /** Gives a connection back that nobody may use again. Its place is free when `before` has settled, or after a second. */
  discard(loan: Loan<C>, before?: Promise<unknown>): void {
    before?.catch(() => undefined); // whether it is awaited or not, its failure has no consequence
    if (!this.#endUse(loan)) return;
    if (before === undefined) this.#forget(loan.slot);
    else void this.#closeAfter(loan.slot, before);
  }

  /**
   * Takes no new callers, serves those it has, and closes. Whatever still runs after `drainMs` is ended by `interrupt`
   * and destroyed, so this ends at most about a second later.
   */
  close(drainMs: number, interrupt: (connection: C) => Promise<unknown>): Promise<void> {
    this.#closing ??= this.#close(drainMs, interrupt);
    return this.#closing;
  }

  async #close(drainMs: number, interrupt: (connection: C) => Promise<unknown>): Promise<void> {
    const { clock } = this.#options;
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    // The field `#closing` is set when this first returns to the caller, and the rest must see it.
    await Promise.resolve();
    this.#dispatch();
    if (!(await settlesWithin(drained, drainMs, clock))) {
      this.#waiters.rejectAll(closedError);
      for (const slot of this.#slots.all()) {
        if (slot.loan !== undefined) this.discard(slot.loan, interrupt(slot.connection));
        else if (slot.state === 'checking') this.#forget(slot);
      }
      await settlesWithin(drained, politenessMs + 100, clock);
    }
    this.#connector.stop();
    this.#reaper.cancel();
    for (const slot of this.#slots.all()) this.#forget(slot);
  }

  /** Matches connections with callers, orders new ones, and closes what is not needed. Called after every change. */
  #dispatch(): void {
    this.#serve();
    const { max, min } = this.#options;
    const open = this.#closing === undefined;
    const lasting = this.#slots.lasting;
    const unserved = this.#waiters.size - this.#slots.count('checking');
    const missing = open && this.#started ? min - lasting : 0;
    this.#connector.want(Math.min(Math.max(unserved, missing), max - this.#slots.size));
    if (!open) this.#drain();
    this.#changed();
  }

  /** The short way for the common case: nobody waits, and a connection was in use a moment ago. */
  #takeFresh(): Loan<C> | undefined {
    const slot = this.#slots.freshest;
    if (slot === undefined || this.#waiters.size > 0 || !slot.connection.isOpen) return undefined;
    const now = this.#options.clock.monotonic();
    if (now >= slot.expiresAt || now - slot.since > this.#options.validateAfterMs) return undefined;
    return this.#lend(slot);
  }

  #lend(slot: Slot<C>): Loan<C> {
    const loan: Loan<C> = { connection: slot.connection, slot };
    this.#slots.move(slot, 'inUse');
    slot.loan = loan;
    return loan;
  }

  #serve(): void {
    while (this.#waiters.size > 0) {
      const slot = this.#slots.freshest;
      if (slot === undefined) return;
      const now = this.#options.clock.monotonic();
      if (!slot.connection.isOpen || now >= slot.expiresAt) this.#retire(slot);
      else if (now - slot.since <= this.#options.validateAfterMs) this.#handOut(slot);
      // The top one is the freshest. Those under check will serve too; more checks than callers only cost round trips.
      else if (this.#waiters.size > this.#slots.count('checking')) void this.#check(slot);
      else return;
    }
  }

  #handOut(slot: Slot<C>): void {
    const waiter = this.#waiters.first();
    if (waiter === undefined) {
      this.#makeIdle(slot);
      return;
    }
    waiter.serve(this.#lend(slot));
  }

  async #check(slot: Slot<C>): Promise<void> {
    this.#slots.move(slot, 'checking');
    const answer = slot.connection.ping().then(
      () => true,
      () => false,
    );
    const inTime = await settlesWithin(answer, politenessMs, this.#options.clock);
    if (slot.state !== 'checking') return;
    if (inTime && (await answer) && slot.connection.isOpen) this.#handOut(slot);
    else this.#forget(slot);
    this.#dispatch();
  }

  #adopt(connection: C, createMs: number): void {
    const { clock, maxLifetimeMs, random, observer } = this.#options;
    const now = clock.monotonic();
    const expiresAt = now + maxLifetimeMs * (1 - lifetimeJitter * random());
    const slot = this.#slots.add(connection, expiresAt);
    connection.onLost(() => this.#lost(slot));
    observer.connected(createMs);
    this.#makeIdle(slot);
    this.#dispatch();
  }

  /** A borrower finds out by its own query; every other connection goes at once. */
  #lost(slot: Slot<C>): void {
    if (slot.state === 'inUse' || slot.state === 'gone') return;
    this.#forget(slot);
  }

  #endUse(loan: Loan<C>): boolean {
    const { slot } = loan;
    if (slot.loan !== loan) return false;
    slot.loan = undefined;
    this.#options.observer.released(this.#options.clock.monotonic() - slot.since);
    return true;
  }

  #makeIdle(slot: Slot<C>): void {
    if (!slot.connection.isOpen) {
      this.#forget(slot);
      return;
    }
    if (this.#options.clock.monotonic() >= slot.expiresAt) {
      this.#retire(slot);
      return;
    }
    this.#slots.move(slot, 'idle');
    this.#armReaper();
  }

  /** Closes politely in the background. */
  #retire(slot: Slot<C>): void {
    if (slot.connection.isOpen) void this.#closeAfter(slot, slot.connection.close());
    else this.#forget(slot);
  }

  async #closeAfter(slot: Slot<C>, before: Promise<unknown>): Promise<void> {
    this.#slots.move(slot, 'closing');
    this.#changed();
    await settlesWithin(before, politenessMs, this.#options.clock);
    this.#forget(slot);
  }

  #forget(slot: Slot<C>): void {
    if (slot.state === 'gone') return;
    this.#slots.move(slot, 'gone');
    slot.connection.destroy();
    this.#dispatch();
  }

  #drain(): void {
    if (this.#waiters.size > 0) return;
    this.#connector.stop();
    for (const slot of [...this.#slots.idle]) this.#retire(slot);
    if (this.#slots.size === 0) this.#drained?.();
  }

  #armReaper(): void {
    if (this.#reaper.isSet || this.#slots.idle.length === 0) return;
    const now = this.#options.clock.monotonic();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots.idle) nextAt = Math.min(nextAt, this.#reapableAt(slot));
    // At least a second apart: `min` may keep connections beyond their idle time, and they must not spin the timer.
    this.#reaper.set(Math.max(nextAt - now, 1_000));
  }

  #reapableAt(slot: Slot<C>): number {
    return Math.min(slot.since + this.#options.idleTimeoutMs, slot.expiresAt);
  }

  #reap(): void {
    const now = this.#options.clock.monotonic();
    for (const slot of [...this.#slots.idle]) {
      const spare = this.#slots.lasting > this.#options.min;
      if (now >= slot.expiresAt || (spare && now >= this.#reapableAt(slot))) this.#retire(slot);
    }
    this.#dispatch();
    this.#armReaper();
  }

  #changed(): void {
    this.#options.observer.changed(this);
  }
}

function closedError(): DbError {
  return new DbError('closed', 'The database is closed: close() was called. Nothing can run on it any more.');
}
