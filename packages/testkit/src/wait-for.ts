import { setTimeout as sleep } from 'node:timers/promises';
import { optionsOf, SeaworthyError } from '@seaworthy/contracts';

/** Thrown when a condition did not come true in time. `code` is `WAIT_TIMEOUT`; `cause` is the condition's last error. */
export class WaitTimeout extends SeaworthyError {
  static override readonly kind: string = 'WaitTimeout';
}

export interface WaitForOptions {
  /** How long to wait, in milliseconds: long enough for a machine that does much else. @defaultValue 30000 */
  readonly timeoutMs?: number;
  /** How often to look, in milliseconds. @defaultValue 20 */
  readonly everyMs?: number;
  /** What is awaited, for the failure's message: `the replica to catch up`. @defaultValue 'the condition' */
  readonly what?: string;
  /** Ends the wait early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

const readOptions = optionsOf<WaitForOptions>('waitFor', {
  timeoutMs: true,
  everyMs: true,
  what: true,
  signal: true,
});

/**
 * Looks again and again until `condition` returns something truthy, and resolves with that. A throw counts as "not yet".
 *
 * @throws WaitTimeout when it did not within `timeoutMs`; it says what was awaited and what the last look saw.
 *
 * @example
 * await waitFor(async () => (await pool.query('select 1')).rowCount === 1, { what: 'the database to answer' });
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitForOptions = {},
): Promise<Exclude<T, false | undefined | null | 0 | ''>> {
  const { timeoutMs = 30_000, everyMs = 20, what = 'the condition', signal } = readOptions(options);
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    let seen: unknown;
    let failure: unknown;
    try {
      const value = await condition();
      if (isTruthy(value)) return value;
      seen = value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= giveUpAt) {
      const last =
        failure === undefined
          ? `the last look saw ${String(seen)}`
          : `the last look threw: ${String(failure)}`;
      throw new WaitTimeout(`Waited ${timeoutMs} ms for ${what}; ${last}.`, {
        code: 'WAIT_TIMEOUT',
        cause: failure,
      });
    }
    await sleep(everyMs, undefined, signal === undefined ? {} : { signal });
  }
}

function isTruthy<T>(value: T): value is Exclude<T, false | undefined | null | 0 | ''> {
  return Boolean(value);
}
