import { type Clock, exponentialBackoff, type Logger, sleep, withDeadline } from '@seaworthy/contracts';
import type { InvalidationBus } from './invalidation-bus.js';

/** An attempt to subscribe that takes longer is made again. */
const subscribeTimeoutMs = 5_000;

export interface JoinOptions {
  readonly bus: InvalidationBus;
  readonly channel: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly onMessage: (message: string) => void;
  /** Messages may have been lost. */
  readonly onGap: () => void;
}

export interface BusMembership {
  /** Whether every message of the others arrives. */
  readonly isUp: boolean;
  leave(): Promise<void>;
}

/** Subscribes, again and again until it succeeds, and knows whether messages can be relied on. */
export function joinBus(options: JoinOptions): BusMembership {
  const { bus, channel, clock, random, logger, onMessage, onGap } = options;
  const leaving = new AbortController();
  let isUp = false;
  let hasLeft = false;

  const listener = {
    onMessage(message: string): void {
      if (!hasLeft) onMessage(message);
    },
    onDown(): void {
      if (!isUp || hasLeft) return;
      isUp = false;
      logger.warn('The bus of invalidations is down; query results are not kept until it is back', {
        channel,
      });
      onGap();
    },
    onUp(): void {
      if (isUp || hasLeft) return;
      onGap(); // loads that began while messages could be lost
      isUp = true;
    },
  };

  async function subscribe(signal: AbortSignal): Promise<() => unknown> {
    const detach = await bus.subscribe(channel, listener);
    if (signal.aborted) await detach(); // too late: another attempt is under way, or nobody wants it any more
    return detach;
  }

  async function join(): Promise<(() => unknown) | undefined> {
    const backoff = exponentialBackoff({ random });
    for (let attempt = 1; !hasLeft; attempt += 1) {
      try {
        return await withDeadline(subscribe, {
          timeoutMs: subscribeTimeoutMs,
          what: 'subscribing to invalidations',
          signal: leaving.signal,
          clock,
        });
      } catch (error) {
        if (hasLeft) return undefined;
        if (attempt === 1)
          logger.warn('Subscribing to invalidations failed; trying again', { channel, error });
      }
      await sleep(clock, backoff(attempt), { signal: leaving.signal, keepAlive: false }).catch(
        () => undefined,
      );
    }
    return undefined;
  }

  const joined = join();

  return {
    get isUp() {
      return isUp;
    },
    async leave() {
      hasLeft = true;
      isUp = false;
      leaving.abort();
      const detach = await joined;
      try {
        await detach?.();
      } catch (error) {
        logger.warn('Leaving the bus of invalidations failed', { channel, error });
      }
    },
  };
}
