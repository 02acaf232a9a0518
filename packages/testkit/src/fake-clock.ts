import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, optionsOf, type Timer } from '@seaworthy/contracts';

/** A clock that a test moves. Two runs of the same test see the same order of events. */
export interface FakeClock extends Clock {
  /** How many timers have not fired and are not cancelled. */
  readonly pending: number;
  /**
   * Moves time forward, firing what falls due in order of time (and of scheduling, at the same time). Whatever a callback
   * set going is let run until it waits for something, before the next one fires.
   */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as NTP or an operator does. Timers and `monotonic()` do not notice. */
  jump(ms: number): void;
}

export interface FakeClockOptions {
  /** What `now()` returns at first, in milliseconds since the epoch. @defaultValue 2026-01-01T00:00:00Z */
  readonly now?: number;
}

interface Entry {
  readonly due: number;
  readonly callback: () => void;
}

const readOptions = optionsOf<FakeClockOptions>('createFakeClock', { now: true });

/**
 * Creates a clock that stands still until it is told to move.
 *
 * @example
 * const clock = createFakeClock();
 * const check = defineCheck('slow', probe, { timeoutMs: 800, clock });
 * const result = check.run();
 * await clock.advance(800);
 * expect((await result).status).toBe('fail');
 */
export function createFakeClock(options: FakeClockOptions = {}): FakeClock {
  const { now = Date.UTC(2026, 0, 1) } = readOptions(options);
  let elapsed = 0;
  let wallOffset = now;
  /** In the order of firing. */
  const queue: Entry[] = [];

  return {
    get pending() {
      return queue.length;
    },
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    schedule(callback: () => void, delayMs: number): Timer {
      const entry: Entry = { due: elapsed + Math.max(0, delayMs), callback };
      const later = queue.findIndex((other) => other.due > entry.due);
      queue.splice(later === -1 ? queue.length : later, 0, entry);
      return {
        cancel() {
          const at = queue.indexOf(entry);
          if (at !== -1) queue.splice(at, 1);
        },
      };
    },
    async advance(ms: number): Promise<void> {
      if (!(ms >= 0))
        throw new RangeError(`A clock cannot advance by ${ms} ms; jump() moves the wall clock back.`);
      const until = elapsed + ms;
      await nextTurn();
      for (let entry = queue[0]; entry !== undefined && entry.due <= until; entry = queue[0]) {
        queue.shift();
        elapsed = entry.due;
        entry.callback();
        await nextTurn();
      }
      elapsed = until;
    },
    jump(ms: number): void {
      wallOffset += ms;
    },
  };
}
