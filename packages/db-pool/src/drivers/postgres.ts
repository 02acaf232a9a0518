import { invalidOption, protectionOf } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { Driver, DriverConnection, DriverEndpoint, DriverTarget } from '../driver.js';
import { ConnectionFailedError } from '../pool/pool-errors.js';
import { readyOrDestroyed } from '../ready-or-destroyed.js';
import { connectFailure } from './connect-failure.js';
import type { PgClient } from './pg-client.js';
import { PostgresConnection } from './postgres-connection.js';
import { type PostgresFailure, postgresFailure } from './postgres-error.js';

/** What `import pg from 'pg'` gives: `postgres(pg)`. */
export interface PgModule<Config extends object> {
  readonly Client: new (config: Config) => unknown;
}

/**
 * PostgreSQL by the `pg` package, version 8.23 or later, which is passed in so that what instruments it keeps working.
 *
 * @example
 * import pg from 'pg';
 * const db = createDb(postgres(pg), { url: 'postgres://app:secret@127.0.0.1:5432/app' });
 */
export function postgres<Config extends object>(pg: PgModule<Config>): Driver<Config> {
  if (typeof pg?.Client !== 'function') {
    throw invalidOption('postgres', 'pg', 'the pg module: import pg from "pg"; postgres(pg)');
  }
  return { name: 'postgres', open: (target) => openPostgres(pg, target) };
}

function openPostgres<Config extends object>(
  { Client }: PgModule<Config>,
  { url, connection, name, tls, maxPreparedStatements }: DriverTarget<Config>,
): DriverEndpoint {
  if (tls !== undefined && saysTls(url, connection)) {
    throw invalidOption(
      'createDb',
      'tls',
      'left out where the URL or "connection" speak of ssl, or these without it',
    );
  }
  const makeClient = (): PgClient => {
    const config = {
      application_name: name,
      keepAlive: true,
      ...connection,
      ...(url === undefined ? {} : { connectionString: url }),
      ...(tls === undefined ? {} : { ssl: tls }),
    };
    // pg's own types describe its client far more closely than is needed here; what is used is checked by the tests.
    return new Client(config as unknown as Config) as PgClient;
  };
  // pg fills in what the URL leaves out, from the environment too. A client that never connects owns nothing.
  const { host, port, ssl } = readAddress(makeClient);
  const address = `${host}:${port}`;

  return {
    dialect: 'postgres',
    system: 'postgresql',
    address,
    protection: protectionOf(host, ssl),
    maxConnections: Number.MAX_SAFE_INTEGER,
    canPipeline: true,
    connect: (signal) => connectPostgres({ makeClient, address, maxPreparedStatements }, signal),
    close: async () => undefined,
  };
}

/** pg would let the URL win over `tls`, silently. */
function saysTls(url: string | undefined, connection: object | undefined): boolean {
  if (connection !== undefined && 'ssl' in connection) return true;
  return url !== undefined && /[?&]ssl(?:mode|cert|key|rootcert)?=/.test(url);
}

function readAddress(makeClient: () => PgClient): PgClient {
  try {
    return makeClient();
  } catch {
    // The cause would repeat the URL, which holds the password.
    throw invalidOption(
      'createDb',
      'url',
      'a PostgreSQL URL or connection options that pg accepts, with certificate files that can be read',
    );
  }
}

interface PostgresEndpoint {
  readonly makeClient: () => PgClient;
  readonly address: string;
  readonly maxPreparedStatements: number;
}

async function connectPostgres(
  { makeClient, address, maxPreparedStatements }: PostgresEndpoint,
  signal: AbortSignal,
): Promise<DriverConnection> {
  const client = makeClient();
  const connection = new PostgresConnection(client, maxPreparedStatements);
  try {
    return await readyOrDestroyed(connection, signal, async () => {
      await client.connect();
      await connection.prepareSession();
    });
  } catch (error) {
    throw connectError(address, error);
  }
}

function connectError(address: string, error: unknown): DbError {
  if (DbError.is(error)) return error;
  const failure = postgresFailure(error);
  return new ConnectionFailedError(
    address,
    failure.code === undefined ? connectFailure(error) : refusal(failure),
  );
}

/** The server's words name the role or the rule that refused; the code is enough to look it up. */
function refusal({ code = '', message }: PostgresFailure): string {
  if (code.startsWith('28')) return `authentication was refused (${code})`;
  return `the server answered ${code}: ${message ?? ''}`;
}
