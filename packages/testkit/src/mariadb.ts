import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { optionsOf } from '@seaworthy/contracts';
import mysql from 'mysql2/promise';
import { writeConfig } from './config-file.js';
import { createPlace } from './place.js';
import { type Programs, programsOf } from './programs.js';
import { secretToken } from './secret-token.js';
import type { Server } from './server.js';
import { startServer } from './start-server.js';
import { type SystemUser, serverUser } from './system-user.js';
import { copyTemplate } from './template.js';

export interface MariadbServer extends Server {
  /** Has every privilege, from 127.0.0.1. */
  readonly user: string;
  readonly password: string;
  /** An empty database, utf8mb4. */
  readonly database: string;
  /** `10.11.19`. */
  readonly version: string;
}

export type MariadbSettings = Readonly<Record<string, string | number | boolean>>;

export interface StartMariadbOptions {
  /** Lines of `[mysqld]`, such as `{ max_connections: 20 }`. They win over the testkit's own. @defaultValue {} */
  readonly settings?: MariadbSettings;
  /** Whether it ends with the run instead of with this process. @defaultValue false */
  readonly shared?: boolean;
}

const readOptions = optionsOf<StartMariadbOptions>('startMariadb', { settings: true, shared: true });

const superuser = 'root';
const database = 'seaworthy';

/**
 * Fast for what a test cannot lose; a binary log with GTIDs, so that every server can become a primary. MySQL 8 has its
 * binary log on as well.
 */
const testSettings: MariadbSettings = {
  bind_address: '127.0.0.1',
  skip_name_resolve: 1,
  debug_no_sync: 1,
  innodb_flush_log_at_trx_commit: 2,
  innodb_buffer_pool_size: '64M',
  innodb_log_file_size: '16M',
  performance_schema: 0,
  character_set_server: 'utf8mb4',
  collation_server: 'utf8mb4_unicode_ci',
  log_bin: 'binlog',
  log_slave_updates: 1,
  gtid_strict_mode: 1,
  binlog_format: 'ROW',
  log_bin_trust_function_creators: 1,
  default_time_zone: '+00:00',
};

/**
 * Starts a private MariaDB on a spare port, with a user that may do everything and a random password.
 *
 * @throws ServerUnavailable when it is not installed and cannot be; ServerStartFailed with the end of its log.
 *
 * @example
 * await using mariadb = await startMariadb({ settings: { max_connections: 20 } });
 * await mariadb.kill();
 * await mariadb.restart();
 */
export async function startMariadb(options: StartMariadbOptions = {}): Promise<MariadbServer> {
  const { settings = {}, shared } = readOptions(options);
  const programs = await programsOf('mysql', shared);
  const user = serverUser('mysql');
  const version =
    /\d+\.\d+\.\d+/.exec(await programs.run('mariadbd', ['--no-defaults', '--version']))?.[0] ?? 'unknown';
  const place = await createPlace({ name: 'mariadb', user, shared });
  await copyTemplate(place.folder, {
    key: `mariadb-${version}-${user?.name ?? 'own'}`,
    user,
    build: (folder) => initialise(programs, folder, user),
  });
  const data = join(place.folder, 'data');
  const password = secretToken();
  const initFile = join(place.folder, 'init.sql');
  const own = {
    // Relative to the data: the kernel takes no socket path of more than 107 bytes.
    socket: 's',
    pid_file: join(place.folder, 'pid'),
    init_file: initFile,
  };
  const lines = Object.entries({
    server_id: randomInt(1, 2 ** 31),
    ...testSettings,
    ...settings,
    ...own,
    datadir: data,
    port: place.port,
  }).map(([name, value]) => `${name} = ${typeof value === 'boolean' ? Number(value) : value}`);
  const configuration = writeConfig(place, 'testkit.cnf', `[mysqld]\n${lines.join('\n')}\n`);
  writeConfig(place, 'init.sql', firstStatements(password));

  const url = `mysql://${superuser}:${password}@127.0.0.1:${place.port}/${database}`;
  const server = await startServer({
    name: 'mariadb',
    place,
    url,
    program: programs.server('mariadbd'),
    args: [`--defaults-file=${configuration}`],
    cwd: data,
    stopSignal: 'SIGTERM',
    probe: () => mariadbQuery(url, ['select 1']).then(() => undefined),
    secrets: [password],
  });
  // The file must exist at every start; what it did must not be done again.
  writeConfig(place, 'init.sql', '');
  return Object.assign(server, { user: superuser, password, database, version });
}

/** Runs statements on one connection and resolves with the result of the last. */
export async function mariadbQuery(url: string, statements: readonly string[]): Promise<unknown> {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: 5_000 });
  connection.on('error', () => {});
  try {
    let result: unknown;
    for (const sql of statements) [result] = await connection.query({ sql, timeout: 30_000 });
    return result;
  } finally {
    connection.destroy();
  }
}

/** Kept out of the binary log: a replica makes its own user with its own password. */
function firstStatements(password: string): string {
  return [
    'SET SESSION sql_log_bin = 0;',
    `CREATE OR REPLACE USER '${superuser}'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${superuser}'@'127.0.0.1' WITH GRANT OPTION;`,
    // Those that mariadb-install-db made have no password.
    `DROP USER IF EXISTS '${superuser}'@'localhost', '${superuser}'@'::1';`,
    `CREATE DATABASE ${database};`,
    '',
  ].join('\n');
}

async function initialise(programs: Programs, folder: string, user: SystemUser | undefined): Promise<void> {
  await programs.run(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      '--skip-test-db',
      '--skip-name-resolve',
      '--auth-root-authentication-method=normal',
      '--innodb-log-file-size=16M',
    ],
    { user, cwd: folder },
  );
}
