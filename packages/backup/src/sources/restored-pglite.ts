import { BackupError } from '../backup-error.js';
import { whenAsked } from '../tools/when-asked.js';
import type { BackupSource } from './backup-source.js';
import { type OpenedPglite, pglite } from './pglite.js';
import { pgliteContents } from './pglite-contents.js';

/** Opens the database in a folder; may give up when `signal` aborts, which ends the drill. */
export type OpenPglite = (folder: string, signal: AbortSignal) => Promise<OpenedPglite>;

/** A folder that PGlite is restored into, and opened in to be looked at. */
export function restoredPglite(folder: string, open: OpenPglite): BackupSource {
  const place = pglite({ folder });
  return {
    ...place,
    async open(signal) {
      const session = await place.open(signal);
      const database = whenAsked(
        (openSignal) =>
          open(folder, openSignal).catch((error: unknown) => {
            throw new BackupError(`PGlite could not open what was restored: ${reasonOf(error)}`, {
              code: 'RESTORE_FAILED',
              stage: 'restore',
              tool: 'pglite',
            });
          }),
        (db) => db.close(),
      );
      return {
        ...session,
        async contents(level, askSignal) {
          const db = await database.get(askSignal);
          const { transaction } = db;
          const tables =
            transaction === undefined
              ? []
              : await pgliteContents({ transaction: transaction.bind(db) }, level);
          return { precision: 'snapshot', tables };
        },
        query: async (sql, askSignal) => (await (await database.get(askSignal)).query(sql)).rows.map(textsOf),
        async close() {
          await database.stop();
          await session.close();
        },
      };
    },
  };
}

function textsOf(row: unknown): readonly (string | undefined)[] {
  return Object.values(Object(row)).map((value) => {
    if (value === null || value === undefined) return undefined;
    if (typeof value === 'boolean') return value ? 't' : 'f'; // as psql prints it
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}

function reasonOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).slice(0, 300);
}
