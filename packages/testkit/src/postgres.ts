import { chownSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsOf } from '@seaworthy/contracts';
import pg from 'pg';
import { writeConfig } from './config-file.js';
import { createPlace, type Place } from './place.js';
import { type Programs, programsOf } from './programs.js';
import { secretToken } from './secret-token.js';
import type { Server } from './server.js';
import { startServer } from './start-server.js';
import { type SystemUser, serverUser } from './system-user.js';
import { copyTemplate } from './template.js';

export interface PostgresServer extends Server {
  /** A superuser, over TCP with SCRAM. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `15.18`. */
  readonly version: string;
}

export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

export interface StartPostgresOptions {
  /** Lines of postgresql.conf, such as `{ max_connections: 20 }`. They win over the testkit's own. @defaultValue {} */
  readonly settings?: PostgresSettings;
  /** Whether it ends with the run instead of with this process. @defaultValue false */
  readonly shared?: boolean;
}

const readOptions = optionsOf<StartPostgresOptions>('startPostgres', { settings: true, shared: true });

const superuser = 'postgres';
const database = 'postgres';

/**
 * Fast for what a test cannot lose, and nothing outside the folder: no socket, no file in /dev/shm. Without fsync a
 * killed server still loses nothing, because the kernel keeps what was written; only a power cut would.
 */
const testSettings: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  dynamic_shared_memory_type: 'mmap',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  // So that a replica that was frozen for a while finds what it missed.
  wal_keep_size: '256MB',
  logging_collector: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/**
 * Starts a private PostgreSQL on a spare port, with a superuser, a random password and SCRAM.
 *
 * @throws ServerUnavailable when it is not installed and cannot be; ServerStartFailed with the end of its log.
 *
 * @example
 * await using postgres = await startPostgres({ settings: { max_connections: 20 } });
 * await postgres.freeze();
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const { settings = {}, shared } = readOptions(options);
  const programs = await programsOf('postgres', shared);
  const user = serverUser('postgres');
  const version = await versionOf(programs);
  const place = await createPlace({ name: 'postgres', user, shared });
  await copyTemplate(place.folder, {
    key: `postgres-${version}-${user?.name ?? 'own'}`,
    user,
    build: (folder) => initialise(programs, folder, user),
  });
  const firstPasswordPath = join(place.folder, 'first-password');
  const firstPassword = readFileSync(firstPasswordPath, 'utf8');
  rmSync(firstPasswordPath);
  return launchPostgres(place, { programs, settings, version, password: secretToken(), firstPassword });
}

/** Runs the data folder that lies in the place; the password is changed from the template's on the first start. */
export async function launchPostgres(
  place: Place,
  options: {
    readonly programs: Programs;
    readonly settings: PostgresSettings;
    readonly version: string;
    readonly password: string;
    readonly firstPassword?: string;
  },
): Promise<PostgresServer> {
  const { programs, settings, version, password, firstPassword } = options;
  writeSettings(place, { ...testSettings, ...settings, port: place.port });
  const data = join(place.folder, 'data');
  const url = postgresUrl(place.port, password);
  let currentPassword = firstPassword ?? password;
  const server = await startServer({
    name: 'postgres',
    place,
    url,
    program: programs.server('postgres'),
    args: ['-D', data],
    cwd: data,
    // "Fast": rolls back what is open instead of waiting for clients that stay.
    stopSignal: 'SIGINT',
    probe: () => postgresQuery(postgresUrl(place.port, currentPassword), ['select 1']).then(() => undefined),
    secrets: [password, ...(firstPassword === undefined ? [] : [firstPassword])],
  });
  if (firstPassword !== undefined) {
    await postgresQuery(postgresUrl(place.port, firstPassword), [
      // Whatever the caller has logged, not this.
      'set log_statement = none',
      'set log_min_duration_statement = -1',
      `alter role ${superuser} password '${password}'`,
    ]);
    currentPassword = password;
  }
  return Object.assign(server, { user: superuser, password, database, version });
}

/** Runs statements on one connection and resolves with the rows of the last. */
export async function postgresQuery(
  url: string,
  statements: readonly string[],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  });
  // A connection that is cut between two queries says so here; the next query rejects as well.
  client.on('error', () => {});
  try {
    await client.connect();
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    client.end().catch(() => {});
  }
}

async function versionOf(programs: Programs): Promise<string> {
  const text = await programs.run('postgres', ['--version']);
  return /\d+(\.\d+)*/.exec(text)?.[0] ?? 'unknown';
}

function postgresUrl(port: number, password: string): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
}

async function initialise(programs: Programs, folder: string, user: SystemUser | undefined): Promise<void> {
  const passwordFile = join(folder, 'first-password');
  const data = join(folder, 'data');
  writeFileSync(passwordFile, secretToken(), { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  await programs.run(
    'initdb',
    [
      ...['--pgdata', data, '--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'],
    ],
    { user, cwd: folder },
  );
  const configuration = join(data, 'postgresql.conf');
  writeFileSync(
    configuration,
    `${readFileSync(configuration, 'utf8')}\ninclude_if_exists '../testkit.conf'\n`,
  );
}

/** Beside the data, so that a base backup takes the data without them. */
function writeSettings(place: Place, settings: PostgresSettings): void {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'`,
  );
  writeConfig(place, 'testkit.conf', `${lines.join('\n')}\n`);
}
