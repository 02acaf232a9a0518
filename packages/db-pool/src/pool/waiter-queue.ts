import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { Deadlines, type Expiring, unwatched } from './deadlines.js';
import { onAbort } from './on-abort.js';

export interface WaitOptions {
  /** When the wait began and how long it may last. */
  readonly since: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Makes the error at the moment when the wait is over. */
  readonly onTimeout: () => unknown;
}

/** Callers in the order in which they came. Each leaves exactly once: served, timed out, aborted or turned away. */
export class WaiterQueue<T> {
  // A Set keeps insertion order and forgets a waiter from the middle in constant time.
  readonly #waiters = new Set<Waiter<T>>();
  readonly #deadlines: Deadlines;

  constructor(clock: Clock) {
    this.#deadlines = new Deadlines(clock, { keepAlive: true });
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Joins the end of the queue. */
  wait(options: WaitOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter<T>(options, resolve, reject, (left) => {
        this.#waiters.delete(left);
        this.#deadlines.forget(left);
      });
      this.#waiters.add(waiter);
      this.#deadlines.watch(waiter);
    });
  }

  /** The one that has waited longest. */
  first(): Waiter<T> | undefined {
    for (const waiter of this.#waiters) return waiter;
    return undefined;
  }

  rejectAll(error: () => unknown): void {
    for (const waiter of [...this.#waiters]) waiter.reject(error());
  }
}

/** One caller in the queue. */
class Waiter<T> implements Expiring {
  readonly since: number;
  readonly deadlineAt: number;
  place = unwatched;
  readonly #options: WaitOptions;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #leave: (waiter: Waiter<T>) => void;
  readonly #onAbort: (() => void) | undefined;

  constructor(
    options: WaitOptions,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    leave: (waiter: Waiter<T>) => void,
  ) {
    this.since = options.since;
    this.deadlineAt = options.since + options.timeoutMs;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#leave = leave;
    const { signal } = options;
    if (signal === undefined) return;
    this.#onAbort = () => this.reject(abortedError(signal));
    onAbort(signal, this.#onAbort);
  }

  serve(value: T): void {
    this.#end();
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  expire(): void {
    this.reject(this.#options.onTimeout());
  }

  #end(): void {
    this.#leave(this);
    if (this.#onAbort !== undefined) this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }
}

export function abortedError(signal: AbortSignal | undefined): DbError {
  return new DbError('aborted', 'The caller aborted the call before it was done.', { cause: signal?.reason });
}
