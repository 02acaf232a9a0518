import {
  type Clock,
  type DurationInput,
  type Environment,
  invalidOption,
  type Logger,
  type Metrics,
  optionsOf,
  parseDuration,
  positiveDuration,
  readEnvironment,
  type Secret,
  type SqlQuery,
  silentLogger,
  silentMetrics,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { type Budget, type BudgetSettings, readBudget } from './budget.js';
import type { DriverEndpoint } from './driver.js';
import type { DbEvent } from './observe/db-event.js';
import type { PoolBounds } from './pool/pool-options.js';
import { readUrl } from './target.js';
import { readTls, type TlsSettings, type TlsTarget } from './tls.js';

export interface PoolSettings {
  /** Never more connections than these; `connection_limit` of the URL when it is not given. @defaultValue 20 */
  readonly max?: number;
  /** Kept open and warm from `ready()` or the first query on. @defaultValue 0 */
  readonly min?: number;
  /** Callers that may queue; one more fails at once. @defaultValue 2000 */
  readonly maxWaiting?: number;
  /** A connection beyond `min` that was idle so long is closed. @defaultValue '30s' */
  readonly idleTimeout?: DurationInput;
  /** A connection older than this, less up to 10 % at random, is replaced. @defaultValue '30m' */
  readonly maxLifetime?: DurationInput;
  /** After so long without use a connection is checked before somebody gets it. @defaultValue '1s' */
  readonly validateAfter?: DurationInput;
  /**
   * Reads that each new connection runs before anybody gets it, twice, which prepares them: a new backend of PostgreSQL reads
   * the catalogues of the tables anew, and its first statement takes several times as long as the next. Give those that are
   * asked most. Refused ones are logged and keep nobody waiting. @defaultValue none
   *
   * @example
   * pool: { min: 10, warmUp: [sql`select id, name from users where id = ${0}`] }
   */
  readonly warmUp?: readonly SqlQuery[];
  /**
   * Whoever keeps a connection of `connect()` or a transaction longer is logged, once, with the stack of the call that
   * borrowed it; `false` for never. @defaultValue '30s'
   */
  readonly leakAfter?: DurationInput | false;
}

export interface DeadlineSettings {
  /** Waiting for a connection; `pool_timeout` (seconds) of the URL when it is not given. @defaultValue '2s'; PGlite '20s' */
  readonly acquire?: DurationInput;
  /** One attempt to connect, in the background. @defaultValue '5s'; PGlite '60s' */
  readonly connect?: DurationInput;
  /** A whole call: waiting, connecting and the statement. @defaultValue '10s'; PGlite '30s' */
  readonly query?: DurationInput;
  /** A whole transaction with its repetitions, and a connection borrowed with `connect()`. @defaultValue '60s' */
  readonly transaction?: DurationInput;
  /** What `close()` waits for running work before it cancels it. @defaultValue '10s' */
  readonly drain?: DurationInput;
}

/** Where the database is, by one of `url` and `connection`, and how the pool behaves. */
export interface DbOptions<Connection extends object = object> {
  /** `postgres://…`, `mysql://…`, or for PGlite `memory://` or `file:///folder`. */
  readonly url?: string | Secret | undefined;
  /** The options of the driver's own client, for what a URL cannot say. */
  readonly connection?: Connection | undefined;
  /**
   * Encrypts the connection and checks the server's certificate and host name: `{ ca }`, or `true` for the authorities that
   * Node trusts. @defaultValue what the URL (`sslmode`, `ssl`) or `connection` say
   */
  readonly tls?: boolean | TlsSettings | undefined;
  /**
   * Where the program runs. In `staging` and `production` a server on another machine is refused without verified TLS.
   * @defaultValue 'production'
   */
  readonly environment?: Environment | undefined;
  /** What the server and the metrics call this pool. @defaultValue 'seaworthy' */
  readonly name?: string;
  readonly pool?: PoolSettings;
  readonly deadline?: DeadlineSettings;
  /**
   * How many statements each connection keeps prepared in the server; one is prepared when it is used for the second time.
   * Those of more than 10,000 letters or 200 values, such as inserts of many rows, are not kept.
   * `false` where the server's connections change hands between statements: PgBouncer before 1.21 in transaction mode.
   * MySQL's server holds `max_prepared_stmt_count` (16382) over all connections.
   * @defaultValue 200
   */
  readonly preparedStatements?: number | false;
  /**
   * Sends plain reads outside of transactions over two shared connections, many at once. Reads that turn out to be slow
   * have connections of their own. PostgreSQL only, and not behind PgBouncer.
   * @defaultValue false
   */
  readonly pipelining?: boolean;
  /**
   * A statement that runs longer is logged with its fingerprint and its text, in which `?` stands for every value; `false`
   * for none. @defaultValue '1s'
   */
  readonly slowQuery?: DurationInput | false;
  /**
   * Compared by `ready()` with what the server and the role allow, so that the last instance to start is not the one that
   * finds out. @defaultValue none
   */
  readonly budget?: BudgetSettings | undefined;
  /** Called with what happens to the pool. What it throws is logged and changes nothing. */
  readonly onEvent?: ((event: DbEvent) => void) | undefined;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue silent */
  readonly metrics?: Metrics;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
  /** From 0 up to, not including, 1. @defaultValue Math.random */
  readonly random?: () => number;
}

/** The options, read once: every duration in milliseconds, every default filled in. */
export interface DbConfig {
  readonly url: string | undefined;
  readonly tls: TlsTarget | false | undefined;
  readonly environment: Environment;
  readonly name: string;
  readonly pool: PoolBounds;
  readonly warmUp: readonly SqlQuery[];
  readonly leakAfterMs: number | undefined;
  readonly maxPreparedStatements: number;
  readonly pipelining: boolean;
  readonly deadline: {
    readonly acquireMs: number;
    readonly connectMs: number;
    readonly queryMs: number;
    readonly transactionMs: number;
    readonly drainMs: number;
  };
  readonly slowQueryMs: number | undefined;
  readonly budget: Budget | undefined;
  readonly onEvent: ((event: DbEvent) => void) | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What the driver's endpoint knows better than the general defaults. */
export type EndpointDefaults = Partial<Pick<DriverEndpoint, 'maxConnections' | 'defaultDeadlines'>>;

const owner = 'createDb';

const readOptions = optionsOf<DbOptions>(owner, {
  url: true,
  connection: true,
  tls: true,
  environment: true,
  name: true,
  pool: true,
  deadline: true,
  preparedStatements: true,
  pipelining: true,
  slowQuery: true,
  budget: true,
  onEvent: true,
  logger: true,
  metrics: true,
  clock: true,
  random: true,
});

const readPool = optionsOf<PoolSettings>(`${owner} pool`, {
  max: true,
  min: true,
  maxWaiting: true,
  idleTimeout: true,
  maxLifetime: true,
  validateAfter: true,
  warmUp: true,
  leakAfter: true,
});

const readDeadline = optionsOf<DeadlineSettings>(`${owner} deadline`, {
  acquire: true,
  connect: true,
  query: true,
  transaction: true,
  drain: true,
});

/** @throws OptionsError for an unknown name, a value that cannot work, or when neither or both of url and connection are given. */
export function readDbOptions(options: DbOptions, endpoint: EndpointDefaults = {}): DbConfig {
  const { maxConnections = Number.MAX_SAFE_INTEGER, defaultDeadlines } = endpoint;
  const { url, connection, name = 'seaworthy', ...rest } = readOptions(options);
  if ((url === undefined) === (connection === undefined)) {
    throw invalidOption(owner, 'url', 'given, or "connection" instead of it');
  }
  const fromUrl = url === undefined ? undefined : readUrl(owner, url);
  const pool = readPool(rest.pool ?? {});
  const deadline = readDeadline(rest.deadline ?? {});
  const wanted = wholeNumber(owner, 'pool.max', pool.max ?? fromUrl?.max ?? 20, { min: 1, max: 10_000 });
  const max = Math.min(wanted, maxConnections);
  return {
    url: fromUrl?.url,
    tls: readTls(owner, rest.tls),
    environment: readEnvironment(owner, rest.environment),
    name,
    pool: {
      max,
      min: Math.min(wholeNumber(owner, 'pool.min', pool.min ?? 0, { max: wanted }), max),
      maxWaiting: wholeNumber(owner, 'pool.maxWaiting', pool.maxWaiting ?? 2_000, { min: 1 }),
      idleTimeoutMs: parseDuration(pool.idleTimeout ?? '30s'),
      maxLifetimeMs: positiveDuration(owner, 'pool.maxLifetime', pool.maxLifetime ?? '30m'),
      validateAfterMs: parseDuration(pool.validateAfter ?? '1s'),
    },
    warmUp: pool.warmUp ?? [],
    leakAfterMs: pool.leakAfter === false ? undefined : parseDuration(pool.leakAfter ?? '30s'),
    maxPreparedStatements: readPrepared(rest.preparedStatements),
    pipelining: rest.pipelining ?? false,
    deadline: {
      acquireMs: parseDuration(deadline.acquire ?? fromUrl?.acquireMs ?? defaultDeadlines?.acquireMs ?? '2s'),
      connectMs: positiveDuration(
        owner,
        'deadline.connect',
        deadline.connect ?? defaultDeadlines?.connectMs ?? '5s',
      ),
      queryMs: parseDuration(deadline.query ?? defaultDeadlines?.queryMs ?? '10s'),
      transactionMs: parseDuration(deadline.transaction ?? '60s'),
      drainMs: parseDuration(deadline.drain ?? '10s'),
    },
    slowQueryMs:
      rest.slowQuery === false || rest.logger === undefined
        ? undefined
        : parseDuration(rest.slowQuery ?? '1s'),
    budget: readBudget(owner, rest.budget, max),
    onEvent: rest.onEvent,
    logger: rest.logger ?? silentLogger,
    metrics: rest.metrics ?? silentMetrics,
    clock: rest.clock ?? systemClock,
    random: rest.random ?? Math.random,
  };
}

function readPrepared(given: number | false = 200): number {
  return given === false ? 0 : wholeNumber(owner, 'preparedStatements', given, { min: 1, max: 10_000 });
}
