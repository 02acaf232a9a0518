import { invalidOption } from '@seaworthy/contracts';
import { Cron } from 'croner';

/** The moments of a cron expression, in milliseconds since the epoch. */
export interface CronTimes {
  /** The last one at `at` or before. */
  previous(at: number): number | undefined;
  /** The first one after `at`. */
  next(at: number): number | undefined;
}

export interface CronOwner {
  /** What the caller called, and the option, for the message. */
  readonly owner: string;
  readonly option: string;
  /** An IANA name. */
  readonly timeZone: string;
}

/**
 * Reads a cron expression of five fields. Where the clocks change, a time that does not exist is moved behind the gap, and one
 * that exists twice counts once.
 *
 * @throws OptionsError when the expression or the time zone cannot be read, or when no moment fits it.
 */
export function cronTimes(expression: string, { owner, option, timeZone }: CronOwner): CronTimes {
  const cron = readCron(expression, { owner, option, timeZone });
  const times: CronTimes = {
    // croner leaves the very moment out, and one that is a millisecond old in.
    previous: (at) => cron.previousRuns(1, new Date(at + 1))[0]?.getTime(),
    next: (at) => cron.nextRun(new Date(at))?.getTime(),
  };
  if (times.next(Date.UTC(2026, 0, 1)) === undefined)
    throw invalidOption(owner, option, 'an expression that fits some day');
  return times;
}

function readCron(expression: string, { owner, option, timeZone }: CronOwner): Cron {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalidOption(owner, 'timeZone', 'an IANA name such as "UTC" or "Europe/Berlin"');
  }
  try {
    return new Cron(expression, { timezone: timeZone, mode: '5-part', paused: true });
  } catch {
    throw invalidOption(owner, option, 'a cron expression of five fields, such as "0 2 * * *"');
  }
}
