import { DbError } from '../db-error.js';

/** A statement that takes its server down would take down what comes back, too. */
const maxSends = 3;

export interface Attempt {
  /** It may run twice. */
  readonly idempotent: boolean;
  /** How often it was sent so far. */
  readonly sends: number;
}

export function isLost(error: unknown): error is DbError {
  return DbError.is(error) && error.kind === 'connection_lost';
}

/** Whether a statement that failed with `error` may be run again: it never left this process, or it does not matter if it ran. */
export function mayRepeat(error: unknown, { idempotent, sends }: Attempt): boolean {
  if (!isLost(error)) return false;
  return error.unsent === true || (idempotent && sends < maxSends);
}
