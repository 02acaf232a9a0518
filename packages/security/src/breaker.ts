import { type Clock, errorCode, exponentialBackoff } from '@seaworthy/contracts';

/** Told once per change, never per request. */
export type BreakerChange =
  | { readonly state: 'down'; readonly reason: string }
  | { readonly state: 'up'; readonly downMs: number };

export interface BreakerOptions {
  /** How long a try may take. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly onChange: (change: BreakerChange) => void;
}

/** What is known of something outside the process from how its calls went. */
export interface Breaker {
  readonly up: boolean;
  succeeded(): void;
  failed(error: unknown): void;
  /** Whether it is time to find out if it is back. Who is told so makes the call; the others wait for the next time. */
  tryIsDue(): boolean;
}

/** One slow answer is a hiccup; this many in a row are an outage. */
const failuresToOpen = 3;

/** Three failures in a row are an outage; from then on a try is due 0.25 s to 2.75 s after the one before, until one succeeds. */
export function createBreaker({ deadlineMs, clock, onChange }: BreakerOptions): Breaker {
  const backoff = exponentialBackoff({ baseMs: 1_000, maxMs: 5_000 });
  let failures = 0;
  let outage: { readonly since: number; tries: number; nextTryAt: number } | undefined;

  /** Never at once, and not in step with the other processes that lost it at the same moment. */
  function wait(tries: number): number {
    return 250 + backoff(tries + 1) / 2;
  }

  return {
    get up() {
      return outage === undefined;
    },
    succeeded() {
      failures = 0;
      if (outage === undefined) return;
      const downMs = Math.round(clock.monotonic() - outage.since);
      outage = undefined;
      onChange({ state: 'up', downMs });
    },
    failed(error) {
      failures += 1;
      if (outage !== undefined || failures < failuresToOpen) return;
      const now = clock.monotonic();
      outage = { since: now, tries: 0, nextTryAt: now + wait(0) };
      onChange({ state: 'down', reason: failureReason(error) });
    },
    tryIsDue() {
      const now = clock.monotonic();
      if (outage === undefined || now < outage.nextTryAt) return false;
      outage.tries += 1;
      outage.nextTryAt = now + deadlineMs + wait(outage.tries);
      return true;
    },
  };
}

/** A stable word, because messages of clients carry addresses. */
export function failureReason(error: unknown): string {
  return errorCode(error) ?? (error instanceof Error ? error.name : 'unknown');
}
