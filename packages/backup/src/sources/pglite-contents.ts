import { BackupError } from '../backup-error.js';
import type { TableContents } from '../manifest/manifest.js';
import type { FingerprintLevel } from './fingerprint-level.js';
import { countingStatements, pinned, tableOf } from './postgres-contents.js';

/** Asks one statement after the other. */
export interface PgliteQueries {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
}

/** The part of PGlite that counts need: one transaction, so that its settings touch nobody else. */
export interface PgliteTransactions {
  transaction<T>(work: (queries: PgliteQueries) => Promise<T>): Promise<T>;
}

/** Counts, and with `hash` also digests, every table. */
export async function pgliteContents(
  db: PgliteTransactions,
  level: FingerprintLevel,
): Promise<readonly TableContents[]> {
  return db.transaction(async (queries) => {
    for (const setting of pinned.split(';')) if (setting.trim() !== '') await queries.query(setting);
    const tables: TableContents[] = [];
    for (const row of (await queries.query(countingStatements(level))).rows) {
      const [answer] = (await queries.query(String(firstOf(row)))).rows;
      tables.push(tableOf(triple(firstOf(answer))));
    }
    return tables;
  });
}

function firstOf(row: unknown): unknown {
  return Object.values(Object(row))[0];
}

/** Drivers give JSON as it is, or as text. */
function triple(value: unknown): readonly [string, string, string?] {
  const found: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  if (Array.isArray(found)) {
    const [name, rows, hash] = found.map(String);
    if (name !== undefined && rows !== undefined)
      return hash === undefined ? [name, rows] : [name, rows, hash];
  }
  throw new BackupError('PGlite answered a count in a way that is not known here.', {
    code: 'BACKUP_TOOL_FAILED',
    stage: 'dump',
    tool: 'pglite',
  });
}
