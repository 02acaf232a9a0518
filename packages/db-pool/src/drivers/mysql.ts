import { invalidOption } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type {
  Driver,
  DriverConnection,
  DriverEndpoint,
  DriverResult,
  DriverTarget,
  TransactionState,
} from '../driver.js';
import { ConnectionFailedError } from '../pool/pool-errors.js';
import type { Statement } from '../sql/compile.js';
import { buildRows } from './build-rows.js';
import { columnDecoder, encodeParameter, type MysqlColumn } from './mysql-codec.js';
import { type MysqlFailure, mysqlError } from './mysql-error.js';
import { splitScript } from './split-script.js';

type Answer = (error: unknown, rows?: unknown, columns?: unknown) => void;

/** The part of a mysql2 connection that is used. */
export interface MysqlClient {
  readonly threadId: number | null;
  connect(answer: (error: unknown) => void): void;
  query(options: { readonly sql: string; readonly rowsAsArray: true }, answer: Answer): unknown;
  execute(
    options: { readonly sql: string; readonly rowsAsArray: true },
    values: unknown[],
    answer: Answer,
  ): unknown;
  ping(answer: (error: unknown) => void): void;
  end(answer: (error: unknown) => void): void;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

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

/** The largest signed integer of 64 bits; above it the unsigned type is needed. */
const maxSigned = 2n ** 63n - 1n;

/** Each statement that is prepared is held by the server too, up to max_prepared_stmt_count (16382) over all connections. */
const maxPreparedStatements = 200;

/** What decoding and the safety of writes rely on, whatever the server's defaults are. */
const sessionSettings = `set time_zone = '+00:00', sql_mode = concat_ws(',', nullif(@@sql_mode, ''), 'STRICT_ALL_TABLES')`;

/** Bit 0 of the status flags: a transaction is open. */
const inTransactionFlag = 1;

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
  { url, connection, name }: DriverTarget<Config>,
): DriverEndpoint {
  const address = addressOf(url, connection);
  const makeClient = (): MysqlClient => {
    const config = {
      connectAttributes: { program_name: name },
      maxPreparedStatements,
      connectTimeout: 0,
      ...connection,
      ...(url === undefined ? {} : { uri: url }),
      // What could be rounded comes as text, and is turned into values by columnDecoder.
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      jsonStrings: true,
      decimalNumbers: false,
      typeCast: true,
      multipleStatements: false,
      namedPlaceholders: false,
      trace: false,
    };
    // mysql2's own types describe its connection far more closely than is needed here.
    const client = mysql2.createConnection(config as unknown as Config);
    if (isClient(client)) return client;
    throw invalidOption('mysql', 'mysql2', 'the mysql2 module, whose createConnection() makes a connection');
  };

  const { BIGINT } = mysql2.TypedParameter;
  const encodeInteger = (value: bigint): unknown =>
    value > maxSigned ? BIGINT.unsigned(value) : BIGINT(value);

  return {
    dialect: 'mysql',
    system: 'mysql',
    address,
    maxConnections: Number.MAX_SAFE_INTEGER,
    connect: (signal) => connectMysql({ makeClient, encodeInteger, address }, signal),
    close: async () => undefined,
  };
}

interface MysqlEndpoint {
  readonly address: string;
  readonly makeClient: () => MysqlClient;
  readonly encodeInteger: (value: bigint) => unknown;
}

async function connectMysql(endpoint: MysqlEndpoint, signal: AbortSignal): Promise<MysqlConnection> {
  signal.throwIfAborted();
  const client = endpoint.makeClient();
  const connection = new MysqlConnection(client, endpoint.encodeInteger, async () => {
    const other = await connectMysql(endpoint, AbortSignal.timeout(cancelMs));
    try {
      await other.query({ text: `kill query ${Number(client.threadId)}`, values: [] });
    } finally {
      other.destroy();
    }
  });
  const onAbort = (): void => connection.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await callback((answer) => client.connect(answer));
    await connection.prepareSession();
    return connection;
  } catch (error) {
    connection.destroy();
    throw connectError(endpoint.address, error);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The connection that carries the cancellation may take so long; after it the cancelled one is destroyed anyway. */
const cancelMs = 1_000;

class MysqlConnection implements DriverConnection {
  readonly #client: MysqlClient;
  readonly #encodeInteger: (value: bigint) => unknown;
  readonly #kill: () => Promise<void>;
  #isOpen = true;
  #lost: () => void = () => undefined;
  #inTransaction = false;

  constructor(client: MysqlClient, encodeInteger: (value: bigint) => unknown, kill: () => Promise<void>) {
    this.#client = client;
    this.#encodeInteger = encodeInteger;
    this.#kill = kill;
    // For the client's whole life: an 'error' without a listener ends the process.
    client.on('error', () => this.#close());
    client.on('end', () => this.#close());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get transactionState(): TransactionState {
    return this.#inTransaction ? 'open' : 'none';
  }

  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  async query({ text, values }: Statement): Promise<DriverResult> {
    const parameters = values.map((value) => {
      const encoded = encodeParameter(value);
      return typeof encoded === 'bigint' ? this.#encodeInteger(encoded) : encoded;
    });
    const options = { sql: text, rowsAsArray: true } as const;
    const [rows, columns] = await this.#send((answer) => {
      // Without values the text protocol does: some statements cannot be prepared, and one round trip is saved.
      if (parameters.length === 0) this.#client.query(options, answer);
      else this.#client.execute(options, parameters, answer);
    });
    return Array.isArray(rows) ? rowsResult(rows, columns) : this.#changeResult(rows);
  }

  async script(text: string): Promise<void> {
    for (const sql of splitScript(text)) await this.query({ text: sql, values: [] });
  }

  async ping(): Promise<void> {
    await this.#send((answer) => this.#client.ping(answer));
  }

  async reset(): Promise<void> {
    await this.#send((answer) => resetClient(this.#client, answer));
    this.#inTransaction = false;
    await this.prepareSession();
  }

  async prepareSession(): Promise<void> {
    await this.query({ text: sessionSettings, values: [] });
  }

  cancel(): Promise<void> {
    return this.#isOpen && this.#client.threadId !== null ? this.#kill() : Promise.resolve();
  }

  async close(): Promise<void> {
    await callback((answer) => this.#client.end(answer));
  }

  destroy(): void {
    this.#isOpen = false;
    // mysql2's own destroy() only half-closes, which keeps the socket while the server does not answer.
    const stream: unknown = Reflect.get(this.#client, 'stream');
    if (isDestroyable(stream)) stream.destroy();
  }

  async #send(start: (answer: Answer) => void): Promise<readonly [unknown, unknown]> {
    try {
      return await callback(start);
    } catch (error) {
      if (DbError.is(error)) throw error;
      const failure = failureOf(error);
      if (failure === undefined || !this.#isOpen) {
        this.#close();
        throw new DbError(
          'connection_lost',
          'The connection was lost while a statement was under way; whether it took effect is not known.',
        );
      }
      throw mysqlError(failure);
    }
  }

  #changeResult(header: unknown): DriverResult {
    const field = (name: string): unknown =>
      typeof header === 'object' && header !== null ? Reflect.get(header, name) : undefined;
    const status = field('serverStatus');
    if (typeof status === 'number') this.#inTransaction = (status & inTransactionFlag) !== 0;
    const rowCount = Number(field('affectedRows') ?? 0);
    const insertId = field('insertId');
    const hasId = (typeof insertId === 'number' || typeof insertId === 'string') && Number(insertId) !== 0;
    return hasId ? { rows: [], rowCount, insertId: BigInt(insertId) } : { rows: [], rowCount };
  }

  #close(): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (wasOpen) this.#lost();
  }
}

function rowsResult(rows: readonly (readonly unknown[])[], columns: unknown): DriverResult {
  const known: readonly MysqlColumn[] = Array.isArray(columns) ? columns : [];
  const decoders = known.map(columnDecoder);
  const decoded = rows.map((row) =>
    row.map((value, at) => {
      const decode = decoders[at];
      return decode === undefined || value === null ? value : decode(value);
    }),
  );
  return {
    rows: buildRows(
      known.map(({ name }) => name),
      decoded,
    ),
    rowCount: rows.length,
  };
}

function callback(start: (answer: Answer) => void): Promise<readonly [unknown, unknown]> {
  return new Promise((resolve, reject) => {
    start((error, rows, columns) => {
      if (error === null || error === undefined) resolve([rows, columns]);
      else reject(error);
    });
  });
}

/** COM_RESET_CONNECTION, which mysql2's types do not mention. */
function resetClient(client: MysqlClient, answer: Answer): void {
  const reset: unknown = Reflect.get(client, 'reset');
  if (typeof reset === 'function') reset.call(client, answer);
  else
    answer(new DbError('unknown', 'This mysql2 cannot reset a connection; install version 3.14 or later.'));
}

/** What the server said, or `undefined` when the error is mysql2's own: the socket failed. */
function failureOf(error: unknown): MysqlFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const errno: unknown = Reflect.get(error, 'errno');
  const sqlState: unknown = Reflect.get(error, 'sqlState');
  const message: unknown = Reflect.get(error, 'sqlMessage');
  // Node's own errors have a negative errno, and mysql2's have none.
  if (typeof errno !== 'number' || errno < 0) return undefined;
  return {
    errno,
    sqlState: typeof sqlState === 'string' ? sqlState : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}

function connectError(address: string, error: unknown): DbError {
  if (DbError.is(error)) return error;
  const failure = failureOf(error);
  if (failure === undefined) {
    const code: unknown =
      typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
    return new ConnectionFailedError(address, typeof code === 'string' ? code : 'the connection was closed');
  }
  // The server's words name the user; the number is enough to look it up.
  const reason =
    failure.errno === 1045 || failure.errno === 1044
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

function isClient(value: unknown): value is MysqlClient {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'execute') === 'function' &&
    typeof Reflect.get(value, 'then') !== 'function'
  );
}

function isDestroyable(value: unknown): value is { destroy(): void } {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'destroy') === 'function';
}
