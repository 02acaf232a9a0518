import type { Protection, SqlDialect } from '@seaworthy/contracts';
import type { PoolConnection } from './pool/slot.js';
import type { Statement } from './sql/compile.js';
import type { TlsTarget } from './tls.js';

/** What a statement gave back, in JavaScript values, the same on every engine. */
export interface DriverResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly rowCount: number;
  readonly insertId?: bigint;
}

/** The rows of one statement, fetched a few at a time. */
export interface DriverRows {
  /** The next ones, at most `count`; fewer when these were the last. Never called again after it rejected. */
  read(count: number): Promise<readonly Record<string, unknown>[]>;
  /** Ends what is left. The connection can be used as before. */
  close(): Promise<void>;
}

/** Whether a transaction is open on the connection; `failed` when only a rollback is possible. */
export type TransactionState = 'none' | 'open' | 'failed';

/** One connection to a server. Statements come one at a time; every rejection is a DbError. */
export interface DriverConnection extends PoolConnection {
  /** As of the last statement that settled. */
  readonly transactionState: TransactionState;
  query(statement: Statement): Promise<DriverResult>;
  /** Prepares to fetch the rows of a statement that reads, inside a transaction. `batch` is how many each read will ask for. */
  openRows(statement: Statement, batch: number): DriverRows;
  /** Runs several statements in one text, without values: a migration. */
  script(text: string): Promise<void>;
  /** Ends any transaction and puts every session variable back. */
  reset(): Promise<void>;
  /**
   * While on, statements are sent before the earlier ones are answered, and are answered in that order; none may open a
   * transaction. Absent where the protocol or its client cannot.
   */
  pipeline?(on: boolean): void;
  /** Asks the server to stop what runs now. The connection is destroyed afterwards, whatever the answer. */
  cancel(): Promise<void>;
}

/** A database that a driver can open connections to. Nothing is opened before `connect`. */
export interface DriverEndpoint {
  readonly dialect: SqlDialect;
  /** Which engine, for metrics: the values of OpenTelemetry's `db.system.name`. */
  readonly system: 'postgresql' | 'mysql';
  /** `host:port` or a folder. It is printed, so it holds neither user nor password. */
  readonly address: string;
  /** Whether what is sent can be read or changed on the way. */
  readonly protection: Protection;
  /** How many connections there can be at all: one for an embedded engine. */
  readonly maxConnections: number;
  /** Where the defaults for a server over the network do not fit. */
  readonly defaultDeadlines?: {
    readonly acquireMs: number;
    readonly connectMs: number;
    readonly queryMs: number;
  };
  /** Whether its connections have `pipeline`. @defaultValue false */
  readonly canPipeline?: boolean;
  /** Rejects with a DbError; stops and leaves nothing open when `signal` aborts. */
  connect(signal: AbortSignal): Promise<DriverConnection>;
  /** Gives back what the connections shared. */
  close(): Promise<void>;
}

/** Where to connect: a URL, or the options of the driver's own client. */
export interface DriverTarget<Connection extends object> {
  /** Without the pool's own parameters. */
  readonly url: string | undefined;
  readonly connection: Connection | undefined;
  /** What the server calls this client. */
  readonly name: string;
  /** How many statements each connection may keep prepared in the server; 0 for none. */
  readonly maxPreparedStatements: number;
  /** What `tls` asks for; `false` for none, `undefined` when URL or `connection` decide. */
  readonly tls: TlsTarget | false | undefined;
}

/** What `postgres(pg)`, `mysql(mysql2)` and `pglite()` make, and what `createDb` takes. */
export interface Driver<Connection extends object = object> {
  /** For messages: `postgres`, `mysql`, `pglite`. */
  readonly name: string;
  open(target: DriverTarget<Connection>): DriverEndpoint;
}
