import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@seaworthy/contracts';
import mysqlDriver from 'mysql2/promise';
import pg from 'pg';
import { onTestFinished } from 'vitest';

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backup-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file below a folder, hidden ones too. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

export async function sql(url: string, ...statements: readonly string[]): Promise<unknown[]> {
  return url.startsWith('mysql') ? mysqlRows(url, statements) : postgresRows(url, statements);
}

async function postgresRows(url: string, statements: readonly string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

async function mysqlRows(url: string, statements: readonly string[]): Promise<unknown[]> {
  const connection = await mysqlDriver.createConnection(url);
  try {
    let rows: unknown = [];
    for (const statement of statements) [rows] = await connection.query(statement);
    return Array.isArray(rows) ? rows : [];
  } finally {
    await connection.end();
  }
}

/** Row count and a hash over the content of every table, whatever the order of the rows. */
export async function fingerprint(url: string): Promise<unknown> {
  const isMysql = url.startsWith('mysql');
  const tables = await sql(
    url,
    isMysql
      ? "select table_name as name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE' order by 1"
      : "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname !~ '^pg_' and schemaname <> 'information_schema' order by 1",
  );
  const prints: unknown[] = [];
  for (const table of tables) {
    const name = String(Reflect.get(Object(table), 'name'));
    if (!isMysql) {
      prints.push([
        name,
        await sql(
          url,
          `select count(*)::int, md5(string_agg(md5(t::text), '' order by md5(t::text))) from ${name} t`,
        ),
      ]);
      continue;
    }
    const columns = await sql(
      url,
      `select column_name as name from information_schema.columns where table_schema = database() and table_name = '${name}' order by ordinal_position`,
    );
    const list = columns.map((column) => `ifnull(hex(\`${Reflect.get(Object(column), 'name')}\`), 'null')`);
    prints.push([
      name,
      await sql(
        url,
        'set session group_concat_max_len = 1073741824',
        `select count(*) as n, md5(group_concat(h order by h separator '')) as hash from (select md5(concat_ws(',', ${list.join()})) as h from \`${name}\`) t`,
      ),
    ]);
  }
  return prints;
}

export interface ProcessSeen {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly commandLine: string;
}

/** All processes of the machine that live. Synchronous, because a fast look is what catches a short-lived process. */
export function processes(): readonly ProcessSeen[] {
  const seen: ProcessSeen[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (state !== 'Z') seen.push({ pid: Number(name), parent: Number(parent), state, commandLine });
    } catch {
      // ended while we looked
    }
  }
  return seen;
}

/** The children of a process that run that program. */
export function childrenOf(parent: number, program: string): readonly number[] {
  return processes()
    .filter((one) => one.parent === parent && new RegExp(`(^|/)${program} `).test(one.commandLine))
    .map((one) => one.pid);
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps what it was told. */
export function recordingLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const method =
    (level: string) =>
    (message: string, fields: LogLine['fields'] = {}) =>
      lines.push({ level, message, fields });
  return {
    lines,
    logger: { error: method('error'), warn: method('warn'), info: method('info'), debug: method('debug') },
  };
}

/** One of everything that a PostgreSQL dump must carry. */
export const postgresSchema = [
  'create schema archive',
  `create type mood as enum ('calm', 'stormy')`,
  `create table teams (id int generated always as identity primary key, name text not null unique, mood mood)`,
  `create table check_ins (id bigserial primary key, team int references teams, value numeric(12,3), note text,
     at timestamptz default '2026-01-02 03:04:05+00', raw bytea, tags text[], extra jsonb)`,
  `create table archive.old (a int, b text)`,
  `insert into teams (name, mood) values ('Größe "A"', 'calm'), (E'tab\\tnewline\\nback\\\\slash', 'stormy'), (e'\\\\.', null)`,
  `insert into check_ins (team, value, note, raw, tags, extra)
     select 1 + g % 3, g / 7.0, md5(g::text), decode(md5(g::text), 'hex'), array['x', null], '{"a": [1, null]}'
     from generate_series(1, 5000) g`,
  `insert into archive.old select g, repeat('é', g % 5) from generate_series(1, 100) g`,
  `create view by_team as select team, count(*) from check_ins group by team`,
  `create function double(n int) returns int language sql as 'select n * 2'`,
  `create function stamp() returns trigger language plpgsql as $$ begin new.note := coalesce(new.note, 'stamped'); return new; end $$`,
  'create trigger stamp before insert on check_ins for each row execute function stamp()',
];

/** Text that does not compress to nothing. */
export const postgresBulk = (rows: number): readonly string[] => [
  'create table bulk (id int primary key, body text)',
  `insert into bulk select g, (select string_agg(md5((g * 31 + n)::text), '') from generate_series(1, 10) n) from generate_series(1, ${rows}) g`,
];

/** One of everything that a MySQL dump must carry. */
export const mysqlSchema = [
  'create table accounts (id int primary key auto_increment, name varchar(100) not null, balance bigint not null) character set utf8mb4',
  `create table invoices (id int primary key, account int not null, amount decimal(12,2), note text, body blob, at datetime(6),
     constraint fk_account foreign key (account) references accounts (id)) character set utf8mb4`,
  `insert into accounts (name, balance) values ('Größe "A" 🚢', 1000), ('tab\\tnewline\\nback\\\\slash\\'', 1000)`,
  `insert into invoices select seq, 1 + seq % 2, seq / 7, md5(seq), unhex(md5(seq)), '2026-01-02 03:04:05.123456' from seq_1_to_2000`,
  'create view due as select account, sum(amount) as total from invoices group by account',
  'create procedure pay(in n int) update accounts set balance = balance - n where id = 1',
  'create function twice(n int) returns int deterministic return n * 2',
  "create trigger fill before insert on invoices for each row set new.note = coalesce(new.note, 'filled')",
  "create event nightly on schedule every 1 day starts '2030-01-01 00:00:00' do delete from invoices where id < 0",
];
