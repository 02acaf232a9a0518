import { type Logger, type Metrics, silentMetrics } from '@seaworthy/contracts';
import { createDb, type Db } from '@seaworthy/db-pool';
import { mysql } from '@seaworthy/db-pool/mysql';
import { startingWithin } from '@seaworthy-example/server';
import mysql2 from 'mysql2';
import type { Config } from './config.js';

/** The pool, with the guide's bounds. */
export function openDatabase(
  config: Pick<Config, 'DATABASE_URL' | 'DATABASE_START_TIMEOUT' | 'NODE_ENV'>,
  logger: Logger,
  metrics: Metrics = silentMetrics,
): Db {
  const pool = { max: 20, min: 5, idleTimeout: '30s' };
  const db = createDb(mysql(mysql2), {
    url: config.DATABASE_URL,
    environment: config.NODE_ENV,
    name: 'crm',
    logger,
    metrics,
    pool,
  });
  return startingWithin(db, config.DATABASE_START_TIMEOUT.ms);
}
