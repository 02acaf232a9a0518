import type { QueryRunner } from '../session/runner.js';
import { sql } from '../sql/sql.js';

/** Which of a migration's two files ran last. */
export type Direction = 'up' | 'down';

/** What the database remembers of a migration. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  /** `undefined` while it runs, and for good when it stopped half way where schema changes commit by themselves. */
  readonly finishedAt: Date | undefined;
  readonly direction: Direction;
  /** How many of its statements are known to have taken effect. */
  readonly statementsDone: number;
  /** What the runner said of itself, if it did. */
  readonly environment: string | undefined;
}

const tableName = 'seaworthy_migrations';
const table = sql.id(tableName);

interface Row {
  readonly name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
  readonly direction?: Direction;
  readonly statements_done?: number;
  readonly environment?: string | null;
}

const time = (runner: QueryRunner) => (runner.dialect === 'postgres' ? sql`timestamptz` : sql`datetime(3)`);

/** Creates the table, or adds what a table of the first version lacks. */
export async function ensureTable(runner: QueryRunner): Promise<void> {
  const columns = await columnsOf(runner);
  if (columns.size === 0) {
    await runner.exec(sql`create table if not exists ${table} (
      name varchar(200) not null primary key,
      checksum char(64) not null,
      started_at ${time(runner)} not null,
      finished_at ${time(runner)} null,
      ${addedColumns}
    )`);
  } else if (!columns.has('statements_done')) {
    const parts = added.map((column) => sql`add column ${column}`);
    await runner.exec(sql`alter table ${table} ${sql.join(parts)}`);
  }
}

const added = [
  sql`direction varchar(4) not null default 'up'`,
  sql`statements_done int not null default 0`,
  sql`environment varchar(20) null`,
];
const addedColumns = sql.join(added);

/** Whether the table exists: asking for the status must not create it. */
export async function hasTable(runner: QueryRunner): Promise<boolean> {
  return (await columnsOf(runner)).size > 0;
}

async function columnsOf(runner: QueryRunner): Promise<ReadonlySet<string>> {
  const schema = runner.dialect === 'postgres' ? sql`current_schema()` : sql`database()`;
  const rows = await runner.many<{ name: string }>(
    sql`select column_name as name from information_schema.columns
        where table_schema = ${schema} and table_name = ${tableName}`,
  );
  return new Set(rows.map(({ name }) => name.toLowerCase()));
}

export async function readApplied(runner: QueryRunner): Promise<AppliedMigration[]> {
  const rows = await runner.many<Row>(sql`select * from ${table} order by name`);
  return rows.map((row) => ({
    name: row.name,
    checksum: row.checksum,
    finishedAt: row.finished_at ?? undefined,
    direction: row.direction ?? 'up',
    statementsDone: row.statements_done ?? 0,
    environment: row.environment ?? undefined,
  }));
}

export interface StartedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly environment: string | undefined;
  readonly at: Date;
}

export async function recordStarted(runner: QueryRunner, started: StartedMigration): Promise<void> {
  const { name, checksum, at, environment = null } = started;
  await runner.exec(sql`insert into ${table} ${sql.row({ name, checksum, started_at: at, environment })}`);
}

/** From now on it counts as neither applied nor gone. */
export async function recordReverting(runner: QueryRunner, name: string): Promise<void> {
  const change = sql.set({ finished_at: null, direction: 'down', statements_done: 0 });
  await runner.exec(sql`update ${table} set ${change} where name = ${name}`);
}

export async function recordProgress(
  runner: QueryRunner,
  name: string,
  statementsDone: number,
): Promise<void> {
  await runner.exec(sql`update ${table} set statements_done = ${statementsDone} where name = ${name}`);
}

export async function recordFinished(runner: QueryRunner, name: string, at: Date): Promise<void> {
  const change = sql.set({ finished_at: at, direction: 'up' });
  await runner.exec(sql`update ${table} set ${change} where name = ${name}`);
}

export async function forget(runner: QueryRunner, name: string): Promise<void> {
  await runner.exec(sql`delete from ${table} where name = ${name}`);
}
