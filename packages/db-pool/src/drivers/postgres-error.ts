import { DbError, type DbErrorDetails, type DbErrorKind } from '../db-error.js';
import { copyError } from './copy-error.js';
import { describeFailure } from './describe-failure.js';
import { standIn } from './repeats-text.js';

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

/** The server's own words in these classes are about the statement, the transaction or the server. */
const speakingClasses: ReadonlySet<string> = new Set([
  '0A',
  '25',
  '2B',
  '3D',
  '3F',
  '40',
  '53',
  '55',
  '57',
  'XX',
]);

/** What the parser says. Values that are parsed at run time (regclass, tsquery) fail with the same codes and other words. */
const parserSays: Readonly<Record<string, RegExp>> = {
  '42703': /^column (?:"([^"]+)"|(\w+)\.(\w+)) (?:of relation "([^"]+)" )?does not exist$/u,
  '42P01':
    /^(?:relation "([^"]+)"(?: does not exist)|(?:missing|invalid reference to) FROM-clause entry for table "([^"]+)")$/u,
  '42883':
    /^(?:function (?:(\w+)\.)?(\w+)\([\w ,[\]]*\)|operator) does not exist(?:: (?:[a-z ]+ )?([-+*/<>=~!@#%^&|`?]+) [a-z ]+)?$/u,
  '42601': /^syntax error at (?:or near "([\s\S]*)"|end of input)$/u,
};

/**
 * The error for what the server said about `text`; its words are kept only where they cannot repeat a value.
 */
export function postgresError(failure: PostgresFailure, text: string): DbError {
  const sqlState = failure.code ?? '';
  // Which pg and PGlite say to the server, because nobody gave them data.
  if (sqlState === '57014' && failure.message?.startsWith('COPY from stdin') === true) return copyError();
  const kind = byState[sqlState] ?? byClass[sqlState.slice(0, 2)] ?? 'unknown';
  const details: DbErrorDetails = {
    sqlState,
    constraint: failure.constraint,
    table: failure.table,
    column: failure.column,
  };
  const said = isAboutText(sqlState, failure.message ?? '', text) ? failure.message : undefined;
  return new DbError(kind, describeFailure(kind, details, said), details);
}

/** For a loss that left this connection as it was: a foreign table, or dblink, has another server behind it. */
export function foreignError({ sqlState }: DbError): DbError {
  return new DbError(
    'unknown',
    `Another server that this statement asks was not to be had (code ${sqlState}). See whether it runs and can be reached from the database.`,
    { sqlState },
  );
}

function isAboutText(sqlState: string, message: string, text: string): boolean {
  // `raise` in a function: the words of whoever wrote it.
  if (sqlState.startsWith('P0')) return true;
  if (speakingClasses.has(sqlState.slice(0, 2))) {
    return standIn(
      text,
      [...message.matchAll(/"([^"]*)"/g)].map(([, name]) => name),
    );
  }
  const names = parserSays[sqlState]?.exec(message)?.slice(1);
  return names !== undefined && standIn(text, names);
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
