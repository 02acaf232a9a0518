import { type DurationInput, parseDuration } from './duration.js';
import { invalidOption, OptionsError } from './options.js';

/**
 * Milliseconds of an option that may not be 0: with such a timeout nothing would ever be in time.
 *
 * @throws OptionsError, which names the option.
 *
 * @example
 * positiveDuration('connectQueue', 'timeout', '30s'); // 30_000
 */
export function positiveDuration(owner: string, name: string, given: DurationInput): number {
  const ms = millisecondsOf(owner, name, given);
  if (ms > 0) return ms;
  throw invalidOption(owner, name, 'longer than 0');
}

/** The parser's own error does not know which option it was. */
function millisecondsOf(owner: string, name: string, given: DurationInput): number {
  try {
    return parseDuration(given);
  } catch (error) {
    if (!OptionsError.is(error)) throw error;
    throw new OptionsError(`${owner}: option "${name}": ${error.message}`, { code: error.code });
  }
}
