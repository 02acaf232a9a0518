import { type Clock, optionsOf, type Timer, wholeNumber } from '@seaworthy/contracts';

export interface SampleOptions {
  /** Lines of one level and message that are written in each span of time. @defaultValue 100 */
  readonly first?: number;
  /** Of the further ones, every so many-th is. @defaultValue 100 */
  readonly thereafter?: number;
  /** The span, in milliseconds. @defaultValue 1000 */
  readonly perMs?: number;
}

/** Thins out lines that repeat. */
export interface RepeatSampler {
  admits(level: string, message: unknown): boolean;
  /** Says now what was left out so far. */
  tell(): void;
  /** Lines that were left out. */
  dropped(): number;
}

const readOptions = optionsOf<SampleOptions>('sample', { first: true, thereafter: true, perMs: true });

/** More different messages than this in one span are not repeats; what comes then is written. */
const remembered = 1_000;

interface Repeat {
  readonly level: string;
  readonly message: string;
  count: number;
  dropped: number;
}

/**
 * As zap's sampler: the first lines of a level and message in each span, then every so many-th. The rest is counted, and told in a
 * line of its own when the span is over.
 */
export function createRepeatSampler(
  options: SampleOptions,
  clock: Clock,
  told: (level: string, message: string, dropped: number) => void,
): RepeatSampler {
  const { first = 100, thereafter = 100, perMs = 1_000 } = readOptions(options);
  for (const [name, value] of Object.entries({ first, thereafter, perMs })) {
    wholeNumber('sample', name, value, { min: 1 });
  }
  let repeats = new Map<string, Repeat>();
  let total = 0;
  let timer: Timer | undefined;

  function tell(): void {
    timer?.cancel();
    timer = undefined;
    const over = repeats;
    repeats = new Map();
    for (const { level, message, dropped } of over.values()) if (dropped > 0) told(level, message, dropped);
  }

  return {
    admits(level, message) {
      if (typeof message !== 'string') return true;
      const key = `${level} ${message}`;
      const repeat = repeats.get(key);
      if (repeat === undefined) {
        if (repeats.size < remembered) repeats.set(key, { level, message, count: 1, dropped: 0 });
        timer ??= clock.schedule(tell, perMs);
        return true;
      }
      repeat.count += 1;
      if (repeat.count <= first || (repeat.count - first) % thereafter === 0) return true;
      repeat.dropped += 1;
      total += 1;
      return false;
    },
    tell,
    dropped: () => total,
  };
}
