/** A timer that has not fired yet. */
export interface Timer {
  /** Does nothing when the timer has fired or was cancelled before. */
  cancel(): void;
}

export interface TimerOptions {
  /** Whether the timer keeps the process alive. Housekeeping must not; a deadline that somebody awaits must. @defaultValue false */
  readonly keepAlive?: boolean;
}

/** Where time comes from, so that a test can own it. */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. It may jump: for timestamps only. */
  now(): number;
  /** Milliseconds since an arbitrary start that never go back: for measuring and for deadlines. */
  monotonic(): number;
  /**
   * Calls `callback` once, when `delayMs` are over: as Node rounds, up to a millisecond early. Delays beyond setTimeout's 24.8 days
   * are honoured.
   */
  schedule(callback: () => void, delayMs: number, options?: TimerOptions): Timer;
}

/** setTimeout fires at once for a delay above 2^31 - 1 ms, so longer delays are walked in steps. */
const longestStepMs = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(callback: () => void, delayMs: number, options: TimerOptions = {}): Timer {
    let handle: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      const stepMs = Math.min(Math.max(remainingMs, 0), longestStepMs);
      const rest = remainingMs - stepMs;
      handle = setTimeout(() => (rest > 0 ? arm(rest) : callback()), stepMs);
      if (options.keepAlive !== true) handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
});

/**
 * Resolves after `delayMs` on `clock`; rejects with the signal's reason when `signal` aborts first.
 *
 * @example
 * await sleep(systemClock, 250, { signal });
 */
export function sleep(
  clock: Clock,
  delayMs: number,
  options: { readonly signal?: AbortSignal | undefined; readonly keepAlive?: boolean } = {},
): Promise<void> {
  const { signal, keepAlive = true } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.schedule(
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      delayMs,
      { keepAlive },
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
