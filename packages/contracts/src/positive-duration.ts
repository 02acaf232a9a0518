import { type DurationInput, parseDuration } from './duration.js';
import { invalidOption } from './options.js';

/**
 * Milliseconds of an option that may not be 0: with such a timeout nothing would ever be in time.
 *
 * @throws OptionsError
 *
 * @example
 * positiveDuration('connectQueue', 'timeout', '30s'); // 30_000
 */
export function positiveDuration(owner: string, name: string, given: DurationInput): number {
  const ms = parseDuration(given);
  if (ms > 0) return ms;
  throw invalidOption(owner, name, 'longer than 0');
}
