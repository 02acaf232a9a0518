import type { SqlQuery } from '@seaworthy/contracts';
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

export async function mysqlReport(db: Db, limits: ReportLimits): Promise<DatabaseReport> {
  const { given } = limits;
  const { active } = await db.one<{ active: unknown }>(sql`select @@performance_schema as active`, given);
  if (Number(active) === 0) {
    const missing = { available: false, reason: missingSchema } as const;
    return { slowStatements: missing, scannedTables: missing, unusedIndexes: missing };
  }
  return {
    slowStatements: await slowStatements(db, limits),
    scannedTables: await scannedTables(db, limits),
    unusedIndexes: await unusedIndexes(db, limits),
  };
}

const missingSchema =
  'performance_schema is off. Set performance_schema = ON (the shipped mariadb.cnf does; MySQL has it on) and restart the server.';
const missingRight =
  'This user may not read performance_schema. Run "grant select on performance_schema.* to …", or use the report user of the shipped roles.';

async function slowStatements(db: Db, limits: ReportLimits): Promise<ReportPart<StatementReport>> {
  const counted = await countedStatements(db, limits);
  const { version } = await db.one<{ version: string }>(sql`select version() as version`, limits.given);
  if (!counted.available || !version.includes('MariaDB')) return counted;
  const prepared = await preparedStatements(db, limits);
  const rows = [...counted.rows, ...(prepared.available ? prepared.rows : [])];
  rows.sort((one, other) => other.totalMs - one.totalMs);
  return { available: true, rows: rows.slice(0, limits.top) };
}

/** Times are in picoseconds. */
function countedStatements(db: Db, { top, given }: ReportLimits): Promise<ReportPart<StatementReport>> {
  return partOf<StatementRow, StatementReport>(
    db,
    sql`select digest as id, digest_text as statement, count_star as calls,
        sum_timer_wait / 1e9 as totalMs, avg_timer_wait / 1e9 as meanMs, max_timer_wait / 1e9 as maxMs,
        sum_rows_sent + sum_rows_affected as changed
      from performance_schema.events_statements_summary_by_digest
      where schema_name = database() and digest is not null
      order by sum_timer_wait desc limit ${top}`,
    given,
    statementReport,
  );
}

/** MariaDB has no digest of what is executed as a prepared statement, only the sum of all of them, in all databases. */
function preparedStatements(db: Db, { given }: ReportLimits): Promise<ReportPart<StatementReport>> {
  return partOf<StatementRow, StatementReport>(
    db,
    sql`select event_name as id, null as statement, count_star as calls,
        sum_timer_wait / 1e9 as totalMs, avg_timer_wait / 1e9 as meanMs, max_timer_wait / 1e9 as maxMs,
        sum_rows_sent + sum_rows_affected as changed
      from performance_schema.events_statements_summary_global_by_event_name
      where event_name = 'statement/com/Execute' and count_star > 0`,
    given,
    (row) => ({ ...statementReport(row), statement: allPrepared }),
  );
}

const allPrepared =
  '(all prepared statements together: MariaDB does not count them one by one; its slow query log shows them)';

function statementReport(row: StatementRow): StatementReport {
  return {
    id: row.id,
    statement: normalizeSql(row.statement ?? '', 'mysql'),
    calls: Number(row.calls),
    totalMs: Number(row.totalMs),
    meanMs: Number(row.meanMs),
    maxMs: Number(row.maxMs),
    rows: Number(row.changed),
  };
}

interface StatementRow {
  readonly id: string;
  readonly statement: string | null;
  readonly calls: unknown;
  readonly totalMs: unknown;
  readonly meanMs: unknown;
  readonly maxMs: unknown;
  readonly changed: unknown;
}

/** The reads of a table by no index are those of full scans; how many scans they were is not counted. */
function scannedTables(
  db: Db,
  { top, minTableRows, given }: ReportLimits,
): Promise<ReportPart<ScannedTableReport>> {
  return partOf<ScannedRow, ScannedTableReport>(
    db,
    sql`select object_name as name, table_rows as size, count_read as "rowsRead"
      from performance_schema.table_io_waits_summary_by_index_usage
      join information_schema.tables on table_schema = object_schema and table_name = object_name
      where object_schema = database() and index_name is null and count_read > 0 and table_rows >= ${minTableRows}
      order by count_read desc limit ${top}`,
    given,
    ({ name, size, rowsRead }) => ({
      table: name,
      rows: Number(size),
      scans: Math.max(Math.round(Number(rowsRead) / Math.max(Number(size), 1)), 1),
      rowsRead: Number(rowsRead),
    }),
  );
}

interface ScannedRow {
  readonly name: string;
  readonly size: unknown;
  readonly rowsRead: unknown;
}

function unusedIndexes(db: Db, { top, given }: ReportLimits): Promise<ReportPart<UnusedIndexReport>> {
  return partOf<UnusedIndexReport, UnusedIndexReport>(
    db,
    sql`select distinct object_name as \`table\`, io.index_name as \`index\`
      from performance_schema.table_io_waits_summary_by_index_usage as io
      join information_schema.statistics as indexes
        on indexes.table_schema = object_schema and indexes.table_name = object_name and indexes.index_name = io.index_name
      where object_schema = database() and count_star = 0 and non_unique = 1
      order by object_name, io.index_name limit ${top}`,
    given,
    (row) => row,
  );
}

async function partOf<Row extends object, Reported>(
  db: Db,
  query: SqlQuery,
  given: ReportLimits['given'],
  report: (row: Row) => Reported,
): Promise<ReportPart<Reported>> {
  try {
    return { available: true, rows: (await db.many<Row>(query, given)).map(report) };
  } catch (error) {
    if (DbError.is(error) && error.kind === 'permission') return { available: false, reason: missingRight };
    throw error;
  }
}
