import {
  type DurationInput,
  linearBackoff,
  optionsOf,
  parseDuration,
  wholeNumber,
} from '@seaworthy/contracts';

export interface ReconnectOptions {
  /** Reconnects after a loss before giving up, from 0 to 1000. @defaultValue 10 */
  readonly attempts?: number;
  /** The wait before attempt `n` is `n` times this. @defaultValue '100ms' */
  readonly step?: DurationInput;
  /** No wait is longer. @defaultValue '3s' */
  readonly maxDelay?: DurationInput;
  /** Since the loss; when it has passed there is no further attempt. @defaultValue '1h' */
  readonly maxTotal?: DurationInput;
}

/**
 * The wait in milliseconds before reconnect number `attempt` (from 1), or `undefined` to give up.
 * `elapsedMs` counts from the loss of the connection.
 */
export type ReconnectPolicy = (attempt: number, elapsedMs: number) => number | undefined;

const readOptions = optionsOf<ReconnectOptions>('reconnectPolicy', {
  attempts: true,
  step: true,
  maxDelay: true,
  maxTotal: true,
});

/**
 * `min(attempt * 100, 3000)` ms, 10 attempts, one hour: the values that production guides for Redis clients give.
 *
 * The reason of the failure plays no part. Some guides give up at the first ECONNREFUSED, but that is exactly what a Redis
 * answers while it restarts, so such a client never comes back from an ordinary upgrade of the server.
 *
 * @throws OptionsError
 *
 * @example
 * const policy = reconnectPolicy();
 * policy(3, 0);  // 300
 * policy(11, 0); // undefined
 */
export function reconnectPolicy(options: ReconnectOptions = {}): ReconnectPolicy {
  const { attempts = 10, step = '100ms', maxDelay = '3s', maxTotal = '1h' } = readOptions(options);
  wholeNumber('reconnectPolicy', 'attempts', attempts, { max: 1_000 });
  const backoff = linearBackoff(parseDuration(step), parseDuration(maxDelay));
  const maxTotalMs = parseDuration(maxTotal);
  return (attempt, elapsedMs) =>
    attempt > attempts || elapsedMs >= maxTotalMs ? undefined : backoff(attempt);
}
