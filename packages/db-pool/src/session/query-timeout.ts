import { DbError } from '../db-error.js';

/** The deadline of a statement, which `began` in the server or was never sent. */
export function queryTimeout(began: boolean): DbError {
  return began
    ? new DbError(
        'query_timeout',
        'The statement reached its deadline and was cancelled in the server. Whether it took effect is not known if it was a write outside a transaction. Look at its plan, or raise the timeout.',
      )
    : new DbError(
        'query_timeout',
        'The statement reached its deadline before its turn on the connection came, and was not sent. Await what runs before it, or raise the timeout.',
        { unsent: true },
      );
}

export function returnedError(): DbError {
  return new DbError('closed', 'This connection was given back; borrow another one.');
}
