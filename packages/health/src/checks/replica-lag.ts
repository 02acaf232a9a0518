import { type HealthCheck, optionsOf } from '@seaworthy/contracts';
import { HealthError } from '../errors.js';
import { type AgeLimits, type AgeMs, ageLimits, judgeAge } from './age-limits.js';
import { askMysql, type MysqlPool } from './mysql-pool.js';
import { askPostgres, type PostgresPool } from './postgres-pool.js';

/** How far a replica may be behind. @defaultValue warn '5s', fail '30s' */
export type ReplicaLagOptions = AgeLimits;

const names = { warn: true, fail: true } as const;

/**
 * An idle primary sends nothing, so the last transaction may be old while nothing is missing: when everything received
 * has been replayed the lag is 0. That holds only while something is received at all.
 */
const postgresStatement = `select pg_is_in_recovery() as replica,
  exists (select from pg_stat_wal_receiver) as receiving,
  case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
  else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0) end::float8 as lag`;

/**
 * Checks how far a streaming replica of PostgreSQL is behind. A server that has been promoted and one that does not
 * receive fail.
 *
 * @param pool - A `pg.Pool` of that replica.
 * @throws OptionsError for an unknown option or a warning above the failure.
 *
 * @example
 * createHealth({ checks: { replica: remote(postgresReplicaLag(pool, { fail: '1m' }), { critical: false }) } });
 */
export function postgresReplicaLag(
  pool: PostgresPool,
  options: ReplicaLagOptions = {},
): HealthCheck<'remote'> {
  const limits = limitsOf('postgresReplicaLag', options);
  return {
    kind: 'remote',
    async probe(signal) {
      const row = Object(await askPostgres(pool, postgresStatement, signal));
      if (row.replica !== true) throw noReplica();
      if (row.receiving !== true) throw notReceiving();
      return judge(Number(row.lag), limits);
    },
  };
}

/**
 * Checks how far a replica of MySQL 8.0.22 or MariaDB 10.5 and later is behind; with several sources, the worst of them. It
 * needs the privilege REPLICATION CLIENT (MySQL) or REPLICA MONITOR (MariaDB). A server that replicates nothing fails.
 *
 * @param pool - A pool of `mysql2/promise` for that replica.
 * @throws OptionsError for an unknown option or a warning above the failure.
 *
 * @example
 * createHealth({ checks: { replica: remote(mysqlReplicaLag(pool, { fail: '1m' }), { critical: false }) } });
 */
export function mysqlReplicaLag(pool: MysqlPool, options: ReplicaLagOptions = {}): HealthCheck<'remote'> {
  const limits = limitsOf('mysqlReplicaLag', options);
  return {
    kind: 'remote',
    async probe(signal) {
      const sources = await askMysql(pool, 'show replica status', signal);
      if (sources.length === 0) throw noReplica();
      const lags = sources.map((source) => {
        const row = Object(source);
        const seconds: unknown = row.Seconds_Behind_Source ?? row.Seconds_Behind_Master;
        if (seconds === null || seconds === undefined) throw notReceiving();
        return Number(seconds);
      });
      return judge(Math.max(...lags), limits);
    },
  };
}

function limitsOf(owner: string, options: ReplicaLagOptions): AgeMs {
  const { warn = '5s', fail = '30s' } = optionsOf<ReplicaLagOptions>(owner, names)(options);
  return ageLimits(owner, warn, fail);
}

function judge(lagSeconds: number, limits: AgeMs) {
  return judgeAge('The replica is behind by', lagSeconds * 1_000, limits, { lagSeconds });
}

function noReplica(): HealthError {
  return new HealthError('The server is no replica. Was it promoted? Point the check at a replica.', {
    code: 'HEALTH_NOT_A_REPLICA',
  });
}

function notReceiving(): HealthError {
  return new HealthError(
    'The replica receives nothing: look at its log, and whether it reaches the primary.',
    {
      code: 'HEALTH_LIMIT_REACHED',
    },
  );
}
