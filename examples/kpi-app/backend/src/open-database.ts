import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Logger, type Metrics, silentMetrics } from '@seaworthy/contracts';
import { createDb, type Db } from '@seaworthy/db-pool';
import { pglite } from '@seaworthy/db-pool/pglite';
import { postgres } from '@seaworthy/db-pool/postgres';
import pg from 'pg';
import type { Config } from './config.js';

/** How long the embedded database may take to be there. */
export const embeddedStart = '2m';

/** PostgreSQL where a URL says so, the embedded database otherwise. */
export function openDatabase(
  config: Pick<Config, 'DATABASE_URL' | 'DATA_DIR' | 'NODE_ENV'>,
  logger: Logger,
  metrics: Metrics = silentMetrics,
): Db {
  if (config.DATABASE_URL !== undefined) {
    return createDb(postgres(pg), {
      url: config.DATABASE_URL,
      environment: config.NODE_ENV,
      name: 'kpi',
      logger,
      metrics,
      pool: { max: 20, min: 2 },
    });
  }
  const folder = resolve(config.DATA_DIR);
  mkdirSync(dirname(folder), { recursive: true });
  const db = createDb(pglite({ module: import.meta.resolve('@electric-sql/pglite') }), {
    connection: { folder },
    name: 'kpi',
    logger,
    metrics,
  });
  // The first start lays the database out, which asks nobody but the processor: a busy machine gets the time it needs.
  return { ...db, ready: (options) => db.ready({ timeout: embeddedStart, ...options }) };
}
