import { DbError, type DbErrorDetails, type DbErrorKind } from '../db-error.js';
import { describeFailure } from './describe-failure.js';
import { standIn } from './repeats-text.js';

/** What MySQL says in an error, as mysql2 hands it on. */
export interface MysqlFailure {
  readonly errno: number;
  readonly sqlState?: string | undefined;
  readonly message?: string | undefined;
}

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const byNumber: ReadonlyMap<number, DbErrorKind> = new Map<number, DbErrorKind>([
  [1022, 'unique'],
  [1062, 'unique'],
  [1586, 'unique'],
  [1216, 'foreign_key'],
  [1217, 'foreign_key'],
  [1451, 'foreign_key'],
  [1452, 'foreign_key'],
  [1048, 'not_null'],
  [1364, 'not_null'],
  [3819, 'check'],
  [4025, 'check'], // MariaDB
  [1213, 'deadlock'],
  [1020, 'serialization'], // MariaDB: record has changed since last read
  [1412, 'serialization'], // the table's definition has, since the transaction began to read
  [1205, 'lock_timeout'],
  [3572, 'lock_timeout'],
  [1290, 'readonly'],
  [1792, 'readonly'],
  [1836, 'readonly'],
  [1317, 'query_timeout'],
  [1969, 'query_timeout'], // MariaDB: max_statement_time
  [3024, 'query_timeout'],
  [1053, 'connection_lost'],
  [1927, 'connection_lost'], // MariaDB: connection was killed
  [3169, 'connection_lost'], // MySQL: session was killed
  [4031, 'connection_lost'], // MySQL: idle for too long
  [1040, 'resources'],
  [1203, 'resources'],
  [1226, 'resources'],
  [1461, 'resources'],
  [1044, 'permission'],
  [1045, 'permission'],
  [1142, 'permission'],
  [1143, 'permission'],
  [1227, 'permission'],
  [1370, 'permission'],
  [1054, 'syntax'],
  [1064, 'syntax'],
  [1146, 'syntax'],
  [1305, 'syntax'],
  [1264, 'data'],
  [1265, 'data'],
  [1292, 'data'],
  [1366, 'data'],
  [1406, 'data'],
]);

const byClass: Readonly<Record<string, DbErrorKind>> = {
  '08': 'connection_lost',
  '22': 'data',
  '23': 'unknown',
  '28': 'permission',
  '40': 'serialization',
  '42': 'syntax',
};

/** For these the server's own words are about itself or the user, never a value. */
const speaking: ReadonlySet<DbErrorKind> = new Set(['resources', 'readonly', 'query_timeout']);

/** What the parser says of the statement's text. */
const parserSays: ReadonlyMap<number, RegExp> = new Map([
  [1054, /^Unknown column '(?:([^']+)\.)?([^'.]+)' in '[\w ]+'$/u],
  [1064, /^You have an error in your SQL syntax;[^']+near '([\s\S]*)' at line \d+$/u],
  [1146, /^Table '[^'.]+\.([^']+)' doesn't exist$/u],
  [1305, /^(?:FUNCTION|PROCEDURE|SAVEPOINT) (?:\w+\.)?(\w+) does not exist$/u],
]);

/** The error for what the server said about `text`; its words are kept only where they cannot repeat a value. */
export function mysqlError({ errno, sqlState = '', message = '' }: MysqlFailure, text: string): DbError {
  // 1290 names the option that the server runs with, such as --read-only, but --secure-file-priv too.
  const isOtherOption = errno === 1290 && !/read[-_]only/i.test(message);
  const kind = isOtherOption
    ? 'unknown'
    : (byNumber.get(errno) ?? byClass[sqlState.slice(0, 2)] ?? 'unknown');
  const details: DbErrorDetails = { sqlState, errno, ...namesIn(kind, message) };
  // 1644 is SIGNAL: the words of whoever wrote the trigger or procedure.
  const names = parserSays.get(errno)?.exec(message)?.slice(1);
  const isSafe = speaking.has(kind) || errno === 1644 || (names !== undefined && standIn(text, names));
  const said = isSafe ? message : undefined;
  return new DbError(kind, describeFailure(kind, details, said), details);
}

/** MySQL has no fields for names; its messages do, in places that have been the same since 5.7. */
function namesIn(kind: DbErrorKind, message: string): DbErrorDetails {
  switch (kind) {
    case 'unique':
      return { constraint: /for key '([^']+)'$/.exec(message)?.[1]?.replace(/^.*\./, '') };
    case 'foreign_key':
      return { constraint: /CONSTRAINT `([^`]+)`/.exec(message)?.[1] };
    case 'check':
      return { constraint: /(?:Check constraint '|CONSTRAINT `)([^'`]+)['`]/i.exec(message)?.[1] };
    case 'not_null':
      return { column: /(?:Column|Field) '([^']+)'/.exec(message)?.[1] };
    case 'data':
      return { column: /.*for column (?:`[^`]*`\.`[^`]*`\.)?['`]([^'`]+)['`]/s.exec(message)?.[1] };
    default:
      return {};
  }
}

/** What the server said, or `undefined` when the error is mysql2's own: the socket failed. */
export function mysqlFailure(error: unknown): MysqlFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const errno: unknown = Reflect.get(error, 'errno');
  const sqlState: unknown = Reflect.get(error, 'sqlState');
  const message: unknown = Reflect.get(error, 'sqlMessage');
  // Node's own errors have a negative errno, and mysql2's have none.
  if (typeof errno !== 'number' || errno < 0) return undefined;
  return {
    errno,
    sqlState: typeof sqlState === 'string' ? sqlState : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}
