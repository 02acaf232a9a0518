import type {
  DurationInput,
  SqlExecuteOptions,
  SqlExecutor,
  SqlQuery,
  SqlResult,
} from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { TypedSql } from '../sql/sql.js';
import type { StandardSchema } from '../sql/standard-schema.js';
import { validateRows } from './validate-rows.js';

export interface QueryOptions extends SqlExecuteOptions {
  /** The whole call: waiting for a connection, connecting and the statement. @defaultValue deadline.query */
  readonly timeout?: DurationInput | undefined;
  /**
   * It may run twice: when the connection is lost before the answer, it is run again on another one. Says nothing inside a
   * transaction, and is not needed for what was never sent, which is always sent again.
   * @defaultValue true for a statement that plainly only reads
   */
  readonly idempotent?: boolean | undefined;
}

/** What a statement that changes rows answers. */
export interface ExecResult {
  readonly rowCount: number;
  /** The key that MySQL generated; PostgreSQL has `returning` instead. */
  readonly insertId?: bigint;
}

/** Runs statements: a database, a transaction or a borrowed connection. */
export interface QueryRunner extends SqlExecutor {
  execute<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: QueryOptions,
  ): Promise<SqlResult<Row>>;
  /** All rows. */
  many<Row>(query: TypedSql<Row>, options?: QueryOptions): Promise<Row[]>;
  many<Row extends object = Record<string, unknown>>(query: SqlQuery, options?: QueryOptions): Promise<Row[]>;
  /** The only row. @throws DbError `no_rows` or `too_many_rows`. */
  one<Row>(query: TypedSql<Row>, options?: QueryOptions): Promise<Row>;
  one<Row extends object = Record<string, unknown>>(query: SqlQuery, options?: QueryOptions): Promise<Row>;
  /** The only row, or `undefined` when there is none. @throws DbError `too_many_rows`. */
  maybeOne<Row>(query: TypedSql<Row>, options?: QueryOptions): Promise<Row | undefined>;
  maybeOne<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: QueryOptions,
  ): Promise<Row | undefined>;
  /** Runs a statement whose rows do not matter. */
  exec(query: SqlQuery, options?: QueryOptions): Promise<ExecResult>;
}

type Execute = QueryRunner['execute'];

/** A statement, perhaps with a schema for its rows. */
type Checked<Row> = SqlQuery & { readonly schema?: StandardSchema<Row> };

/** The query methods over one way to execute. */
export function createRunner(dialect: SqlExecutor['dialect'], run: Execute): QueryRunner {
  async function execute<Row extends object>(
    query: SqlQuery,
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    try {
      return await run<Row>(query, options);
    } catch (error) {
      // An error is born where the driver hears of it, far from whoever asked; from here the stack leads to the caller.
      if (DbError.is(error)) Error.captureStackTrace(error, execute);
      throw error;
    }
  }

  async function many<Row extends object>(query: Checked<Row>, options?: QueryOptions): Promise<Row[]> {
    const { rows } = await execute<Row>(query, options);
    return query.schema === undefined ? [...rows] : validateRows(query.schema, rows);
  }

  async function maybeOne<Row extends object>(
    query: Checked<Row>,
    options?: QueryOptions,
  ): Promise<Row | undefined> {
    const { rows } = await execute<Row>(query, options);
    if (rows.length > 1) throw tooManyRows(rows.length);
    return query.schema === undefined ? rows[0] : (await validateRows(query.schema, rows))[0];
  }

  return {
    dialect,
    execute,
    many,
    maybeOne,
    async one<Row extends object>(query: Checked<Row>, options?: QueryOptions): Promise<Row> {
      const row = await maybeOne(query, options);
      if (row === undefined) throw noRows();
      return row;
    },
    async exec(query, options) {
      const { rowCount, insertId } = await execute(query, options);
      return insertId === undefined ? { rowCount } : { rowCount, insertId };
    },
  };
}

function tooManyRows(count: number): DbError {
  return new DbError(
    'too_many_rows',
    `The statement gave ${count} rows where at most one was expected. Narrow its condition, or call many().`,
  );
}

function noRows(): DbError {
  return new DbError(
    'no_rows',
    'The statement gave no row where exactly one was expected. Call maybeOne() when that may be.',
  );
}
