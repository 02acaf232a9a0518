import type { TableContents } from '../manifest/manifest.js';
import type { ToolProcess } from '../tools/tool-process.js';
import type { Dump } from './backup-source.js';
import type { FingerprintLevel } from './fingerprint-level.js';

/** Asks statements of the server, on one connection. */
export type MysqlAsk = (
  statements: string,
  signal: AbortSignal,
) => Promise<ReadonlyArray<readonly (string | undefined)[]>>;

const versioned = 'SYSTEM VERSIONED';

/** When a version of a row began and ended is the server's to say, and differs where a restore has no history. */
const listColumns = `select c.table_name, c.column_name, c.data_type, t.table_type from information_schema.columns c
  join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
  where c.table_schema = database() and t.table_type in ('BASE TABLE', '${versioned}')
    /*M!100304 and ifnull(c.generation_expression, '') not in ('ROW START', 'ROW END') */
  order by c.table_name, c.column_name;`;

/** The text of a value depends on these. */
const pinned = `set names utf8mb4; set time_zone = '+00:00'; start transaction with consistent snapshot, read only;`;

/** Types whose bytes are hashed as they are; a cast to text would pass them through a character set. */
const asBytes =
  /^(?:(?:var)?(?:char|binary)|(?:tiny|medium|long)?(?:text|blob)|enum|set|geometry|.*point|.*linestring|.*polygon|geometrycollection)$/;

export interface MysqlContentsOptions {
  readonly level: FingerprintLevel;
  /** Whether the history of system-versioned tables counts as well. */
  readonly history: boolean;
  readonly signal: AbortSignal;
}

/** Counts, and with `hash` also digests, every table in one consistent snapshot. */
export async function mysqlContents(
  ask: MysqlAsk,
  { level, history, signal }: MysqlContentsOptions,
): Promise<readonly TableContents[]> {
  const tables = new Map<string, { readonly from: string; readonly columns: string[] }>();
  for (const [table = '', column = '', type = '', kind] of await ask(listColumns, signal)) {
    const all = history && kind === versioned ? ' for system_time all' : '';
    const known = tables.get(table) ?? { from: quoted(table) + all, columns: [] };
    known.columns.push(textOf(column, type));
    tables.set(table, known);
  }
  if (tables.size === 0) return [];
  const statements = [...tables.values()].map(({ from, columns }) =>
    statementOf(from, level === 'hash' ? columns : undefined),
  );
  const rows = await ask(`${pinned}\n${statements.join('\n')}\ncommit;`, signal);
  return [...tables.keys()].map((name, at) => {
    const [count, hash] = rows[at] ?? [];
    return { name, rows: Number(count), ...(hash === undefined ? {} : { hash }) };
  });
}

/** The MD5s of the rows are added up, which is exact for decimals, the same in any order, and sorts nothing. */
function statementOf(from: string, columns: readonly string[] | undefined): string {
  if (columns === undefined) return `select count(*) from ${from};`;
  const row = `md5(concat_ws('|', ${columns.join(', ')}))`;
  const sum = `sum(cast(conv(left(${row}, 16), 16, 10) as unsigned))`;
  return `select count(*), md5(concat_ws(',', count(*), ${sum})) from ${from};`;
}

function textOf(column: string, type: string): string {
  const name = quoted(column);
  const text = type === 'bit' ? `cast(${name} + 0 as char)` : `cast(${name} as char)`;
  return `ifnull(${asBytes.test(type) ? `md5(${name})` : text}, 'n')`;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * A dump with a count before and one after it. MySQL cannot give its snapshot to a second connection: what changes meanwhile is
 * known only as a range.
 */
export async function bracketedDump(
  spawn: () => ToolProcess,
  count: () => Promise<readonly TableContents[]>,
): Promise<Dump> {
  const tables = await count();
  let after: readonly TableContents[] | undefined;
  const dumper = spawn();
  const exited = dumper.exited.then(async () => {
    after = await count();
  });
  exited.catch(() => undefined); // looked at later
  return {
    name: dumper.name,
    stdout: dumper.stdout,
    exited,
    kill: dumper.kill,
    contents: () => (after === undefined ? undefined : { precision: 'bracketed', tables, after }),
  };
}
