import { type Clock, type Logger, sleep } from '@seaworthy/contracts';
import type { CronTimes } from './cron-times.js';
import type { RunLock } from './run-lock.js';

export interface ScheduledJob {
  /** `backup` or `drill`: names the lock, too. */
  readonly name: string;
  readonly times: CronTimes;
  /** When it was done by any instance, in milliseconds since the epoch. */
  lastDone(signal: AbortSignal): Promise<readonly number[]>;
  work(signal: AbortSignal): Promise<void>;
}

export interface JobSettings {
  readonly lock: RunLock;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catchUp: boolean;
  readonly jitterMs: number;
  readonly attempts: number;
  readonly retryAfterMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** A sleeping laptop or a clock that was set is noticed after so long at the latest. */
const longestSleepMs = 3_600_000;

/** Another instance that holds the lock may die over its work: then it is ours to do. */
const othersTurnMs = 5 * 60_000;

export interface KeptSchedule {
  /** Resolves when what was due at the start has been looked after, whatever it came to. */
  readonly firstLook: Promise<void>;
  /** Resolves after the signal, when nothing runs any more. */
  readonly ended: Promise<void>;
}

/**
 * Does a job once for every time of its expression, until `signal` aborts. What counts as done is what the catalog shows, not what
 * this process remembers: a run that was missed is caught up, and one that another instance did is left.
 */
export function keepSchedule(job: ScheduledJob, settings: JobSettings, signal: AbortSignal): KeptSchedule {
  const { clock, logger } = settings;
  let handled = settings.catchUp ? undefined : clock.now();
  let failedSlot: number | undefined;
  let failures = 0;
  const first = step();
  return { firstLook: first.then(() => undefined), ended: goOn() };

  async function goOn(): Promise<void> {
    for (let waitMs = await first; !signal.aborted; waitMs = await step()) {
      await sleep(clock, waitMs, { signal, keepAlive: false }).catch(() => undefined);
    }
  }

  /** Does what is due, and returns how long to rest. */
  async function step(): Promise<number> {
    if (signal.aborted) return 0;
    const now = clock.now();
    if (handled !== undefined && handled > now) handled = undefined; // the clock was set back
    const slot = job.times.previous(now);
    if (slot === undefined || (handled !== undefined && slot <= handled)) return untilNext();
    try {
      return (await attempt(slot)) ? untilNext() : othersTurnMs;
    } catch (error) {
      if (signal.aborted) return 0;
      return afterFailure(slot, error);
    }
  }

  async function attempt(slot: number): Promise<boolean> {
    if (await isDone(slot)) {
      handled = slot;
      return true;
    }
    await sleep(clock, Math.floor(settings.random() * settings.jitterMs), { signal, keepAlive: false });
    const result = await settings.lock.tryHold(job.name, async (lost) => {
      if (await isDone(slot)) return;
      await job.work(AbortSignal.any([signal, lost]));
    });
    if (!result.held) {
      logger.debug(`Another instance does the scheduled ${job.name}.`);
      return false;
    }
    handled = slot;
    return true;
  }

  /** What is dated later than now was dated by a wrong clock, and counts for nothing. */
  async function isDone(slot: number): Promise<boolean> {
    const now = clock.now();
    return (await job.lastDone(signal)).some((at) => at >= slot && at <= now);
  }

  function afterFailure(slot: number, error: unknown): number {
    failures = failedSlot === slot ? failures + 1 : 1;
    failedSlot = slot;
    if (failures < settings.attempts) {
      // A further attempt is never later than the next time.
      const waitMs = Math.min(settings.retryAfterMs * 2 ** (failures - 1), msToNext());
      logger.warn(`The scheduled ${job.name} failed and is tried again.`, { error, waitMs, failures });
      return waitMs;
    }
    handled = slot;
    logger.error(`The scheduled ${job.name} failed; it is not tried again before its next time.`, {
      error,
      failures,
    });
    return untilNext();
  }

  function untilNext(): number {
    return Math.min(msToNext(), longestSleepMs);
  }

  function msToNext(): number {
    const now = clock.now();
    return Math.max((job.times.next(now) ?? Number.POSITIVE_INFINITY) - now, 1);
  }
}
