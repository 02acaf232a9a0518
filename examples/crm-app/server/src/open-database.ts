import type { Logger } from '@seaworthy/contracts';
import { createDb, type Db } from '@seaworthy/db-pool';
import { mysql } from '@seaworthy/db-pool/mysql';
import mysql2 from 'mysql2';
import type { Config } from './config.js';

/** The pool, with the guide's bounds. */
export function openDatabase({ DATABASE_URL }: Pick<Config, 'DATABASE_URL'>, logger: Logger): Db {
  const pool = { max: 20, min: 5, idleTimeout: '30s' };
  return createDb(mysql(mysql2), { url: DATABASE_URL, name: 'crm', logger, pool });
}
