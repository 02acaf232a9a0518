import type { ClientProgram } from './client-programs.js';
import type { MysqlAsk } from './mysql-contents.js';

const versionedTables = `select count(*) from information_schema.tables
  where table_schema = database() and table_type = 'SYSTEM VERSIONED';`;

const versionedByTransactions = `select count(*) from information_schema.columns
  where table_schema = database() and data_type = 'bigint' and generation_expression = 'ROW START';`;

/**
 * Whether the history of system-versioned tables can be dumped and restored: `none` where there is no such table, `lost` where there is
 * one and it cannot. Source: MariaDB, "mariadb-dump", `--dump-history`, of 10.11, and "System-Versioned Tables".
 */
export async function historyOf(
  ask: MysqlAsk,
  { serverVersion, dumper }: { readonly serverVersion: string; readonly dumper: ClientProgram },
  signal: AbortSignal,
): Promise<'none' | 'dumped' | 'lost'> {
  if (!serverVersion.includes('MariaDB')) return 'none';
  const count = async (statement: string): Promise<number> => Number((await ask(statement, signal))[0]?.[0]);
  if ((await count(versionedTables)) === 0) return 'none';
  const isKnown =
    canHistory(serverVersion) && canHistory(/Distrib (\S+)|from (\S+)/.exec(dumper.version)?.[0] ?? '');
  return isKnown && (await count(versionedByTransactions)) === 0 ? 'dumped' : 'lost';
}

/** Of `10.11.6-MariaDB`. */
function canHistory(version: string): boolean {
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 10 || (Number(major) === 10 && Number(minor) >= 11);
}
