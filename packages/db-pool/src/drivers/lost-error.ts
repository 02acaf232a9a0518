import { DbError } from '../db-error.js';

/** The connection ended by itself; `unsent` when nothing of the statement had left this process. */
export function lostError({ unsent = false } = {}): DbError {
  return unsent
    ? new DbError('connection_lost', 'The connection was lost before the statement was sent.', { unsent })
    : new DbError(
        'connection_lost',
        'The connection was lost while a statement was under way; whether it took effect is not known.',
      );
}
