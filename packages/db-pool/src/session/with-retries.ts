import { type Clock, exponentialBackoff, sleep } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { abortedError } from '../pool/waiter-queue.js';
import type { Limits } from './limits.js';

export interface Retries {
  /** All attempts, the first one included. */
  readonly attempts: number;
  /** For all of them together. */
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether another attempt may succeed. */
  readonly isWorthIt: (error: unknown) => boolean;
}

/** Runs `attempt` again, after a short random wait, for as long as that is worth it. */
export async function withRetries<T>(retries: Retries, attempt: () => Promise<T>): Promise<T> {
  const { attempts, clock, random, limits, isWorthIt } = retries;
  const backoff = exponentialBackoff({ baseMs: 20, maxMs: 1_000, random });
  for (let number = 1; ; number += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (number >= attempts || !isWorthIt(error)) throw error;
      const pauseMs = backoff(number);
      if (clock.monotonic() + pauseMs >= limits.deadlineAt) throw error;
      await pause(pauseMs, retries);
    }
  }
}

async function pause(pauseMs: number, { clock, limits: { signal } }: Retries): Promise<void> {
  try {
    await sleep(clock, pauseMs, { signal });
  } catch {
    throw abortedError(signal);
  }
}

/** Whether a transaction failed because another one was in its way. */
export function lostAgainstAnother(error: unknown): boolean {
  if (!DbError.is(error)) return false;
  if (error.isRetryable) return true;
  // A swallowed deadlock comes back as the transaction's own end; it is the deadlock that counts.
  return error.kind === 'transaction_aborted' && DbError.is(error.cause) && error.cause.isRetryable;
}
