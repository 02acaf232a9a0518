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

  async function rowsOf<Row extends object>(
    query: SqlQuery & { readonly schema?: StandardSchema<Row> },
    options?: QueryOptions,
  ): Promise<Row[]> {
    const { rows } = await execute<Row>(query, options);
    return query.schema === undefined ? [...rows] : validateRows(query.schema, rows);
  }

  async function only<Row extends object>(query: SqlQuery, options?: QueryOptions): Promise<Row | undefined> {
    const rows = await rowsOf<Row>(query, options);
    if (rows.length > 1) {
      throw new DbError(
        'too_many_rows',
        `The statement gave ${rows.length} rows where at most one was expected. Narrow its condition, or call many().`,
      );
    }
    return rows[0];
  }

  return {
    dialect,
    execute,
    many: rowsOf,
    maybeOne: only,
    async one<Row extends object>(query: SqlQuery, options?: QueryOptions): Promise<Row> {
      const row = await only<Row>(query, options);
      if (row !== undefined) return row;
      throw new DbError(
        'no_rows',
        'The statement gave no row where exactly one was expected. Call maybeOne() when that may be.',
      );
    },
    async exec(query, options) {
      const { rowCount, insertId } = await execute(query, options);
      return insertId === undefined ? { rowCount } : { rowCount, insertId };
    },
  };
}
