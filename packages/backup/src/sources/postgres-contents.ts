import type { Contents, TableContents } from '../manifest/manifest.js';
import type { ToolProcess } from '../tools/tool-process.js';
import type { Dump } from './backup-source.js';
import type { FingerprintLevel } from './fingerprint-level.js';
import type { PsqlConversation } from './psql-conversation.js';

/** What pg_dump takes the rows of: its own tables, whatever schema they are in, and not what an extension brings along. */
const tables = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

/** The text of a value depends on all of these; statements, to be said in a transaction. */
export const pinned = `set local search_path = ''; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres'; set local extra_float_digits = 1; set local bytea_output = 'hex';
set local xmlbinary = 'base64'; set local lc_monetary = 'C'; set local row_security = off; set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0; set local client_encoding = 'UTF8';`;

/** Locks before it looks, as pg_dump does: a table that is truncated later would be empty in every snapshot. */
const lockAll = `select format('lock table only %I.%I in access share mode', n.nspname, c.relname) ${tables} order by c.oid \\gexec`;

/** Columns go by name, because a restored table may have them in another order. */
const columns = `(select coalesce(string_agg(format('t.%I', a.attname), ',' order by a.attname collate "C"), '')
  from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`;

/**
 * The MD5s of the rows are added up in four parts: the sums are equal for equal rows in any order, and nothing has to be sorted or
 * kept. `offset 0` makes the server digest each row once.
 */
const sums = [1, 9, 17, 25].map((at) => `sum(('x' || substr(h, ${at}, 8))::bit(32)::bigint)`).join(', ');

const parts: Readonly<Record<FingerprintLevel, { readonly hash: string; readonly from: string }>> = {
  rows: { hash: `''`, from: `format('only %I.%I', n.nspname, c.relname)` },
  hash: {
    hash: `$hash$, md5(concat_ws(',', count(*), ${sums}))$hash$`,
    from: `format('(select md5(row(%s)::text) as h from only %I.%I t offset 0) x', ${columns}, n.nspname, c.relname)`,
  },
};

/** A query whose rows are statements, one for each table, that answer `["name", "rows", "hash"]`. */
export function countingStatements(level: FingerprintLevel): string {
  const { hash, from } = parts[level];
  const name = `format('%I.%I', n.nspname, c.relname)`;
  return `select format('select json_build_array(%L::text, count(*)::text%s) from %s', ${name}, ${hash}, ${from}) as statement
${tables} order by ${name} collate "C"`;
}

/** What such a statement answered. */
export function tableOf([name, rows, hash]: readonly [string, string, string?]): TableContents {
  return { name, rows: Number(rows), ...(hash === undefined ? {} : { hash }) };
}

/** Opens a transaction in which every table is locked against change of its form, and returns the name of its snapshot. */
export async function exportSnapshot(psql: PsqlConversation, lockWaitMs: number): Promise<string> {
  const answer = await psql.ask(`begin transaction isolation level repeatable read read only;
${pinned} set local lock_timeout = ${lockWaitMs};
${lockAll}
set local lock_timeout = 0;
select pg_export_snapshot();`);
  return answer.trim();
}

/** Counts, and with `hash` also digests, every table within the transaction that is open. */
export async function countTables(
  psql: PsqlConversation,
  level: FingerprintLevel,
): Promise<readonly TableContents[]> {
  const lines = (await psql.ask(`${countingStatements(level)} \\gexec`))
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => tableOf(JSON.parse(line)));
}

/** As {@link countTables}, in a transaction of its own. */
export async function contentsNow(psql: PsqlConversation, level: FingerprintLevel): Promise<Contents> {
  await psql.ask(`begin transaction isolation level repeatable read read only; ${pinned}`);
  return { precision: 'snapshot', tables: await countTables(psql, level) };
}

/**
 * The dump of the snapshot that `psql` holds, together with the count of it. The conversation keeps the snapshot until both are
 * done.
 */
export function countedDump(dumper: ToolProcess, psql: PsqlConversation, level: FingerprintLevel): Dump {
  let contents: Contents | undefined;
  async function count(): Promise<void> {
    contents = { precision: 'snapshot', tables: await countTables(psql, level) };
  }
  const kill = (): void => {
    dumper.kill();
    psql.kill();
  };
  const exited = Promise.all([dumper.exited, count()])
    .then(
      () => psql.end(),
      async (error: unknown) => {
        kill();
        await dumper.gone;
        throw error;
      },
    )
    .finally(() => psql.gone); // whoever waits for the end relies on no child being left
  exited.catch(() => undefined); // looked at later
  return {
    name: dumper.name,
    stdout: dumper.stdout,
    exited,
    kill,
    contents: () => contents,
  };
}
