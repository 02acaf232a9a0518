import type { SqlDialect } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';

/**
 * MySQL undoes the whole transaction on a deadlock (and, where it is set so, on a lock wait timeout), and would run what
 * follows in autocommit as if nothing had happened. PostgreSQL refuses by itself until a rollback.
 */
export function endsTransaction(error: unknown, dialect: SqlDialect): error is DbError {
  if (!DbError.is(error)) return false;
  if (error.kind === 'connection_lost') return true;
  return dialect === 'mysql' && (error.kind === 'deadlock' || error.kind === 'lock_timeout');
}

export function abortedBy(cause: DbError): DbError {
  return new DbError(
    'transaction_aborted',
    'An earlier statement ended this transaction in the server; nothing of it was kept. Let the first error through.',
    { cause },
  );
}

export function swallowedError(): DbError {
  return new DbError(
    'transaction_aborted',
    'A statement in this transaction failed and its error was swallowed, so everything was rolled back. Put what may fail into tx.transaction().',
  );
}

/** After `commit` as a statement, or a schema change of MySQL, what follows would take effect at once and for good. */
export function alreadyEndedError(): DbError {
  return new DbError(
    'transaction_aborted',
    'An earlier statement ended this transaction: commit, rollback, or what MySQL commits by itself, such as a schema change. This one was not run, because it would stand alone; give it a transaction of its own.',
  );
}

export function overError(): DbError {
  return new DbError('closed', 'The transaction is over. Await every call made in it.');
}

/** What goes on in a part after the part around it was undone would be a part of the whole. */
export function undoneError(): DbError {
  return new DbError(
    'transaction_aborted',
    'The part of the transaction around this one failed and was undone, so this was not run. Await every call made in a part.',
  );
}

export function commitUnknown(cause: DbError): DbError {
  return new DbError(
    'commit_unknown',
    'COMMIT was sent and its answer did not come, so the transaction may or may not have taken effect. Look for its result before you repeat it.',
    { cause },
  );
}
