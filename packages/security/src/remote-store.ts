import { type Clock, DeadlineError, errorCode, exponentialBackoff, withDeadline } from '@seaworthy/contracts';

/** Told once per change, never per request. */
export type RemoteChange =
  | { readonly state: 'down'; readonly reason: string }
  | { readonly state: 'up'; readonly downMs: number };

export interface RemoteOptions {
  /** Named in errors: "session store". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly onChange: (change: RemoteChange) => void;
}

/** Calls of something outside the process that fail in time, and at once while it is known to be down. */
export interface Remote {
  readonly up: boolean;
  /** @throws whatever the call throws, DeadlineError, or RemoteDown without a call. */
  call<T>(work: () => Promise<T>): Promise<T>;
}

/** One slow answer is a hiccup; this many in a row are an outage. */
const failuresToOpen = 3;

/**
 * A deadline and a circuit breaker for calls that nobody can do without: after three failures in a row callers are refused at
 * once, except one at a time that tries whether it is back, 0.25 s to 2.75 s apart.
 */
export function createRemote({ what, deadlineMs, clock, onChange }: RemoteOptions): Remote {
  const backoff = exponentialBackoff({ baseMs: 1_000, maxMs: 5_000 });
  let failures = 0;
  let outage: { readonly since: number; tries: number; nextTryAt: number } | undefined;

  function succeeded(): void {
    failures = 0;
    if (outage === undefined) return;
    const downMs = Math.round(clock.monotonic() - outage.since);
    outage = undefined;
    onChange({ state: 'up', downMs });
  }

  function failed(error: unknown): void {
    failures += 1;
    if (outage !== undefined || failures < failuresToOpen) return;
    const now = clock.monotonic();
    outage = { since: now, tries: 0, nextTryAt: now + wait(0) };
    onChange({ state: 'down', reason: reasonOf(error) });
  }

  /** Not in step with the other processes that lost it at the same moment. */
  function wait(tries: number): number {
    return 250 + backoff(tries + 1) / 2;
  }

  return {
    get up() {
      return outage === undefined;
    },
    async call(work) {
      if (outage !== undefined) {
        const now = clock.monotonic();
        if (now < outage.nextTryAt) throw new RemoteDown(`The ${what} is down.`);
        outage.tries += 1;
        outage.nextTryAt = now + deadlineMs + wait(outage.tries);
      }
      try {
        const answer = await withDeadline(work, { timeoutMs: deadlineMs, what, clock });
        succeeded();
        return answer;
      } catch (error) {
        failed(error);
        throw error;
      }
    },
  };
}

/** The breaker is open. It stays inside the package, whose callers turn it into an error with a code of their own. */
class RemoteDown extends Error {}

/** A stable word, because messages of clients carry addresses. */
export function reasonOf(error: unknown): string {
  if (error instanceof RemoteDown) return 'BREAKER_OPEN';
  if (DeadlineError.is(error)) return error.code;
  return errorCode(error) ?? (error instanceof Error ? error.name : 'unknown');
}
