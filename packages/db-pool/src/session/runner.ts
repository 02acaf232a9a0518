import type {
  DurationInput,
  SqlDialect,
  SqlExecuteOptions,
  SqlExecutor,
  SqlQuery,
  SqlResult,
  StandardSchema,
} from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { RowReader } from './row-reader.js';
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
export interface QueryRunner extends SqlExecutor, RowReader<QueryOptions> {
  execute<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: QueryOptions,
  ): Promise<SqlResult<Row>>;
  /** Runs a statement whose rows do not matter. */
  exec(query: SqlQuery, options?: QueryOptions): Promise<ExecResult>;
}

type Execute = QueryRunner['execute'];

/** A statement, perhaps with a schema for its rows. */
type Checked<Row> = SqlQuery & { readonly schema?: StandardSchema<unknown, Row> };

/** The query methods over one way to execute. */
export abstract class Runner implements QueryRunner {
  abstract readonly dialect: SqlDialect;

  protected abstract run<Row extends object>(
    query: SqlQuery,
    options: QueryOptions | undefined,
  ): Promise<SqlResult<Row>>;

  async execute<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: QueryOptions,
  ): Promise<SqlResult<Row>> {
    try {
      return await this.run<Row>(query, options);
    } catch (error) {
      // An error is born where the driver hears of it, far from whoever asked; from here the stack leads to the caller.
      if (DbError.is(error)) Error.captureStackTrace(error, this.execute);
      throw error;
    }
  }

  async many<Row extends object>(query: Checked<Row>, options?: QueryOptions): Promise<Row[]> {
    const { rows } = await this.execute<Row>(query, options);
    return query.schema === undefined ? [...rows] : validateRows(query.schema, rows);
  }

  async maybeOne<Row extends object>(query: Checked<Row>, options?: QueryOptions): Promise<Row | undefined> {
    const { rows } = await this.execute<Row>(query, options);
    if (rows.length > 1) throw tooManyRows(rows.length);
    return query.schema === undefined ? rows[0] : (await validateRows(query.schema, rows))[0];
  }

  async one<Row extends object>(query: Checked<Row>, options?: QueryOptions): Promise<Row> {
    const { rows } = await this.execute<Row>(query, options);
    if (rows.length > 1) throw tooManyRows(rows.length);
    const [row] = query.schema === undefined ? rows : await validateRows(query.schema, rows);
    if (row === undefined) throw noRows();
    return row;
  }

  async exec(query: SqlQuery, options?: QueryOptions): Promise<ExecResult> {
    const { rowCount, insertId } = await this.execute(query, options);
    return insertId === undefined ? { rowCount } : { rowCount, insertId };
  }
}

class RunnerOver extends Runner {
  readonly dialect: SqlDialect;
  protected readonly run: Execute;

  constructor(dialect: SqlDialect, run: Execute) {
    super();
    this.dialect = dialect;
    this.run = run;
  }
}

/** The query methods over one way to execute, as functions that need no `this`. */
export function createRunner(dialect: SqlDialect, run: Execute): QueryRunner {
  const runner = new RunnerOver(dialect, run);
  return {
    dialect,
    execute: (query, options) => runner.execute(query, options),
    many: <Row extends object>(query: Checked<Row>, options?: QueryOptions) => runner.many(query, options),
    maybeOne: <Row extends object>(query: Checked<Row>, options?: QueryOptions) =>
      runner.maybeOne(query, options),
    one: <Row extends object>(query: Checked<Row>, options?: QueryOptions) => runner.one(query, options),
    exec: (query, options) => runner.exec(query, options),
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
