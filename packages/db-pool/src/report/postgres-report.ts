import type { Db } from '../db.js';
import { DbError } from '../db-error.js';
import { normalizeSql } from '../observe/normalize-sql.js';
import { sql } from '../sql/sql.js';
import type {
  DatabaseReport,
  ReportLimits,
  ReportPart,
  ScannedTableReport,
  StatementReport,
  UnusedIndexReport,
} from './report-parts.js';

/** `mean_exec_time` and its kin are called `mean_time` before version 1.8 of the extension, of PostgreSQL 13. */
const firstWithExecTimes = [1, 8] as const;

export async function postgresReport(db: Db, limits: ReportLimits): Promise<DatabaseReport> {
  return {
    slowStatements: await slowStatements(db, limits),
    scannedTables: { available: true, rows: await scannedTables(db, limits) },
    unusedIndexes: { available: true, rows: await unusedIndexes(db, limits) },
  };
}

async function slowStatements(db: Db, { top, given }: ReportLimits): Promise<ReportPart<StatementReport>> {
  const extension = await db.maybeOne<{ schema: string; version: string }>(
    sql`select nspname as schema, extversion as version
      from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
      where extname = 'pg_stat_statements'`,
    given,
  );
  if (extension === undefined) return unavailable(missingExtension);
  if (isOlder(extension.version)) {
    return unavailable(
      `pg_stat_statements ${extension.version} is older than PostgreSQL 13: run "alter extension pg_stat_statements update".`,
    );
  }
  try {
    const rows = await db.many<StatementRow>(
      sql`select coalesce(queryid::text, '') as id, query, calls, rows,
          total_exec_time as "totalMs", mean_exec_time as "meanMs", max_exec_time as "maxMs"
        from ${sql.id(extension.schema, 'pg_stat_statements')}
        where dbid = (select oid from pg_database where datname = current_database())
        order by total_exec_time desc limit ${top}`,
      given,
    );
    // Its own statements the role may always see, and they are not what the report is for.
    if (rows.some(({ query }) => query === hidden)) return unavailable(missingRight);
    return { available: true, rows: rows.map(statementReport) };
  } catch (error) {
    // 55000: the extension was created, but the server was started without its library.
    if (DbError.is(error) && error.sqlState === '55000') return unavailable(missingLibrary);
    if (DbError.is(error) && error.kind === 'permission') return unavailable(missingRight);
    throw error;
  }
}

interface StatementRow {
  readonly id: string;
  readonly query: string;
  readonly calls: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

/** What the server shows of the statements of others. */
const hidden = '<insufficient privilege>';

const missingExtension =
  'The extension pg_stat_statements is not there. Set shared_preload_libraries = \'pg_stat_statements\' (the shipped postgresql.conf does), restart the server, and run "create extension pg_stat_statements" in this database.';
const missingLibrary =
  "pg_stat_statements was created but the server runs without it. Set shared_preload_libraries = 'pg_stat_statements' and restart the server.";
const missingRight =
  'This role may not read the statements of others. Run "grant pg_read_all_stats to …", or use the report role of the shipped roles.';

/** The extension leaves the values in statements such as `set` and `alter role`. */
function statementReport({ query, ...row }: StatementRow): StatementReport {
  return { ...row, statement: normalizeSql(query, 'postgres') };
}

function scannedTables(db: Db, { top, minTableRows, given }: ReportLimits): Promise<ScannedTableReport[]> {
  return db.many<ScannedTableReport>(
    sql`select format('%I.%I', schemaname, stats.relname) as table,
        greatest(n_live_tup, reltuples::bigint, 0) as rows, seq_scan as scans, seq_tup_read as "rowsRead"
      from pg_stat_user_tables as stats join pg_class on pg_class.oid = stats.relid
      where seq_scan > 0 and greatest(n_live_tup, reltuples::bigint, 0) >= ${minTableRows}::bigint
      order by seq_tup_read desc limit ${top}`,
    given,
  );
}

function unusedIndexes(db: Db, { top, given }: ReportLimits): Promise<UnusedIndexReport[]> {
  return db.many<UnusedIndexReport>(
    sql`select format('%I.%I', schemaname, relname) as table, indexrelname as index
      from pg_stat_user_indexes join pg_index using (indexrelid)
      where idx_scan = 0 and not indisunique
      order by pg_relation_size(indexrelid) desc limit ${top}`,
    given,
  );
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [firstMajor, firstMinor] = firstWithExecTimes;
  return major < firstMajor || (major === firstMajor && minor < firstMinor);
}

function unavailable<Row>(reason: string): ReportPart<Row> {
  return { available: false, reason };
}
