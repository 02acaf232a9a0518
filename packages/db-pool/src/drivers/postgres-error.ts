import { DbError, type DbErrorDetails, type DbErrorKind } from '../db-error.js';

/** What PostgreSQL says in an error, as pg and PGlite hand it on. */
export interface PostgresFailure {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const byState: Readonly<Record<string, DbErrorKind>> = {
  '23505': 'unique',
  '23503': 'foreign_key',
  '23001': 'foreign_key',
  '23502': 'not_null',
  '23514': 'check',
  '23P01': 'exclusion',
  '40P01': 'deadlock',
  '40001': 'serialization',
  '55P03': 'lock_timeout',
  '25006': 'readonly',
  '25P02': 'transaction_aborted',
  '25P03': 'transaction_timeout',
  '25P04': 'transaction_timeout',
  '42501': 'permission',
  '57014': 'query_timeout',
  '57P01': 'connection_lost',
  '57P02': 'connection_lost',
  '57P03': 'unavailable',
  '57P04': 'connection_lost',
  '57P05': 'connection_lost',
};

const byClass: Readonly<Record<string, DbErrorKind>> = {
  '08': 'connection_lost',
  '22': 'data',
  '28': 'permission',
  '42': 'syntax',
  '53': 'resources',
};

/** The server's own words in these classes name parts of the statement's text, which holds no values. */
const speakingClasses: ReadonlySet<string> = new Set([
  '0A',
  '25',
  '2B',
  '3D',
  '3F',
  '40',
  '42',
  '53',
  '55',
  '57',
  'P0',
  'XX',
]);

/** The error for what the server said; its text is kept only where it cannot repeat a value. */
export function postgresError(failure: PostgresFailure): DbError {
  const sqlState = failure.code ?? '';
  const kind = byState[sqlState] ?? byClass[sqlState.slice(0, 2)] ?? 'unknown';
  const details: DbErrorDetails = {
    sqlState,
    constraint: failure.constraint,
    table: failure.table,
    column: failure.column,
  };
  const said = speakingClasses.has(sqlState.slice(0, 2)) ? failure.message : undefined;
  return new DbError(kind, describeFailure(kind, details, said), details);
}

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
