/**
 * A statement cut at its values, as a template literal gives it: `strings` has one element more than `values`. The driver
 * writes the placeholders, so one statement runs on every engine that understands its words, and no value can become SQL.
 */
export interface SqlQuery {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
}

export type SqlDialect = 'postgres' | 'mysql';

export interface SqlResult<Row> {
  readonly rows: readonly Row[];
  /** Rows returned by a query, or changed by a statement. */
  readonly rowCount: number;
  /** The key that MySQL generated; PostgreSQL has `returning` instead. */
  readonly insertId?: bigint;
}

export interface SqlExecuteOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Runs one statement: a pool, a transaction or a connection. */
export interface SqlExecutor {
  readonly dialect: SqlDialect;
  execute<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: SqlExecuteOptions,
  ): Promise<SqlResult<Row>>;
}
