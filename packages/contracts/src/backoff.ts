/** The wait before attempt number `attempt`, counted from 1 for the first retry, in milliseconds. */
export type Backoff = (attempt: number) => number;

/** `min(attempt * stepMs, maxMs)`: predictable, for one client that reconnects. */
export function linearBackoff(stepMs: number, maxMs: number): Backoff {
  return (attempt) => Math.min(attempt * stepMs, maxMs);
}

export interface ExponentialBackoffOptions {
  /** The bound of the first wait. @defaultValue 50 */
  readonly baseMs?: number;
  /** No wait is longer. @defaultValue 5000 */
  readonly maxMs?: number;
  /** From 0 up to, not including, 1. @defaultValue Math.random */
  readonly random?: () => number;
}

/**
 * A random wait between 0 and `min(maxMs, baseMs * 2^(attempt - 1))`, so that a crowd that failed together does not come
 * back together ("full jitter", Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const { baseMs = 50, maxMs = 5_000, random = Math.random } = options;
  return (attempt) => random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 52));
}
