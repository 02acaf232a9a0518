import {
  type DurationInput,
  invalidOption,
  OptionsError,
  parseDuration,
  wholeNumber,
} from '@seaworthy/contracts';

/** Whole milliseconds of an option that is a length of time. @throws OptionsError when it is none, or out of its range. */
export function durationOption(
  owner: string,
  name: string,
  given: DurationInput,
  range: { readonly min?: number; readonly max?: number } = {},
): number {
  return wholeNumber(owner, name, millisecondsOf(owner, name, given), range);
}

/** The parser's own error does not know which option it was. */
function millisecondsOf(owner: string, name: string, given: DurationInput): number {
  try {
    return parseDuration(given);
  } catch (error) {
    throw OptionsError.is(error) ? invalidOption(owner, name, "a duration such as '30s'") : error;
  }
}
