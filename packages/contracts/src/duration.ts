import { OptionsError } from './options.js';

const unitMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

type Unit = keyof typeof unitMs;

/** A length of time as people write it: `'30s'`, `'1h30m'`, `'7d'`; a number is milliseconds. */
export type DurationInput = string | number;

const pattern = /^(?:\d+(?:\.\d+)?(?:ms|w|d|h|m|s))+$/;
const segment = /(\d+(?:\.\d+)?)(ms|w|d|h|m|s)/g;

/**
 * Milliseconds from a duration: one or more numbers, each with a unit (`w d h m s ms`), largest unit first.
 *
 * A bare number in a string is refused, because half of the world reads it as seconds; so are capitals, because `1M` is a
 * month to some and a minute to others; so are blanks, signs, parts of a millisecond and results that are no safe integer.
 *
 * @throws OptionsError with code `INVALID_DURATION`; the message says what is accepted and repeats no input.
 *
 * @example
 * parseDuration('1h30m'); // 5_400_000
 */
export function parseDuration(input: DurationInput): number {
  if (typeof input === 'number') {
    if (Number.isFinite(input) && input >= 0) return input;
    throw invalidDuration('a number of milliseconds must be finite and not negative');
  }
  if (/^\d+(?:\.\d+)?$/.test(input)) throw invalidDuration('a bare number has no unit');
  if (!pattern.test(input)) {
    const lowered = pattern.test(input.trim().toLowerCase());
    throw invalidDuration(lowered ? 'units are lower case and blanks are not allowed' : 'not a duration');
  }
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const [, amount, unit] of input.matchAll(segment)) {
    const ms = unitMs[unit as Unit];
    if (ms >= smallest) throw invalidDuration('units go from the largest to the smallest, each once');
    smallest = ms;
    total += wholeMs(amount ?? '', ms);
  }
  if (!Number.isSafeInteger(total)) throw invalidDuration('too long');
  return total;
}

/** Counted in decimal digits: a double makes 1004.9999999999999 of 1.005 seconds. */
function wholeMs(amount: string, unit: number): number {
  if (amount.length > 40) throw invalidDuration('too many digits');
  const [whole = '', fraction = ''] = amount.split('.');
  const parts = BigInt(`${whole}${fraction}`) * BigInt(unit);
  const scale = 10n ** BigInt(fraction.length);
  if (parts % scale !== 0n) throw invalidDuration('it must come to whole milliseconds');
  return Number(parts / scale);
}

/** The shortest duration text that {@link parseDuration} reads back as `ms`. */
export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0)
    throw invalidDuration('only whole, non-negative milliseconds have a text');
  let rest = ms;
  let text = '';
  for (const [unit, size] of Object.entries(unitMs)) {
    const amount = Math.floor(rest / size);
    if (amount === 0) continue;
    text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text === '' ? '0ms' : text;
}

function invalidDuration(reason: string): OptionsError {
  return new OptionsError(`Invalid duration: ${reason}. Write for example 500ms, 30s, 15m, 1h30m or 7d.`, {
    code: 'INVALID_DURATION',
  });
}
