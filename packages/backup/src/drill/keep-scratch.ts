import type { Logger } from '@seaworthy/contracts';
import { madeAtOf, type Scratch } from './scratch.js';

/** Sees to it that scratch places go: that of this drill, and those that dead drills left. */
export interface ScratchKeeper {
  /** Drops the places of drills that are so old that they must be dead. One that stays holds up no drill. */
  reap(options: ReapOptions): Promise<void>;
  /** Drops a place, also when the drill was stopped. Never rejects: what stays, the next drill tries again. */
  drop(place: string): Promise<void>;
}

export interface ReapOptions {
  /** Of this drill, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly olderThanMs: number;
  readonly signal: AbortSignal;
}

/** Dropping takes a moment of its own, also when the drill was stopped. */
const dropTimeoutMs = 60_000;

export function keepScratch(scratch: Pick<Scratch, 'names' | 'drop'>, logger: Logger): ScratchKeeper {
  return {
    async reap({ startedAt, olderThanMs, signal }) {
      for (const place of await scratch.names(signal)) {
        const madeAt = madeAtOf(place);
        if (madeAt === undefined || startedAt - madeAt < olderThanMs) continue;
        if (await isDropped(place, signal))
          logger.warn('A scratch place that an earlier drill left behind was dropped.', { place });
        signal.throwIfAborted();
      }
    },
    async drop(place) {
      await isDropped(place, AbortSignal.timeout(dropTimeoutMs));
    },
  };

  async function isDropped(place: string, signal: AbortSignal): Promise<boolean> {
    try {
      await scratch.drop(place, signal);
      return true;
    } catch (error) {
      logger.warn('A scratch place could not be dropped; the next drill tries again.', { place, error });
      return false;
    }
  }
}
