import { DbError, type DbErrorDetails, type DbErrorKind } from '../db-error.js';
import { describeFailure } from './describe-failure.js';

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

/** What the server said in whatever pg rejected with; without a code when it was not the server that failed. */
export function postgresFailure(error: unknown): PostgresFailure {
  if (typeof error !== 'object' || error === null) return {};
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' ? value : undefined;
  };
  const code = text('code');
  return {
    // Node's own codes (ECONNRESET) are not five characters of SQLSTATE.
    code:
      code !== undefined && /^[0-9A-Z]{5}$/.test(code) && text('severity') !== undefined ? code : undefined,
    message: text('message'),
    constraint: text('constraint'),
    table: text('table'),
    column: text('column'),
  };
}
