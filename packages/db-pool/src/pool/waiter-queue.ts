import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';

export interface Waiter<T> {
  readonly since: number;
  serve(value: T): void;
  reject(error: unknown): void;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Makes the error at the moment when the wait is over. */
  readonly onTimeout: () => unknown;
}

/** Callers in the order in which they came. Each leaves exactly once: served, timed out, aborted or turned away. */
export class WaiterQueue<T> {
  readonly #clock: Clock;
  // A Set keeps insertion order and forgets a waiter from the middle in constant time.
  readonly #waiters = new Set<Waiter<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Joins the end of the queue. */
  wait({ timeoutMs, signal, onTimeout }: WaitOptions): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter<T> = {
        since: this.#clock.monotonic(),
        serve(value) {
          leave();
          resolve(value);
        },
        reject(error) {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.reject(abortedError(signal));
      const timer = this.#clock.schedule(() => waiter.reject(onTimeout()), timeoutMs, { keepAlive: true });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
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

export function abortedError(signal: AbortSignal | undefined): DbError {
  return new DbError('aborted', 'The caller aborted the call before it was done.', { cause: signal?.reason });
}
