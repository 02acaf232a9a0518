import type { SqlQuery } from '@seaworthy/contracts';
import type { TypedSql } from '../sql/sql.js';

/** Reads rows: a database, a transaction, its replicas or a cache, each with its own options. */
export interface RowReader<Options> {
  /** All rows. */
  many<Row>(query: TypedSql<Row>, options?: Options): Promise<Row[]>;
  many<Row extends object = Record<string, unknown>>(query: SqlQuery, options?: Options): Promise<Row[]>;
  /** The only row. @throws DbError `no_rows` or `too_many_rows`. */
  one<Row>(query: TypedSql<Row>, options?: Options): Promise<Row>;
  one<Row extends object = Record<string, unknown>>(query: SqlQuery, options?: Options): Promise<Row>;
  /** The only row, or `undefined` when there is none. @throws DbError `too_many_rows`. */
  maybeOne<Row>(query: TypedSql<Row>, options?: Options): Promise<Row | undefined>;
  maybeOne<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: Options,
  ): Promise<Row | undefined>;
}
