import type { HealthCheck } from '@seaworthy/contracts';
import { askMysql, type MysqlPool } from './mysql-pool.js';
import { askPostgres, type PostgresPool } from './postgres-pool.js';

/**
 * Checks that a `pg.Pool` lends a connection and that PostgreSQL answers on it. A connection that does not answer in time
 * is destroyed.
 *
 * @example
 * createHealth({ checks: { database: remote(postgresPing(pool), { timeout: '800ms' }) } });
 */
export function postgresPing(pool: PostgresPool): HealthCheck<'remote'> {
  return { kind: 'remote', probe: async (signal) => void (await askPostgres(pool, 'select 1', signal)) };
}

/**
 * Checks that a pool of `mysql2/promise` lends a connection and that MySQL or MariaDB answers on it. A connection that does
 * not answer in time is destroyed.
 *
 * @example
 * createHealth({ checks: { database: remote(mysqlPing(pool), { timeout: '800ms' }) } });
 */
export function mysqlPing(pool: MysqlPool): HealthCheck<'remote'> {
  return { kind: 'remote', probe: async (signal) => void (await askMysql(pool, 'select 1', signal)) };
}
