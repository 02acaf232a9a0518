import {
  type DurationInput,
  invalidOption,
  optionsOf,
  parseDuration,
  Secret,
  silentLogger,
  silentMetrics,
} from '@seaworthy/contracts';
import { type Budget, checkBudget } from '../budget.js';
import { createDb, openDb } from '../create-db.js';
import type { Db } from '../db.js';
import { DbError } from '../db-error.js';
import { type DbOptions, readDbOptions } from '../db-options.js';
import type { Driver } from '../driver.js';
import { shareWithTools, toolAccessOf } from '../session/tool-access.js';
import { replicationEngineOf } from './engine.js';
import { isPosition } from './position.js';
import { createReader, type Reader, type ReaderOptions } from './reader.js';
import { Replica, type ReplicaStatus } from './replica.js';
import { ReplicaMonitor } from './replica-monitor.js';

export interface ReplicaSettings {
  /** How often role and position of every server are asked for. @defaultValue '1s' */
  readonly checkEvery?: DurationInput;
  /** A replica that is further behind serves nobody until it has caught up. @defaultValue '30s' */
  readonly drainAfter?: DurationInput;
  /** What one question may take; a server that is slower is unreachable. @defaultValue '1s' */
  readonly probeTimeout?: DurationInput;
  /** How long a read after a token waits for a replica before it goes to the primary. @defaultValue '300ms' */
  readonly waitForToken?: DurationInput;
}

export interface ReplicatedDbOptions<Connection extends object = object> extends DbOptions<Connection> {
  /** The replicas, by URL or by the options of the driver's client. All other options are those of the primary. */
  readonly replicas: readonly (string | Secret | Pick<DbOptions<Connection>, 'url' | 'connection'>)[];
  readonly replication?: ReplicaSettings;
}

/** The primary, and its replicas for reads. */
export interface ReplicatedDb extends Db {
  /** Reads from a replica that is fresh enough, or else from the primary. Writes through it are refused by the replica. */
  readonly read: Reader;
  /**
   * What has been written until now, for {@link ReplicatedDb.after}. It holds a position in the server's log and may be given
   * to clients: in a cookie, or a header.
   */
  token(): Promise<string>;
  /**
   * Reads that see everything up to the token, as its owner's own writes: from a replica that has it or gets it within
   * `waitForToken`, or else from the primary.
   *
   * @throws DbError `invalid_value`, from the read, when it is no token of this database.
   */
  after(token: string): Reader;
  /** What is known of each replica, in the order of the options. */
  replicas(): ReplicaStatus[];
}

const owner = 'createReplicatedDb';
const readSettings = optionsOf<ReplicaSettings>(`${owner} replication`, {
  checkEvery: true,
  drainAfter: true,
  probeTimeout: true,
  waitForToken: true,
});

/**
 * A database with replicas for reads. Transactions and everything on the database itself go to the primary; `read` goes to the
 * least busy replica whose data are fresh enough, and `after(token)` to one that has what the token's owner wrote.
 *
 * How old a replica's data are is measured by positions in the primary's log, not by clocks: it holds when clocks differ and
 * when the stream is cut. A replica that is too far behind, does not answer or was promoted gets no reads and comes back by
 * itself.
 *
 * @example
 * const db = createReplicatedDb(postgres(pg), { url: env.DATABASE_URL, replicas: [env.REPORTING_URL] });
 * const report = await db.read.many(sql`select …`, { maxStaleness: '5s' });
 * await db.exec(sql`update users set name = ${name} where id = ${id}`);
 * const token = await db.token(); // to the client, and back with its next request
 * const user = await db.after(token).one(sql`select name from users where id = ${id}`);
 */
export function createReplicatedDb<Connection extends object>(
  driver: Driver<Connection>,
  options: ReplicatedDbOptions<Connection>,
): ReplicatedDb {
  const { replicas: targets, replication = {}, ...shared } = options;
  if (!Array.isArray(targets)) throw invalidOption(owner, 'replicas', 'a list of URLs');
  const settings = readSettings(replication);
  const { url, connection, budget: _checkedHere, ...common } = shared;
  const config = readDbOptions(shared);
  const { clock, logger, metrics, random, name, deadline, budget } = config;
  const probeMs = parseDuration(settings.probeTimeout ?? '1s');

  const watched = (target: Pick<DbOptions<Connection>, 'url' | 'connection'>): Db =>
    createDb(driver, {
      ...common,
      ...target,
      name: `${name}-watch`,
      pool: { max: 1 },
      deadline: { acquire: probeMs, connect: probeMs, query: probeMs, drain: 100 },
      logger: silentLogger,
      metrics: silentMetrics,
    });
  const primary = createDb(driver, { ...common, url, connection });
  const replicas = targets.map((given, at) => {
    const target = typeof given === 'string' || Secret.is(given) ? { url: given } : given;
    return new Replica({
      db: openDb(driver, { ...common, ...target, name: `${name}-replica-${at + 1}` }, { isReplica: true }),
      watcher: watched(target),
      drainAfterMs: parseDuration(settings.drainAfter ?? '30s'),
      probeMs,
      clock,
      logger,
    });
  });
  const watcher = watched({ url, connection });
  const staleness = metrics.gauge({
    name: 'db.client.replica.staleness',
    description: 'How old what a replica shows may be',
    unit: 's',
  });
  const reads = metrics.counter({
    name: 'db.client.replica.reads',
    description: 'Reads that could go to a replica, by where they went',
    unit: '{read}',
  });
  const labels = replicas.map(({ db }) => ({ 'server.address': db.address }));
  const targetLabels = { primary: { target: 'primary' }, replica: { target: 'replica' } } as const;
  const monitor = new ReplicaMonitor({
    watcher,
    replicas,
    checkEveryMs: parseDuration(settings.checkEvery ?? '1s'),
    probeMs,
    clock,
    logger,
    onChecked() {
      for (const [at, { stalenessMs }] of replicas.entries()) {
        if (stalenessMs !== undefined) staleness.set(stalenessMs / 1_000, labels[at] ?? {});
      }
    },
  });
  const readerOptions: ReaderOptions = {
    primary,
    replicas,
    monitor,
    engine,
    clock,
    queryMs: deadline.queryMs,
    waitMs: parseDuration(settings.waitForToken ?? '300ms'),
    random,
    onRead: (target) => reads.add(1, targetLabels[target]),
  };
  let closing: Promise<void> | undefined;

  async function engine() {
    return monitor.engine ?? (await replicationEngineOf(primary, deadline.queryMs));
  }

  const db: ReplicatedDb = {
    ...primary,
    read: createReader(readerOptions),

    async token() {
      const { kind, written } = await engine();
      const { value } = await primary.one<{ value: unknown }>(written);
      const token = String(value ?? '');
      if (isPosition(kind, token)) return token;
      throw new DbError(
        'unknown',
        'The server gave no position in its log. Turn its binary log and GTIDs on.',
      );
    },

    after: (token) => createReader(readerOptions, token),
    replicas: () => replicas.map(({ status }) => status),

    async ready(given = {}) {
      await primary.ready(given);
      if (budget !== undefined) await checkBudget(primary, budget, { watchers: 1 });
      // They are helpers: a service starts without them.
      await monitor.ready(3 * probeMs, given.signal);
      if (budget !== undefined) await Promise.all(replicas.map((replica) => checkReplica(replica, budget)));
    },

    healthCheck: () => ({
      kind: 'remote',
      probe: async (signal) => {
        const answer = await primary.healthCheck().probe(signal);
        monitor.start();
        const out = replicas.filter(({ state }) => state !== 'ready' && state !== 'unknown');
        if (out.length === 0) return answer;
        const states = out.map(({ state }) => state).join(', ');
        return {
          status: 'degraded',
          reason: `${out.length} of ${replicas.length} replicas serve no reads: ${states}`,
        };
      },
    }),

    close() {
      monitor.close();
      closing ??= Promise.all([
        primary.close(),
        watcher.close(),
        ...replicas.map((replica) => replica.close()),
      ]).then(() => undefined);
      return closing;
    },

    [Symbol.asyncDispose]: () => db.close(),
  };
  shareWithTools(db, toolAccessOf(owner, primary));
  return db;
}

/** Of a replica that can be asked; the others are no reason not to start. @throws DbError `budget` */
async function checkReplica({ db, state }: Replica, budget: Budget): Promise<void> {
  if (state === 'unknown' || state === 'unreachable') return;
  try {
    await checkBudget(db, budget, { watchers: 1, address: db.address });
  } catch (error) {
    if (DbError.is(error) && error.kind === 'budget') throw error;
  }
}
