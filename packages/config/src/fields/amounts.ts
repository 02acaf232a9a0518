import {
  type BytesInput,
  type DurationInput,
  formatBytes,
  formatDuration,
  OptionsError,
  optionsOf,
  parseBytes,
  parseDuration,
} from '@seaworthy/contracts';
import type { PlainField } from '../field.js';
import { plainField } from '../field-builder.js';
import { invalid, valid } from '../parsed.js';
import { textFault } from './text-faults.js';

/** A length of time. Both units are there, because libraries disagree about which one a bare number is. */
export interface Duration {
  readonly ms: number;
  /** May be a fraction. */
  readonly seconds: number;
}

export interface DurationOptions {
  /** The shortest that is accepted. @defaultValue '0ms' */
  readonly min?: DurationInput;
  /** The longest that is accepted. @defaultValue no bound */
  readonly max?: DurationInput;
}

export interface BytesOptions {
  /** The smallest that is accepted. @defaultValue 0 */
  readonly min?: BytesInput;
  /** The largest that is accepted. @defaultValue no bound */
  readonly max?: BytesInput;
}

const readDurationOptions = optionsOf<DurationOptions>('env.duration', { min: true, max: true });
const readBytesOptions = optionsOf<BytesOptions>('env.bytes', { min: true, max: true });

/** `500ms`, `30s`, `1h30m`, `7d`. A number without a unit is refused: half of the world reads it as seconds. */
export function durationField(options: DurationOptions = {}): PlainField<Duration, DurationInput> {
  const { min, max } = readDurationOptions(options);
  const read = amountReader('is not a duration', parseDuration, formatDuration, min, max);
  return plainField<Duration, DurationInput>({
    kind: 'duration',
    expected: `a duration such as 30s, 15m, 1h30m or 7d${read.range}`,
    parse(text) {
      const parsed = read.parse(text);
      return 'faults' in parsed ? parsed : valid({ ms: parsed.value, seconds: parsed.value / 1000 });
    },
    format: (literal) => (typeof literal === 'number' ? formatDuration(literal) : String(literal)),
  });
}

/** `512`, `64kb`, `10mb`, `1.5gib` to bytes; `k`, `kb` and `kib` are 1024 bytes. */
export function bytesField(options: BytesOptions = {}): PlainField<number, BytesInput> {
  const { min, max } = readBytesOptions(options);
  const read = amountReader('is not a size', parseBytes, formatBytes, min, max);
  return plainField<number, BytesInput>({
    kind: 'bytes',
    expected: `a size such as 512, 64kb, 10mb or 1gb${read.range}`,
    parse: read.parse,
    format: (literal) => (typeof literal === 'number' ? formatBytes(literal) : String(literal)),
  });
}

function amountReader(
  not: string,
  parse: (input: string | number) => number,
  format: (amount: number) => string,
  min: string | number = 0,
  max?: string | number,
) {
  const lowest = parse(min);
  const highest = max === undefined ? Number.POSITIVE_INFINITY : parse(max);
  const from = lowest > 0 ? `, at least ${format(lowest)}` : '';
  const to = max === undefined ? '' : `, at most ${format(highest)}`;
  return {
    range: `${from}${to}`,
    parse(text: string) {
      const fault = textFault(text);
      if (fault !== undefined) return invalid(fault);
      const amount = attempt(() => parse(text));
      if (amount === undefined) return invalid(not);
      if (amount < lowest) return invalid('is too small');
      return amount > highest ? invalid('is too large') : valid(amount);
    },
  };
}

function attempt(read: () => number): number | undefined {
  try {
    return read();
  } catch (error) {
    if (OptionsError.is(error)) return undefined;
    throw error;
  }
}
