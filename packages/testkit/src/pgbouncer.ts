import { optionsOf } from '@seaworthy/contracts';
import { writeConfig } from './config-file.js';
import { createPlace } from './place.js';
import { type PostgresServer, postgresQuery } from './postgres.js';
import { programsOf } from './programs.js';
import type { Server } from './server.js';
import { startServer } from './start-server.js';
import { serverUser } from './system-user.js';

export interface StartPgBouncerOptions {
  /** When a server connection goes back to the pool. @defaultValue 'transaction' */
  readonly mode?: 'session' | 'transaction' | 'statement';
  /** Lines of `[pgbouncer]`, such as `{ default_pool_size: 5 }`. @defaultValue {} */
  readonly settings?: Readonly<Record<string, string | number>>;
}

const readOptions = optionsOf<StartPgBouncerOptions>('startPgBouncer', { mode: true, settings: true });

/**
 * Starts a PgBouncer before a PostgreSQL. Every database and every user of it works through the bouncer: replace host and
 * port in their URL by the bouncer's. The bouncer's own `url` is the superuser's.
 *
 * @throws ServerUnavailable when it is not installed and cannot be; ServerStartFailed with the end of its log.
 *
 * @example
 * await using bouncer = await startPgBouncer(postgres, { mode: 'transaction' });
 * const pool = new pg.Pool({ connectionString: bouncer.url });
 */
export async function startPgBouncer(
  postgres: Pick<PostgresServer, 'host' | 'port' | 'user' | 'password' | 'database'>,
  options: StartPgBouncerOptions = {},
): Promise<Server> {
  const { mode = 'transaction', settings = {} } = readOptions(options);
  const programs = await programsOf('pgbouncer');
  const place = await createPlace({ name: 'pgbouncer', user: serverUser('postgres') });
  const { host, port, user, password, database } = postgres;
  const users = writeConfig(place, 'users.txt', `"${user}" "${password}"\n`);
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: place.port,
    unix_socket_dir: '',
    pool_mode: mode,
    auth_type: 'scram-sha-256',
    auth_file: users,
    // Users that tests create: their verifier is read from the server.
    auth_user: user,
    auth_query: 'select usename, passwd from pg_catalog.pg_shadow where usename = $1',
    admin_users: user,
    ignore_startup_parameters: 'extra_float_digits',
    max_client_conn: 500,
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`);
  const configuration = writeConfig(
    place,
    'pgbouncer.ini',
    `[databases]\n* = host=${host} port=${port}\n\n[pgbouncer]\n${lines.join('\n')}\n`,
  );
  const url = (name: string): string => `postgres://${user}:${password}@127.0.0.1:${place.port}/${name}`;
  return startServer({
    name: 'pgbouncer',
    place,
    url: url(database),
    program: programs.server('pgbouncer'),
    args: [configuration],
    cwd: place.folder,
    // SIGINT would wait for the clients to leave.
    stopSignal: 'SIGTERM',
    // Its own console answers while PostgreSQL is down.
    probe: () => postgresQuery(url('pgbouncer'), ['show version']).then(() => undefined),
    secrets: [password],
  });
}
