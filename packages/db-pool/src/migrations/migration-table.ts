import type { QueryRunner } from '../session/runner.js';
import { sql } from '../sql/sql.js';

/** What the database remembers of a migration. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly startedAt: Date;
  /** `undefined` while it runs, and for good when it failed half way on MySQL. */
  readonly finishedAt: Date | undefined;
}

const table = sql.id('seaworthy_migrations');

interface Row {
  readonly name: string;
  readonly checksum: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
}

export async function ensureTable(runner: QueryRunner): Promise<void> {
  const time = runner.dialect === 'postgres' ? sql`timestamptz` : sql`datetime(3)`;
  await runner.exec(sql`create table if not exists ${table} (
    name varchar(200) not null primary key,
    checksum char(64) not null,
    started_at ${time} not null,
    finished_at ${time} null
  )`);
}

/** Whether the table exists: asking for the status must not create it. */
export async function hasTable(runner: QueryRunner): Promise<boolean> {
  const schema = runner.dialect === 'postgres' ? sql`current_schema()` : sql`database()`;
  const rows = await runner.many(
    sql`select 1 as found from information_schema.tables
        where table_schema = ${schema} and table_name = 'seaworthy_migrations'`,
  );
  return rows.length > 0;
}

export async function readApplied(runner: QueryRunner): Promise<AppliedMigration[]> {
  const rows = await runner.many<Row>(
    sql`select name, checksum, started_at, finished_at from ${table} order by name`,
  );
  return rows.map((row) => ({
    name: row.name,
    checksum: row.checksum,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
  }));
}

export async function recordStarted(
  runner: QueryRunner,
  name: string,
  checksum: string,
  at: Date,
): Promise<void> {
  await runner.exec(sql`insert into ${table} ${sql.row({ name, checksum, started_at: at })}`);
}

export async function recordFinished(runner: QueryRunner, name: string, at: Date): Promise<void> {
  await runner.exec(sql`update ${table} set finished_at = ${at} where name = ${name}`);
}

export async function forget(runner: QueryRunner, name: string): Promise<void> {
  await runner.exec(sql`delete from ${table} where name = ${name}`);
}
