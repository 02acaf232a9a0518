import { type Clock, withDeadline } from '@seaworthy/contracts';
import { type BreakerChange, createBreaker, failureReason } from './breaker.js';

export interface RemoteOptions {
  /** Named in errors: "session store". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly onChange: (change: BreakerChange) => void;
}

/** Calls of something outside the process that fail in time, and at once while it is known to be down. */
export interface Remote {
  readonly up: boolean;
  /** @throws whatever the call throws, DeadlineError, or RemoteDown without a call. */
  call<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * A deadline and a circuit breaker for calls that nobody can do without: after three failures in a row callers are refused at
 * once, except one at a time that tries whether it is back, 0.25 s to 2.75 s apart.
 */
export function createRemote({ what, deadlineMs, clock, onChange }: RemoteOptions): Remote {
  const breaker = createBreaker({ deadlineMs, clock, onChange });
  return {
    get up() {
      return breaker.up;
    },
    async call(work) {
      if (!breaker.up && !breaker.tryIsDue()) throw new RemoteDown(`The ${what} is down.`);
      try {
        const answer = await withDeadline(work, { timeoutMs: deadlineMs, what, clock });
        breaker.succeeded();
        return answer;
      } catch (error) {
        breaker.failed(error);
        throw error;
      }
    },
  };
}

/** The breaker is open. It stays inside the package, whose callers turn it into an error with a code of their own. */
class RemoteDown extends Error {}

/** A stable word, because messages of clients carry addresses. */
export function reasonOf(error: unknown): string {
  return error instanceof RemoteDown ? 'BREAKER_OPEN' : failureReason(error);
}
