import { SeaworthyError } from '@seaworthy/contracts';

/** Every kind of failure and the code it has. The names mean the same on every engine. */
const codes = {
  unique: 'DB_UNIQUE',
  foreign_key: 'DB_FOREIGN_KEY',
  not_null: 'DB_NOT_NULL',
  check: 'DB_CHECK',
  exclusion: 'DB_EXCLUSION',
  deadlock: 'DB_DEADLOCK',
  serialization: 'DB_SERIALIZATION',
  lock_timeout: 'DB_LOCK_TIMEOUT',
  acquire_timeout: 'DB_ACQUIRE_TIMEOUT',
  connect_timeout: 'DB_CONNECT_TIMEOUT',
  query_timeout: 'DB_QUERY_TIMEOUT',
  transaction_timeout: 'DB_TRANSACTION_TIMEOUT',
  aborted: 'DB_ABORTED',
  unavailable: 'DB_UNAVAILABLE',
  connection_lost: 'DB_CONNECTION_LOST',
  commit_unknown: 'DB_COMMIT_UNKNOWN',
  transaction_aborted: 'DB_TRANSACTION_ABORTED',
  readonly: 'DB_READONLY',
  syntax: 'DB_SYNTAX',
  data: 'DB_DATA',
  permission: 'DB_PERMISSION',
  resources: 'DB_RESOURCES',
  invalid_value: 'DB_INVALID_VALUE',
  no_rows: 'DB_NO_ROWS',
  too_many_rows: 'DB_TOO_MANY_ROWS',
  result: 'DB_RESULT_MISMATCH',
  locked: 'DB_FOLDER_LOCKED',
  budget: 'DB_CONNECTION_BUDGET',
  migration: 'DB_MIGRATION',
  closed: 'DB_CLOSED',
  unknown: 'DB_UNKNOWN',
} as const;

/** What went wrong, the same word on every engine: `'unique'`, `'deadlock'`, `'acquire_timeout'`… */
export type DbErrorKind = keyof typeof codes;

/** What the server said about where it happened. Names only: the values that collided stay in the server. */
export interface DbErrorDetails {
  /** Five characters, on both engines. */
  readonly sqlState?: string | undefined;
  /** MySQL's number: 1062, 1213. */
  readonly errno?: number | undefined;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

export interface DbErrorOptions extends DbErrorDetails {
  /** Nothing of the statement was sent, so it can be run again whatever it does. @defaultValue false */
  readonly unsent?: boolean;
  readonly cause?: unknown;
}

/**
 * The one error that queries, transactions and connections fail with. Compare `kind` or `code`, never the message.
 *
 * The message, the properties and the cause hold neither values from the statement nor credentials: the driver's own error,
 * whose text repeats values, is not attached.
 *
 * @example
 * try {
 *   await db.exec(sql`insert into users ${sql.row({ email })}`);
 * } catch (error) {
 *   if (DbError.is(error) && error.kind === 'unique') return 'taken';
 *   throw error;
 * }
 */
export class DbError extends SeaworthyError {
  static override readonly kind: string = 'DbError';

  readonly kind: DbErrorKind;
  /** True when nothing of the statement left this process: it had no effect, and may be run again. */
  declare readonly unsent?: boolean;
  declare readonly sqlState?: string;
  declare readonly errno?: number;
  declare readonly constraint?: string;
  declare readonly table?: string;
  declare readonly column?: string;

  constructor(kind: DbErrorKind, message: string, options: DbErrorOptions = {}) {
    super(message, { code: codes[kind], cause: options.cause });
    this.kind = kind;
    if (options.unsent === true) this.unsent = true;
    if (options.sqlState !== undefined) this.sqlState = options.sqlState;
    if (options.errno !== undefined) this.errno = options.errno;
    if (options.constraint !== undefined) this.constraint = options.constraint;
    if (options.table !== undefined) this.table = options.table;
    if (options.column !== undefined) this.column = options.column;
  }

  /** Whether a transaction that failed so may be run again from its start. */
  get isRetryable(): boolean {
    return this.kind === 'deadlock' || this.kind === 'serialization' || this.kind === 'lock_timeout';
  }
}
