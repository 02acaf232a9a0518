import { type DurationInput, invalidOption, parseDuration } from '@seaworthy/contracts';

/**
 * Milliseconds of what may not be 0: elsewhere that stands for no limit, and here nothing would ever be connected.
 *
 * @throws OptionsError
 */
export function positiveDuration(owner: string, name: string, given: DurationInput): number {
  const ms = parseDuration(given);
  if (ms > 0) return ms;
  throw invalidOption(owner, name, 'longer than 0');
}
