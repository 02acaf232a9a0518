import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServerUnavailable } from './server-errors.js';

/** What tests run beside Node. `mysql` is MariaDB where the testkit starts one itself: Debian has no MySQL. */
export type Engine =
  | 'postgres'
  | 'mysql'
  | 'redis'
  | 'pgbouncer'
  | 'nginx'
  | 'haproxy'
  | 'chromium'
  | 'age'
  | 'openssl'
  | 'prometheus'
  | 'restic'
  | 'pgbackrest'
  | 'mariadb-backup'
  | 'sqlmap'
  | 'wapiti'
  | 'sslscan'
  | 'h2load'
  | 'pebble'
  | 'certbot';

interface EngineFacts {
  readonly title: string;
  /** Programs that must be there, the server itself first. */
  readonly programs: readonly string[];
  readonly debianPackage: string;
  /** A server that is already running, for tests that only use it. */
  readonly urlVariable?: string;
  /** An image of the Docker library that has the programs on its PATH. */
  readonly image?: string;
}

export const engines: Readonly<Record<Engine, EngineFacts>> = {
  postgres: {
    title: 'PostgreSQL',
    programs: ['postgres', 'initdb', 'pg_basebackup'],
    debianPackage: 'postgresql',
    image: 'postgres:17',
    urlVariable: 'SEAWORTHY_POSTGRES_URL',
  },
  mysql: {
    title: 'MariaDB',
    programs: ['mariadbd', 'mariadb-install-db'],
    debianPackage: 'mariadb-server',
    image: 'mariadb:11.4',
    urlVariable: 'SEAWORTHY_MYSQL_URL',
  },
  redis: {
    title: 'Redis',
    programs: ['redis-server'],
    debianPackage: 'redis-server',
    image: 'redis:7.4',
    urlVariable: 'SEAWORTHY_REDIS_URL',
  },
  pgbouncer: { title: 'PgBouncer', programs: ['pgbouncer'], debianPackage: 'pgbouncer' },
  nginx: { title: 'nginx', programs: ['nginx'], debianPackage: 'nginx', image: 'nginx:1.28' },
  haproxy: { title: 'HAProxy', programs: ['haproxy'], debianPackage: 'haproxy', image: 'haproxy:3.0' },
  chromium: { title: 'Chromium', programs: ['chromium'], debianPackage: 'chromium' },
  openssl: { title: 'OpenSSL', programs: ['openssl'], debianPackage: 'openssl' },
  prometheus: { title: 'promtool', programs: ['promtool'], debianPackage: 'prometheus' },
  pgbackrest: { title: 'pgBackRest', programs: ['pgbackrest'], debianPackage: 'pgbackrest' },
  'mariadb-backup': {
    title: 'mariadb-backup',
    programs: ['mariadb-backup', 'mbstream'],
    debianPackage: 'mariadb-backup',
  },
  restic: { title: 'restic', programs: ['restic'], debianPackage: 'restic' },
  sqlmap: { title: 'sqlmap', programs: ['sqlmap'], debianPackage: 'sqlmap' },
  wapiti: { title: 'Wapiti', programs: ['wapiti'], debianPackage: 'wapiti' },
  sslscan: { title: 'sslscan', programs: ['sslscan'], debianPackage: 'sslscan' },
  h2load: { title: 'h2load', programs: ['h2load'], debianPackage: 'nghttp2-client' },
  pebble: { title: 'Pebble', programs: ['pebble'], debianPackage: 'pebble' },
  certbot: { title: 'Certbot', programs: ['certbot'], debianPackage: 'certbot' },
  age: { title: 'age', programs: ['age', 'age-keygen'], debianPackage: 'age' },
};

/** The URL of a running server that the environment names for this engine. Never used for servers that tests kill. */
export function urlFromEnvironment(engine: Engine): string | undefined {
  const { urlVariable } = engines[engine];
  const url = urlVariable === undefined ? undefined : process.env[urlVariable];
  return url === '' ? undefined : url;
}

/** The path of one of an engine's programs, or `undefined` when it is not installed. */
export function findProgram(program: string): string | undefined {
  for (const folder of programFolders()) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Whether all programs of the engine are installed. */
export function isInstalled(engine: Engine): boolean {
  return engines[engine].programs.every((program) => findProgram(program) !== undefined);
}

export interface UnavailableAdvice {
  /** Engines of which a running server that the environment names would do. @defaultValue [] */
  readonly shareable?: readonly Engine[];
  /** Another way out, after "or". */
  readonly otherwise?: string | undefined;
}

/** The error for engines that cannot be had, with what to do about it. */
export function unavailable(
  missing: readonly Engine[],
  reason: string,
  { shareable = [], otherwise }: UnavailableAdvice = {},
): ServerUnavailable {
  const titles = missing.map((engine) => engines[engine].title).join(', ');
  const packages = missing.map((engine) => engines[engine].debianPackage).join(' ');
  const variables = missing.flatMap((engine) =>
    shareable.includes(engine) ? (engines[engine].urlVariable ?? []) : [],
  );
  const ways = [
    `Install it (Debian and Ubuntu: apt-get install ${packages})`,
    ...(variables.length === 0 ? [] : [`set ${variables.join(' and ')} to a running server`]),
    ...(otherwise === undefined ? [] : [otherwise]),
  ];
  return new ServerUnavailable(`${titles} cannot be started here: ${reason}. ${ways.join(', or ')}.`, {
    code: 'SERVER_UNAVAILABLE',
  });
}

/** Folders to look in instead of the usual ones, as in PATH: for trying another version of a server. */
const pathVariable = 'SEAWORTHY_SERVER_PATH';

function programFolders(): readonly string[] {
  const chosen = process.env[pathVariable];
  if (chosen !== undefined && chosen !== '') return chosen.split(':');
  const fromPath = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  // A user's PATH often lacks sbin, and Debian keeps each PostgreSQL version in a folder of its own.
  return [...postgresFolders(), ...fromPath, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin'];
}

function postgresFolders(): readonly string[] {
  const root = '/usr/lib/postgresql';
  try {
    return readdirSync(root)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(root, version, 'bin'));
  } catch {
    return [];
  }
}
