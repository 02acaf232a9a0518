import { type DurationInput, invalidOption, optionsOf, wholeNumber } from '@seaworthy/contracts';
import type { Db } from '../db.js';
import { mysqlReport } from './mysql-report.js';
import { postgresReport } from './postgres-report.js';
import type { DatabaseReport, ReportLimits } from './report-parts.js';

export interface DatabaseReportOptions {
  /** How many of each. @defaultValue 10 */
  readonly top?: number;
  /** Smaller tables are fine to scan. @defaultValue 1000 */
  readonly minTableRows?: number;
  /** For each of the server's answers. @defaultValue deadline.query */
  readonly timeout?: DurationInput | undefined;
  readonly signal?: AbortSignal | undefined;
}

const owner = 'databaseReport';
const readOptions = optionsOf<DatabaseReportOptions>(owner, {
  top: true,
  minTableRows: true,
  timeout: true,
  signal: true,
});

/**
 * What the server has counted since its statistics began: the statements that cost most, the tables that are scanned and the
 * indexes that nobody uses. PostgreSQL has the statements in `pg_stat_statements`, MySQL and MariaDB in
 * `performance_schema`; a part that the server cannot give says what to turn on.
 *
 * The role needs `pg_read_all_stats`, or `select` on `performance_schema`: the shipped roles have one for reports.
 *
 * @example
 * const { slowStatements } = await databaseReport(db, { top: 10 });
 * if (slowStatements.available) console.table(slowStatements.rows);
 * else console.log(slowStatements.reason);
 */
export async function databaseReport(db: Db, options: DatabaseReportOptions = {}): Promise<DatabaseReport> {
  const { top = 10, minTableRows = 1_000, timeout, signal } = readOptions(options);
  if (typeof db?.execute !== 'function') throw invalidOption(owner, 'db', 'what createDb() returned');
  const limits: ReportLimits = {
    top: wholeNumber(owner, 'top', top, { min: 1, max: 1_000 }),
    minTableRows: wholeNumber(owner, 'minTableRows', minTableRows),
    given: { ...(timeout === undefined ? {} : { timeout }), signal },
  };
  return db.dialect === 'postgres' ? postgresReport(db, limits) : mysqlReport(db, limits);
}
