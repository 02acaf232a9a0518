import { optionsOf } from '@seaworthy/contracts';
import { type MariadbServer, type MariadbSettings, mariadbQuery, startMariadb } from './mariadb.js';
import { WaitTimeout } from './wait-for.js';

export interface MariadbReplica extends MariadbServer {
  /** Resolves when it has applied everything that the primary had written when asked. */
  caughtUp(timeoutMs?: number): Promise<void>;
  /** Makes it a primary of its own, with `read_only` off. */
  promote(): Promise<void>;
}

export interface StartMariadbReplicaOptions {
  /** Lines of `[mysqld]`. @defaultValue {} */
  readonly settings?: MariadbSettings;
}

const readOptions = optionsOf<StartMariadbReplicaOptions>('startMariadbReplica', { settings: true });

/**
 * Starts a replica of `primary` with GTIDs and `read_only`. What the primary has written since its first start is in its
 * binary log, so the replica reads it from the beginning.
 *
 * Its own user has its own password, and may write in spite of `read_only` as every superuser may; users that are created
 * on the primary arrive as they are and may not.
 *
 * @throws ServerStartFailed with the end of its log.
 *
 * @example
 * await using primary = await startMariadb();
 * await using replica = await startMariadbReplica(primary);
 * await replica.caughtUp();
 */
export async function startMariadbReplica(
  primary: MariadbServer,
  options: StartMariadbReplicaOptions = {},
): Promise<MariadbReplica> {
  const { settings = {} } = readOptions(options);
  const server = await startMariadb({ settings: { read_only: 1, ...settings } });
  await mariadbQuery(server.url, [
    `change master to master_host = '${primary.host}', master_port = ${primary.port},
       master_user = '${primary.user}', master_password = '${primary.password}',
       master_use_gtid = slave_pos, master_connect_retry = 1`,
    'start slave',
  ]);
  return Object.assign(server, {
    async caughtUp(timeoutMs = 10_000) {
      const position = firstValue(await mariadbQuery(primary.url, ['select @@gtid_binlog_pos']));
      const wait = `select master_gtid_wait('${position}', ${timeoutMs / 1_000})`;
      if (firstValue(await mariadbQuery(server.url, [wait])) === '0') return;
      throw new WaitTimeout(`Waited ${timeoutMs} ms for the replica to apply GTID ${position}.`, {
        code: 'WAIT_TIMEOUT',
      });
    },
    async promote() {
      await mariadbQuery(server.url, ['stop slave', 'reset slave all', 'set global read_only = 0']);
    },
  });
}

function firstValue(rows: unknown): string {
  const [row] = Array.isArray(rows) ? rows : [];
  return String(Object.values(row ?? {})[0]);
}
