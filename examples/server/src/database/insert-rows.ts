import { type QueryRunner, type Sql, sql } from '@seaworthy/db-pool';

/** Statements have a bound on their values, so rows go in by hundreds. */
const batch = 200;

/** Puts many rows into a table, whose name the author wrote. */
export async function insertRows(
  db: QueryRunner,
  table: Sql,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += batch) {
    await db.exec(sql`insert into ${table} ${sql.rows(rows.slice(from, from + batch))}`);
  }
}
