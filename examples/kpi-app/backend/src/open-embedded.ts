import type { OpenedPglite } from '@seaworthy/backup';
import type { SqlExecutor } from '@seaworthy/contracts';
import { createDb, type Db, type DbOptions } from '@seaworthy/db-pool';
import { type PgliteConnectionOptions, pglite } from '@seaworthy/db-pool/pglite';

/** How long the embedded database may take to be there. */
export const embeddedStart = '2m';

export interface EmbeddedDatabase {
  readonly db: Db;
  /** The same one, as backups see it. */
  readonly embedded: OpenedPglite;
}

/** PGlite over a folder, in a thread of its own. */
export function openEmbedded(
  folder: string,
  options: Pick<DbOptions<PgliteConnectionOptions>, 'name' | 'logger' | 'metrics'> = {},
): EmbeddedDatabase {
  const driver = pglite({ module: import.meta.resolve('@electric-sql/pglite') });
  const db = createDb(driver, { connection: { folder }, ...options });
  const queries = (executor: SqlExecutor) => ({
    query: (text: string) => executor.execute({ strings: [text], values: [] }),
  });
  return {
    db,
    embedded: {
      ...queries(db),
      dumpDataDir: () => driver.dumpDataDir(),
      transaction: (work) => db.transaction((transaction) => work(queries(transaction)), { timeout: '10m' }),
      close: () => db.close(),
    },
  };
}
