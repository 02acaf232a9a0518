import { invalidOption, protectionOf } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { Driver, DriverEndpoint, DriverTarget } from '../driver.js';
import { ConnectionFailedError } from '../pool/pool-errors.js';
import { readyOrDestroyed } from '../ready-or-destroyed.js';
import { connectFailure } from './connect-failure.js';
import { callback, type MysqlClient, serverOf } from './mysql-client.js';
import { MysqlConnection } from './mysql-connection.js';
import { mysqlFailure } from './mysql-error.js';
import { MysqlKills } from './mysql-kills.js';
import { mysqlSsl } from './mysql-tls.js';
import { withoutOptions } from './mysql-url.js';

/** What `import mysql2 from 'mysql2'` gives: `mysql(mysql2)`. Not `mysql2/promise`. */
export interface MysqlModule<Config extends object> {
  readonly createConnection: (config: Config) => unknown;
  /** Since 3.24: says which type a value is sent as. */
  readonly TypedParameter: { readonly BIGINT: IntegerParameter };
}

interface IntegerParameter {
  (value: bigint): unknown;
  unsigned(value: bigint): unknown;
}

/** What could be rounded comes as text, and is turned into values by the codec. */
const ownOptions = {
  supportBigNumbers: true,
  bigNumberStrings: false, // numbers that are exact are numbers
  dateStrings: true,
  jsonStrings: true,
  decimalNumbers: false,
  typeCast: true,
  multipleStatements: false,
  namedPlaceholders: false,
  rowsAsArray: false,
  trace: false,
} as const;

/** The largest signed integer of 64 bits; above it the unsigned type is needed. */
const maxSigned = 2n ** 63n - 1n;

/**
 * MySQL and MariaDB by the `mysql2` package, which is passed in so that what instruments it keeps working.
 *
 * @example
 * import mysql2 from 'mysql2';
 * const db = createDb(mysql(mysql2), { url: 'mysql://app:secret@127.0.0.1:3306/app?connection_limit=20' });
 */
export function mysql<Config extends object>(mysql2: MysqlModule<Config>): Driver<Config> {
  if (typeof mysql2?.createConnection !== 'function') {
    throw invalidOption('mysql', 'mysql2', 'the mysql2 module: import mysql2 from "mysql2"; mysql(mysql2)');
  }
  if (!('createConnectionPromise' in mysql2)) {
    throw invalidOption('mysql', 'mysql2', 'the callback module "mysql2", not "mysql2/promise"');
  }
  if (typeof mysql2.TypedParameter?.BIGINT !== 'function') {
    throw invalidOption('mysql', 'mysql2', 'the default import of mysql2 3.24 or later');
  }
  return { name: 'mysql', open: (target) => openMysql(mysql2, target) };
}

function openMysql<Config extends object>(
  mysql2: MysqlModule<Config>,
  { url, connection, name, tls, maxPreparedStatements }: DriverTarget<Config>,
): DriverEndpoint {
  const address = addressOf(url, connection);
  const host = hostOf(url, connection);
  const { ssl, stream } = mysqlSsl(host, { url, connection, tls });
  const makeClient = (): MysqlClient => {
    const config = {
      connectAttributes: { program_name: name },
      maxPreparedStatements: Math.max(maxPreparedStatements, 1), // mysql2 cannot bind values without preparing
      connectTimeout: 0,
      ...connection,
      ...(url === undefined ? {} : { uri: withoutOptions(url, ownOptions) }),
      ssl,
      ...(stream === undefined ? {} : { stream }),
      ...ownOptions,
    };
    // mysql2's own types describe its connection far more closely than is needed here.
    const client = mysql2.createConnection(config as unknown as Config);
    if (isClient(client)) return client;
    throw invalidOption('mysql', 'mysql2', 'the mysql2 module, whose createConnection() makes a connection');
  };

  const { BIGINT } = mysql2.TypedParameter;
  const encodeInteger = remembering((value) => (value > maxSigned ? BIGINT.unsigned(value) : BIGINT(value)));

  const connect = (signal: AbortSignal): Promise<MysqlConnection> =>
    connectMysql({ makeClient, encodeInteger, address, kills, maxPreparedStatements }, signal);
  const kills = new MysqlKills(connect);

  return {
    dialect: 'mysql',
    system: 'mysql',
    address,
    protection: protectionOf(host, ssl),
    maxConnections: Number.MAX_SAFE_INTEGER,
    connect,
    close: async () => undefined,
  };
}

interface MysqlEndpoint {
  readonly address: string;
  readonly makeClient: () => MysqlClient;
  readonly encodeInteger: (value: number | bigint) => unknown;
  readonly kills: MysqlKills;
  readonly maxPreparedStatements: number;
}

async function connectMysql(endpoint: MysqlEndpoint, signal: AbortSignal): Promise<MysqlConnection> {
  signal.throwIfAborted();
  const client = endpoint.makeClient();
  const kill = (): Promise<void> =>
    endpoint.kills.query({ threadId: Number(client.threadId), server: connection.server });
  const { encodeInteger, maxPreparedStatements } = endpoint;
  const connection = new MysqlConnection(client, encodeInteger, kill, maxPreparedStatements);
  try {
    return await readyOrDestroyed(connection, signal, async () => {
      await callback((answer) => client.connect(answer));
      await connection.prepareSession();
      connection.server = await serverOf(client);
    });
  } catch (error) {
    throw connectError(endpoint.address, error);
  }
}

/** No right to the database, an account that is locked, in MySQL's and MariaDB's numbers. With a state of 28 are those of authentication. */
const namingUsers: ReadonlySet<number> = new Set([1044, 3118, 4151]);

function connectError(address: string, error: unknown): DbError {
  if (DbError.is(error)) return error;
  const failure = mysqlFailure(error);
  if (failure === undefined) return new ConnectionFailedError(address, connectFailure(error));
  // The server's words name the user; the number is enough to look it up.
  const reason =
    failure.sqlState?.startsWith('28') === true || namingUsers.has(failure.errno)
      ? `authentication was refused (${failure.errno})`
      : `the server answered ${failure.errno}: ${failure.message ?? ''}`;
  return new ConnectionFailedError(address, reason);
}

function addressOf(url: string | undefined, connection: object | undefined): string {
  if (url !== undefined) {
    const { hostname, port } = new URL(url);
    return `${hostname === '' ? 'localhost' : hostname}:${port === '' ? 3306 : port}`;
  }
  const field = (name: string): unknown =>
    connection === undefined ? undefined : Reflect.get(connection, name);
  const socketPath = field('socketPath');
  return typeof socketPath === 'string'
    ? socketPath
    : `${field('host') ?? 'localhost'}:${field('port') ?? 3306}`;
}

/** A host name, or the path of a socket. */
function hostOf(url: string | undefined, connection: object | undefined): string {
  if (url !== undefined) return new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  const field = (name: string): unknown =>
    connection === undefined ? undefined : Reflect.get(connection, name);
  return String(field('socketPath') ?? field('host') ?? 'localhost');
}

function isClient(value: unknown): value is MysqlClient {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'execute') === 'function' &&
    typeof Reflect.get(value, 'then') !== 'function'
  );
}

/** Numbers repeat: ids of a page, limits, states. mysql2 needs some microseconds to check a bigint. */
const maxRemembered = 2_000;

function remembering(encode: (value: bigint) => unknown): (value: number | bigint) => unknown {
  const known = new Map<number | bigint, unknown>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    if (known.size >= maxRemembered) known.clear();
    const encoded = encode(BigInt(value));
    known.set(value, encoded);
    return encoded;
  };
}
