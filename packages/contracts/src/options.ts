import { SeaworthyError } from './error.js';
import { nearest } from './nearest.js';

/** Thrown when an option is unknown or its value cannot work. `code` is `UNKNOWN_OPTION` or `INVALID_OPTION`. */
export class OptionsError extends SeaworthyError {
  static override readonly kind: string = 'OptionsError';
}

/** Every option's name, once; the compiler refuses a list that misses one or invents one. */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: true };

/**
 * Makes the check that a `createX` runs on its options first: an unknown name throws and the message names the right one.
 *
 * @param owner - What the caller called, for the message.
 * @returns a function that returns the options it was given; what is no object of options throws too.
 *
 * @example
 * const readOptions = optionsOf<CheckOptions>('defineCheck', { timeoutMs: true, cacheMs: true });
 * const { timeoutMs = 2_000 } = readOptions(options);
 */
export function optionsOf<Options extends object>(
  owner: string,
  names: OptionNames<Options>,
): <Given extends Options>(options: Given) => Given {
  const known = new Set(Object.keys(names));
  return (options) => {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new OptionsError(`${owner} takes an object of options. Known: ${[...known].join(', ')}.`, {
        code: 'INVALID_OPTION',
      });
    }
    for (const name of Object.keys(options)) {
      if (known.has(name)) continue;
      const meant = nearest(name, known);
      const advice = meant === undefined ? `Known: ${[...known].join(', ')}.` : `Did you mean "${meant}"?`;
      throw new OptionsError(`${owner}: unknown option "${name}". ${advice}`, { code: 'UNKNOWN_OPTION' });
    }
    return options;
  };
}

/** The error for an option whose name is right and whose value cannot work. The value itself is not printed. */
export function invalidOption(owner: string, name: string, expected: string): OptionsError {
  return new OptionsError(`${owner}: option "${name}" must be ${expected}.`, { code: 'INVALID_OPTION' });
}

/** Returns `value` when it is a whole number of at least `min` and at most `max`; throws an OptionsError otherwise. */
export function wholeNumber(
  owner: string,
  name: string,
  value: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw invalidOption(owner, name, `a whole number ${range}`);
}
