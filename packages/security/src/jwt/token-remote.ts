import type { Clock, Logger } from '@seaworthy/contracts';
import { createRemote } from '../remote-store.js';
import { tokensUnavailable } from './token-error.js';

export interface TokenRemoteOptions {
  /** Named in log lines: "Refresh tokens". */
  readonly what: string;
  /** What an outage means for callers: "refreshing gets 503". */
  readonly consequence: string;
  readonly deadlineMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Calls that fail in time with `SECURITY_TOKENS_UNAVAILABLE` and say once that they do, and that they no longer do. */
export function tokenRemote({
  what,
  consequence,
  deadlineMs,
  logger,
  clock,
}: TokenRemoteOptions): <T>(question: () => Promise<T>) => Promise<T> {
  const remote = createRemote({
    what: what.toLowerCase(),
    deadlineMs,
    clock,
    onChange: (change) =>
      change.state === 'up'
        ? logger.info(`${what} answer again`, { downMs: change.downMs })
        : logger.error(`${what} are down; ${consequence}`, { reason: change.reason }),
  });
  return async (question) => {
    try {
      return await remote.call(question);
    } catch {
      throw tokensUnavailable();
    }
  };
}
