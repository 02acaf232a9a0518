import type { QueryRunner } from '../session/runner.js';
import { sql } from '../sql/sql.js';
import { MigrationError } from './migration-error.js';

/**
 * A table that is there while a backup is being put back. Without it a runner that dies then would leave an empty or half-filled
 * database, in which the next one would find nothing applied and start from nothing.
 */
export const restoreMark = 'seaworthy_restoring';

const table = sql.id(restoreMark);

export async function markRestoring(runner: QueryRunner, backup: string): Promise<void> {
  await runner.exec(sql`create table if not exists ${table} (backup varchar(1000) not null)`);
  await runner.exec(sql`insert into ${table} ${sql.row({ backup: backup.slice(0, 1_000) })}`);
}

export async function unmarkRestoring(runner: QueryRunner): Promise<void> {
  await runner.exec(sql`drop table if exists ${table}`);
}

/** @throws MigrationError `DB_MIGRATION_RESTORE` when a backup was not put back to its end. */
export async function requireRestored(runner: QueryRunner): Promise<void> {
  const schema = runner.dialect === 'postgres' ? sql`current_schema()` : sql`database()`;
  const found = await runner.many(
    sql`select 1 as found from information_schema.tables where table_schema = ${schema} and table_name = ${restoreMark}`,
  );
  if (found.length === 0) return;
  const [row] = await runner.many<{ backup: string }>(sql`select backup from ${table}`);
  throw new MigrationError(
    `Backup ${row?.backup ?? 'of unknown name'} was not put back to its end, so the database may be incomplete. Restore it by hand, then drop the table ${restoreMark}.`,
    { code: 'DB_MIGRATION_RESTORE' },
  );
}
