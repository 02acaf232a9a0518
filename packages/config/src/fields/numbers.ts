import { invalidOption, optionsOf } from '@seaworthy/contracts';
import type { PlainField } from '../field.js';
import { plainField } from '../field-builder.js';
import { invalid, type Parsed, valid } from '../parsed.js';
import { textFault } from './text-faults.js';

export interface NumberOptions {
  /** The smallest that is accepted. @defaultValue no bound */
  readonly min?: number;
  /** The largest that is accepted. @defaultValue no bound */
  readonly max?: number;
}

export interface PortOptions {
  /** Accepts 0, with which the system picks a free port. @defaultValue false */
  readonly allowZero?: boolean;
}

const readIntOptions = optionsOf<NumberOptions>('env.int', { min: true, max: true });
const readNumberOptions = optionsOf<NumberOptions>('env.number', { min: true, max: true });
const readPortOptions = optionsOf<PortOptions>('env.port', { allowZero: true });

const wholePattern = /^(?:0|-?[1-9][0-9]*)$/;
const decimalPattern = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?$/i;

/** A whole number in plain decimal digits that a double holds exactly. `08`, `1_000`, `0x10`, `1e3` and `-0` are refused. */
export function intField(options: NumberOptions = {}): PlainField<number, number> {
  const bounds = boundsOf(
    'env.int',
    readIntOptions(options),
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  );
  return wholeField('int', `a whole number${rangeText(options)}`, bounds);
}

/** A finite decimal number: `0.5`, `-3`, `1e-7`. What a double would round to a whole number beyond the safe ones, or to 0, is refused. */
export function numberField(options: NumberOptions = {}): PlainField<number, number> {
  const { min, max } = boundsOf(
    'env.number',
    readNumberOptions(options),
    -Number.MAX_VALUE,
    Number.MAX_VALUE,
  );
  return plainField<number, number>({
    kind: 'number',
    expected: `a decimal number${rangeText(options)}`,
    parse(text) {
      const fault = textFault(text);
      if (fault !== undefined) return invalid(fault);
      if (!decimalPattern.test(text)) return invalid('is not a decimal number');
      const value = Number(text);
      const rounded = Number.isInteger(value) && !Number.isSafeInteger(value);
      if (!Number.isFinite(value) || rounded) return invalid('is too large to be held exactly');
      if (value === 0 && /^[^e]*[1-9]/i.test(text)) return invalid('is too small to be held exactly');
      if (Object.is(value, -0)) return invalid('is a negative zero');
      return inRange(value, min, max);
    },
    format: String,
  });
}

/** A TCP port from 1 to 65535. */
export function portField(options: PortOptions = {}): PlainField<number, number> {
  const { allowZero = false } = readPortOptions(options);
  const min = allowZero ? 0 : 1;
  const field = wholeField('port', `a port from ${min} to 65535`, { min, max: 65_535 }, (text) =>
    /^(?:tcp|udp):\/\//.test(text)
      ? invalid(
          'is what Docker and Kubernetes inject for a service of the same name',
          'Set enableServiceLinks: false, or rename the service or the variable.',
        )
      : undefined,
  );
  return field;
}

function wholeField(
  kind: string,
  expected: string,
  { min, max }: Required<NumberOptions>,
  known: (text: string) => Parsed | undefined = () => undefined,
): PlainField<number, number> {
  return plainField<number, number>({
    kind,
    expected,
    parse(text) {
      const fault = textFault(text);
      if (fault !== undefined) return invalid(fault);
      if (!wholePattern.test(text)) return known(text) ?? invalid('is not a whole number in decimal digits');
      const value = Number(text);
      return Number.isSafeInteger(value)
        ? inRange(value, min, max)
        : invalid('is too large to be held exactly');
    },
    format: String,
  });
}

function inRange(value: number, min: number, max: number): Parsed<number> {
  if (value < min) return invalid('is too small');
  return value > max ? invalid('is too large') : valid(value);
}

function boundsOf(
  owner: string,
  options: NumberOptions,
  lowest: number,
  highest: number,
): Required<NumberOptions> {
  const { min = lowest, max = highest } = options;
  if (!Number.isFinite(min)) throw invalidOption(owner, 'min', 'a finite number');
  if (!Number.isFinite(max) || max < min)
    throw invalidOption(owner, 'max', 'a finite number of at least min');
  return { min, max };
}

function rangeText({ min, max }: NumberOptions): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}
