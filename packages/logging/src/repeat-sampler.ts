import { type Clock, optionsOf, type Timer, wholeNumber } from '@seaworthy/contracts';
import { isError } from './lines/is-error.js';
import { memberOf } from './lines/member-of.js';

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
const maxRemembered = 1_000;

/** Nor are so many UTF-16 units of them. */
const maxRememberedLength = 1_048_576;

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
  let length = 0;
  let total = 0;
  let timer: Timer | undefined;

  function tell(): void {
    timer?.cancel();
    timer = undefined;
    const over = repeats;
    repeats = new Map();
    length = 0;
    for (const { level, message, dropped } of over.values()) if (dropped > 0) told(level, message, dropped);
  }

  return {
    admits(level, message) {
      const text = textOf(message);
      if (text === undefined) return true;
      const key = `${level} ${text}`;
      const repeat = repeats.get(key);
      if (repeat === undefined) {
        if (repeats.size < maxRemembered && length + text.length <= maxRememberedLength) {
          repeats.set(key, { level, message: text, count: 1, dropped: 0 });
          length += text.length;
        }
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

/** What the line's message is read from: a text, an error's message, or the `message` of an object. */
function textOf(message: unknown): string | undefined {
  if (typeof message === 'string') return message;
  if (typeof message !== 'object' || message === null) return undefined;
  const inner = memberOf(message, 'message');
  const text = isError(inner) ? memberOf(inner, 'message') : inner;
  return typeof text === 'string' ? text : undefined;
}
