import type { DbErrorDetails, DbErrorKind } from '../db-error.js';

/** One sentence per kind, with the names that the server gave. */
export function describeFailure(
  kind: DbErrorKind,
  details: DbErrorDetails,
  said: string | undefined,
): string {
  const what = sentences[kind] ?? 'The statement failed';
  const place = [
    details.constraint === undefined ? '' : `constraint "${details.constraint}"`,
    details.table === undefined ? '' : `table "${details.table}"`,
    details.column === undefined ? '' : `column "${details.column}"`,
  ].filter((part) => part !== '');
  const code = details.errno ?? details.sqlState;
  const where = [...place, ...(code === undefined || code === '' ? [] : [`code ${code}`])].join(', ');
  return `${what}${where === '' ? '' : ` (${where})`}${said === undefined ? '.' : `: ${said}`}`;
}

const sentences: Partial<Record<DbErrorKind, string>> = {
  unique: 'A row with these unique values exists already',
  foreign_key: 'A referenced row is missing, or a row is still referenced',
  not_null: 'A column that must have a value got none',
  check: 'A value breaks a check constraint',
  exclusion: 'A row conflicts with another one under an exclusion constraint',
  deadlock: 'The transaction was ended because of a deadlock with another one; run it again',
  serialization: 'The transaction could not be serialized with others; run it again',
  lock_timeout: 'A lock was not free in time; run the transaction again',
  readonly: 'The server or the transaction is read-only; write to the primary',
  transaction_aborted: 'An earlier statement of this transaction failed; roll it back',
  transaction_timeout: 'The server ended the transaction because it took too long',
  query_timeout: 'The server cancelled the statement',
  connection_lost: 'The connection was lost; whether the statement took effect is not known',
  unavailable: 'The server is starting up or shutting down; try again',
  permission: 'The role may not do this; grant it what it needs',
  resources: 'The server has no resources left for this',
  syntax: 'The statement is not valid here',
  data: 'A value does not fit its type or column',
};
