import { optionsOf, Secret } from '@seaworthy/contracts';
import type { BackupSource, SourceSession } from '../sources/backup-source.js';
import { mysql } from '../sources/mysql.js';
import { postgres } from '../sources/postgres.js';
import type { Scratch } from './scratch.js';

export interface ScratchDatabaseOptions {
  /**
   * A server and a user who may create databases there. The database of the URL is only connected to. A server of its own is best:
   * a restore is work, and an event or a trigger of the dump may name other databases.
   */
  readonly url: string | Secret;
  /** The folder of the client programs. @defaultValue as `postgres()` and `mysql()` do */
  readonly binDir?: string;
}

interface Dialect {
  readonly engine: 'postgres' | 'mysql';
  open(options: ScratchDatabaseOptions): BackupSource;
  readonly names: string;
  /** One statement after the other. */
  create(name: string): readonly string[];
  drop(name: string): readonly string[];
}

const dialects: Readonly<Record<'postgres' | 'mysql', Dialect>> = {
  postgres: {
    engine: 'postgres',
    open: (options) => postgres({ ...options, fingerprint: 'none' }),
    names: `select datname from pg_database where datname like 'seaworthy\\_drill\\_%'`,
    create: (name) => [`create database "${name}" template template0`],
    drop: (name) => [
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      `drop database if exists "${name}"`,
    ],
  },
  mysql: {
    engine: 'mysql',
    open: (options) => mysql({ ...options, fingerprint: 'none' }),
    names: `select schema_name from information_schema.schemata where schema_name like 'seaworthy\\_drill\\_%'`,
    create: (name) => [`create database \`${name}\` character set utf8mb4`],
    drop: (name) => [`drop database if exists \`${name}\``],
  },
};

function scratchDatabase(owner: string, dialect: Dialect, options: ScratchDatabaseOptions): Scratch {
  const readOptions = optionsOf<ScratchDatabaseOptions>(owner, { url: true, binDir: true });
  const { url, ...rest } = readOptions(options);
  const server = dialect.open({ url, ...rest });

  async function within<T>(signal: AbortSignal, work: (query: Ask) => Promise<T>): Promise<T> {
    const session = await server.open(signal);
    try {
      return await work((sql) => session.query?.(sql, signal) ?? Promise.resolve([]));
    } finally {
      await session.close();
    }
  }

  return {
    engine: dialect.engine,
    async create(name, signal) {
      await within(signal, async (query) => {
        for (const statement of dialect.create(name)) await query(statement);
      });
      const place = new URL(typeof url === 'string' ? url : url.reveal());
      place.pathname = `/${name}`;
      const secret = new Secret('the URL of the scratch database', place.href);
      return { source: dialect.open({ url: secret, ...rest }), url: secret };
    },
    names: (signal) =>
      within(signal, async (query) => (await query(dialect.names)).flatMap(([name]) => name ?? [])),
    drop: (name, signal) =>
      within(signal, async (query) => {
        for (const statement of dialect.drop(name)) await query(statement);
      }),
  };
}

type Ask = (sql: string) => ReturnType<NonNullable<SourceSession['query']>>;

/**
 * A PostgreSQL server for drills; each drill has a database of its own there.
 *
 * @throws OptionsError
 *
 * @example
 * createBackups({ sources, targets, drill: { into: { db: scratchPostgres({ url: process.env.DRILL_URL }) } } });
 */
export function scratchPostgres(options: ScratchDatabaseOptions): Scratch {
  return scratchDatabase('scratchPostgres', dialects.postgres, options);
}

/**
 * A MySQL or MariaDB server for drills; each drill has a database of its own there.
 *
 * @throws OptionsError
 *
 * @example
 * createBackups({ sources, targets, drill: { into: { db: scratchMysql({ url: process.env.DRILL_URL }) } } });
 */
export function scratchMysql(options: ScratchDatabaseOptions): Scratch {
  return scratchDatabase('scratchMysql', dialects.mysql, options);
}
