import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { OpenedPglite } from '@seaworthy/backup';
import { type Logger, type Metrics, silentMetrics } from '@seaworthy/contracts';
import { createDb, type Db } from '@seaworthy/db-pool';
import { postgres } from '@seaworthy/db-pool/postgres';
import { startingWithin } from '@seaworthy-example/server';
import pg from 'pg';
import type { Config } from './config.js';
import { embeddedStart, openEmbedded } from './open-embedded.js';

/** The application's database. */
export interface KpiDatabase extends Db {
  /** The embedded one, as backups see it; absent over PostgreSQL. */
  readonly embedded?: OpenedPglite;
}

/** PostgreSQL where a URL says so, the embedded database otherwise. */
export function openDatabase(
  config: Pick<Config, 'DATABASE_URL' | 'DATABASE_START_TIMEOUT' | 'DATA_DIR' | 'NODE_ENV'>,
  logger: Logger,
  metrics: Metrics = silentMetrics,
): KpiDatabase {
  if (config.DATABASE_URL !== undefined) {
    const db = createDb(postgres(pg), {
      url: config.DATABASE_URL,
      environment: config.NODE_ENV,
      name: 'kpi',
      logger,
      metrics,
      pool: { max: 20, min: 2 },
    });
    return startingWithin(db, config.DATABASE_START_TIMEOUT.ms);
  }
  const folder = resolve(config.DATA_DIR);
  mkdirSync(dirname(folder), { recursive: true });
  const { db, embedded } = openEmbedded(folder, { name: 'kpi', logger, metrics });
  // The first start lays the database out, which asks nobody but the processor: a busy machine gets the time it needs.
  return { ...db, embedded, ready: (options) => db.ready({ timeout: embeddedStart, ...options }) };
}
