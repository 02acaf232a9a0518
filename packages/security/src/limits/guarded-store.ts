import { type Clock, exponentialBackoff } from '@seaworthy/contracts';
import type { LimitCharge, LimitOutcomes, LimitStore } from './limit-store.js';
import { SharedDeadline } from './shared-deadline.js';

/** Told once per change, never per request. */
export type StoreChange =
  | { readonly state: 'down'; readonly reason: string }
  | { readonly state: 'up'; readonly downMs: number };

export interface GuardedStore {
  /** `undefined` when the store gave no answer in time. Never rejects; while the store is down it does not ask it. */
  consume(charges: readonly LimitCharge[]): Promise<LimitOutcomes | undefined>;
  readonly up: boolean;
}

/** A store with the deadline that it was found to have. */
export function remoteOf(store: LimitStore, deadlineMs: number): RemoteStore {
  const { probe } = store;
  return {
    deadlineMs,
    consume: (charges) => store.consume(charges),
    ...(probe === undefined ? {} : { probe: () => probe.call(store) }),
  };
}

export interface GuardOptions {
  readonly clock: Clock;
  readonly onChange: (change: StoreChange) => void;
}

/** The part of a store outside the process that is guarded. */
export type RemoteStore = Pick<LimitStore, 'consume' | 'probe'> & { readonly deadlineMs: number };

/** One slow answer is a hiccup; this many in a row are an outage. */
const failuresToOpen = 3;

/** A charge that every store can take and that no client is counted by. */
const probeCharges: readonly LimitCharge[] = [
  {
    rule: {
      name: 'probe',
      algorithm: 'fixed',
      limit: 1_000_000,
      windowUs: 60_000_000,
      burst: 1_000_000,
      intervalUs: 0,
    },
    key: 'probe',
    cost: 1,
  },
];

/**
 * A circuit breaker around a store: after three failures in a row it is left alone, and every request is answered at once.
 *
 * It closes by itself. While it is open, a request that comes when the next try is due starts one in the background and
 * does not wait for it, so no client pays for finding out; the try writes, because a store that only reads is no use.
 */
export function guardStore(store: RemoteStore, { clock, onChange }: GuardOptions): GuardedStore {
  const backoff = exponentialBackoff({ baseMs: 1_000, maxMs: 5_000 });
  let failures = 0;
  let outage: { readonly since: number; tries: number; nextTryAt: number } | undefined;

  const deadline = new SharedDeadline(store.deadlineMs, clock);

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
    outage = { since: now, tries: 0, nextTryAt: now + nextWait(0) };
    onChange({ state: 'down', reason: reasonOf(error) });
  }

  function tryAgain(): void {
    if (outage === undefined || clock.monotonic() < outage.nextTryAt) return;
    outage.tries += 1;
    outage.nextTryAt = clock.monotonic() + store.deadlineMs + nextWait(outage.tries);
    deadline
      .within<unknown>(() => (store.probe === undefined ? store.consume(probeCharges) : store.probe()))
      .then(succeeded, () => undefined);
  }

  /** Never at once, and not in step with the other processes that lost the store at the same moment. */
  function nextWait(tries: number): number {
    return 250 + backoff(tries + 1) / 2;
  }

  return {
    get up() {
      return outage === undefined;
    },
    async consume(charges) {
      if (outage !== undefined) {
        tryAgain();
        return undefined;
      }
      try {
        const outcomes = await deadline.within(() => store.consume(charges));
        succeeded();
        return outcomes;
      } catch (error) {
        failed(error);
        return undefined;
      }
    },
  };
}

/** A stable word, because messages of clients carry addresses. */
function reasonOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'unknown';
}
