import type { SqlDialect, SqlQuery } from '@seaworthy/contracts';
import type { DriverResult } from '../driver.js';
import { compile } from '../sql/compile.js';
import type { Lease } from './lease.js';
import type { Limits, LimitsReader } from './limits.js';
import type { QueryOptions } from './runner.js';

export interface StatementsOptions {
  readonly dialect: SqlDialect;
  readonly limits: LimitsReader;
  /** A lease at once, when a connection is idle. */
  readonly tryBorrow: () => Lease | undefined;
  readonly borrow: (limits: Limits) => Promise<Lease>;
}

/** Runs a statement of its own, in autocommit, on whichever connection is free. */
export function createStatements({
  dialect,
  limits: reader,
  tryBorrow,
  borrow,
}: StatementsOptions): (query: SqlQuery, options: QueryOptions | undefined) => Promise<DriverResult> {
  return async (query, options) => {
    const limits = reader.ofQuery(options);
    const statement = compile(query, dialect);
    const lease = tryBorrow() ?? (await borrow(limits));
    try {
      return await lease.query(statement, limits);
    } finally {
      void lease.release();
    }
  };
}
