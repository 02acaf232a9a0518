import type { DbConnection } from '../db.js';
import { sql } from '../sql/sql.js';
import { restoreMark } from './restore-mark.js';

/** Collected before the first drop: what a cascade takes along cannot be named afterwards. Extensions keep what is theirs. */
const emptyPostgres = `do $seaworthy$
declare
  commands text[];
  command text;
begin
  select array_agg(text order by rank) into commands from (
    select 1 as rank, format(case relkind when 'm' then 'drop materialized view if exists %I.%I cascade'
        else 'drop view if exists %I.%I cascade' end, nspname, relname) as text
      from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname = current_schema() and relkind in ('v', 'm')
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    union all
    select 2, format(case relkind when 'S' then 'drop sequence if exists %I.%I cascade'
        when 'f' then 'drop foreign table if exists %I.%I cascade'
        else 'drop table if exists %I.%I cascade' end, nspname, relname)
      from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname = current_schema() and relkind in ('r', 'p', 'f', 'S') and relname <> '${restoreMark}'
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('e', 'i'))
    union all
    select 3, format('drop routine if exists %I.%I(%s) cascade', nspname, proname, pg_get_function_identity_arguments(p.oid))
      from pg_proc p join pg_namespace n on n.oid = pronamespace
      where nspname = current_schema()
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
    union all
    select 4, format(case typtype when 'd' then 'drop domain if exists %I.%I cascade'
        else 'drop type if exists %I.%I cascade' end, nspname, typname)
      from pg_type t join pg_namespace n on n.oid = typnamespace left join pg_class c on c.oid = typrelid
      where nspname = current_schema() and (typtype in ('d', 'e', 'r') or (typtype = 'c' and relkind = 'c'))
        and not exists (select from pg_depend d where d.objid = t.oid and d.deptype = 'e')
  ) as found;
  foreach command in array coalesce(commands, array[]::text[]) loop
    execute command;
  end loop;
end
$seaworthy$`;

/** What MySQL's and MariaDB's information_schema calls a table, and how to drop it. */
const dropByType: Readonly<Record<string, string>> = { VIEW: 'view', SEQUENCE: 'sequence' };

/** Drops every table but the restore mark, view, sequence, routine and type of the current schema. On PostgreSQL all or none. */
export async function emptySchema(connection: DbConnection): Promise<void> {
  if (connection.dialect === 'postgres') {
    await connection.script(emptyPostgres);
    return;
  }
  const tables = await connection.many<{ name: string; kind: string }>(
    sql`select table_name as name, table_type as kind from information_schema.tables
        where table_schema = database() and table_name <> ${restoreMark}`,
  );
  const routines = await connection.many<{ name: string; kind: string }>(
    sql`select routine_name as name, lower(routine_type) as kind from information_schema.routines where routine_schema = database()`,
  );
  const events = await connection.many<{ name: string }>(
    sql`select event_name as name from information_schema.events where event_schema = database()`,
  );
  await connection.exec(sql`set foreign_key_checks = 0`);
  for (const { name, kind } of tables) await drop(connection, dropByType[kind] ?? 'table', name);
  for (const { name, kind } of routines) await drop(connection, kind, name);
  for (const { name } of events) await drop(connection, 'event', name);
  await connection.exec(sql`set foreign_key_checks = 1`);
}

const words = {
  table: sql`table`,
  view: sql`view`,
  sequence: sql`sequence`,
  procedure: sql`procedure`,
  function: sql`function`,
  event: sql`event`,
  package: sql`package`,
};

async function drop(connection: DbConnection, kind: string, name: string): Promise<void> {
  const word = Object.entries(words).find(([known]) => known === kind)?.[1];
  if (word !== undefined) await connection.exec(sql`drop ${word} if exists ${sql.id(name)}`);
}
