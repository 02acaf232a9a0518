import { type Clock, systemClock, type Timer } from './clock.js';
import { SeaworthyError } from './error.js';

/** Thrown by {@link withDeadline} when the time is up. `code` is `DEADLINE_EXCEEDED`. */
export class DeadlineError extends SeaworthyError {
  static override readonly kind: string = 'DeadlineError';
}

export interface DeadlineOptions {
  /** How long the work may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Named in the error: "postgres check". */
  readonly what: string;
  /** Ends the wait early with its own reason. */
  readonly signal?: AbortSignal | undefined;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

/**
 * Calls `giveUp` when the time is over and what had arrived by then was read: one turn of the event loop after its timer.
 *
 * Timers come before sockets in a turn. After a pause of our own process, of a garbage collection say, they would find every
 * answer late that has long been waiting, and take the pause for an outage of whoever was asked.
 *
 * @param giveUp - Gets the time of the timer, of `clock.monotonic()`: what fell due later has had no turn of its own.
 *
 * @example
 * const timer = scheduleGivingUp(clock, () => reject(new Error('No answer in 50 ms.')), 50);
 */
export function scheduleGivingUp(clock: Clock, giveUp: (firedAt: number) => void, timeoutMs: number): Timer {
  let turn: NodeJS.Immediate | undefined;
  const timer = clock.schedule(
    () => {
      turn = setImmediate(giveUp, clock.monotonic());
    },
    timeoutMs,
    { keepAlive: true },
  );
  return {
    cancel() {
      timer.cancel();
      clearImmediate(turn);
    },
  };
}

/**
 * Runs `work` and settles at its deadline, whether the work listens to its signal or not. An answer that had arrived by then
 * counts, even where a pause of our own process left it unread.
 *
 * The work's signal aborts with the error that the caller gets. What the work answers afterwards is ignored, and a late
 * rejection is handled, so that it cannot end the process.
 *
 * @throws DeadlineError when the time is up, or the reason of `options.signal`.
 *
 * @example
 * await withDeadline((signal) => pool.query('select 1', { signal }), { timeoutMs: 800, what: 'postgres check' });
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => PromiseLike<T> | T,
  options: DeadlineOptions,
): Promise<T> {
  const { timeoutMs, what, signal, clock = systemClock } = options;
  signal?.throwIfAborted();
  const controller = new AbortController();
  let giveUp: (reason: unknown) => void = () => undefined;
  const over = new Promise<never>((_resolve, reject) => {
    giveUp = (reason) => {
      controller.abort(reason);
      reject(reason);
    };
  });
  const onAbort = (): void => giveUp(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = scheduleGivingUp(
    clock,
    () =>
      giveUp(new DeadlineError(`${what} took longer than ${timeoutMs} ms.`, { code: 'DEADLINE_EXCEEDED' })),
    timeoutMs,
  );
  try {
    // An async function turns a synchronous throw into a rejection; race() handles whichever side loses later.
    return await Promise.race([over, (async () => work(controller.signal))()]);
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}
