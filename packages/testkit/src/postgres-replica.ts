import { join } from 'node:path';
import { optionsOf } from '@seaworthy/contracts';
import { createPlace } from './place.js';
import { launchPostgres, type PostgresServer, type PostgresSettings, postgresQuery } from './postgres.js';
import { programsOf } from './programs.js';
import { serverUser } from './system-user.js';
import { waitFor } from './wait-for.js';

export interface PostgresReplica extends PostgresServer {
  /** Resolves when it has replayed everything that the primary had written when asked. */
  caughtUp(timeoutMs?: number): Promise<void>;
  /** Makes it a primary of its own; resolves when it accepts writes. */
  promote(): Promise<void>;
}

export interface StartPostgresReplicaOptions {
  /** Lines of postgresql.conf. @defaultValue {} */
  readonly settings?: PostgresSettings;
}

const readOptions = optionsOf<StartPostgresReplicaOptions>('startPostgresReplica', { settings: true });

/**
 * Starts a hot standby that streams from `primary`, made by pg_basebackup. It has the primary's users and passwords.
 *
 * @throws ServerStartFailed with the end of its log.
 *
 * @example
 * await using primary = await startPostgres();
 * await using replica = await startPostgresReplica(primary);
 * await replica.caughtUp();
 */
export async function startPostgresReplica(
  primary: PostgresServer,
  options: StartPostgresReplicaOptions = {},
): Promise<PostgresReplica> {
  const { settings = {} } = readOptions(options);
  const programs = await programsOf('postgres');
  const user = serverUser('postgres');
  const place = await createPlace({ name: 'postgres-replica', user });
  await programs.run(
    'pg_basebackup',
    [
      ...['--host', primary.host, '--port', String(primary.port), '--username', primary.user],
      ...['--pgdata', join(place.folder, 'data'), '--write-recovery-conf', '--wal-method=stream'],
      ...['--checkpoint=fast', '--no-sync', '--no-password'],
    ],
    { user, cwd: place.folder, env: { PGPASSWORD: primary.password } },
  );
  const { version, password } = primary;
  const server = await launchPostgres(place, { programs, settings, version, password });
  return Object.assign(server, {
    async caughtUp(timeoutMs = 10_000) {
      const [written] = await postgresQuery(primary.url, ['select pg_current_wal_lsn()::text as lsn']);
      const lsn = String(written?.lsn);
      await waitFor(
        async () => {
          const [row] = await postgresQuery(server.url, [
            `select pg_last_wal_replay_lsn() >= '${lsn}' as done`,
          ]);
          return row?.done === true;
        },
        { timeoutMs, what: `the replica to replay ${lsn}` },
      );
    },
    async promote() {
      await postgresQuery(server.url, ['select pg_promote(true, 30)']);
    },
  });
}
