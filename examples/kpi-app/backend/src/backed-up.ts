import { resolve } from 'node:path';
import { type OpenedPglite, pglite, postgres, scratchPglite, scratchPostgres } from '@seaworthy/backup';
import type { NightlyBackupsOptions } from '@seaworthy-example/server';
import type { Config } from './config.js';
import { embeddedStart, openEmbedded } from './open-embedded.js';

type BackedUp = Pick<NightlyBackupsOptions, 'source' | 'scratch' | 'alone'>;

/** PostgreSQL is dumped by its own program, and drilled where a URL says. */
export function ofPostgres({
  DATABASE_URL,
  DRILL_URL,
}: Pick<Config, 'DATABASE_URL' | 'DRILL_URL'>): BackedUp {
  return {
    source: () => postgres({ url: DATABASE_URL ?? '', fingerprint: 'hash' }),
    scratch: DRILL_URL === undefined ? undefined : () => scratchPostgres({ url: DRILL_URL }),
    alone: false,
  };
}

/** The embedded database is dumped by itself, and drilled in a folder beside it and a thread of its own. */
export function ofEmbedded(db: OpenedPglite, { DATA_DIR }: Pick<Config, 'DATA_DIR'>): BackedUp {
  return {
    source: () => pglite({ db, fingerprint: 'hash' }),
    scratch: () =>
      scratchPglite({
        folder: `${resolve(DATA_DIR)}-drills`,
        async open(folder, signal) {
          const { db: restored, embedded } = openEmbedded(folder);
          try {
            await restored.ready({ timeout: embeddedStart, signal });
            return embedded;
          } catch (error) {
            await restored.close();
            throw error;
          }
        },
      }),
    alone: true,
  };
}
