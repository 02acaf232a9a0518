import type { Clock } from '@seaworthy/contracts';
import { type BreakerChange, createBreaker } from '../breaker.js';
import type { LimitCharge, LimitOutcomes, LimitStore } from './limit-store.js';
import { SharedDeadline } from './shared-deadline.js';

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
  readonly onChange: (change: BreakerChange) => void;
}

/** The part of a store outside the process that is guarded. */
export type RemoteStore = Pick<LimitStore, 'consume' | 'probe'> & { readonly deadlineMs: number };

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
  const deadline = new SharedDeadline(store.deadlineMs, clock);
  const breaker = createBreaker({ deadlineMs: store.deadlineMs, clock, onChange });

  function tryAgain(): void {
    deadline
      .within<unknown>(() => (store.probe === undefined ? store.consume(probeCharges) : store.probe()))
      .then(
        () => breaker.succeeded(),
        () => undefined,
      );
  }

  return {
    get up() {
      return breaker.up;
    },
    async consume(charges) {
      if (!breaker.up) {
        if (breaker.tryIsDue()) tryAgain();
        return undefined;
      }
      try {
        const outcomes = await deadline.within(() => store.consume(charges));
        breaker.succeeded();
        return outcomes;
      } catch (error) {
        breaker.failed(error);
        return undefined;
      }
    },
  };
}
