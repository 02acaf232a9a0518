import {
  type Clock,
  type DurationInput,
  parseDuration,
  type SqlDialect,
  type SqlQuery,
  type SqlResult,
} from '@seaworthy/contracts';
import type { Db } from '../db.js';
import { DbError, type DbErrorKind } from '../db-error.js';
import { onAbort } from '../pool/on-abort.js';
import type { RowReader } from '../session/row-reader.js';
import { createRunner, type QueryOptions } from '../session/runner.js';
import type { ReplicationEngine } from './engine.js';
import { requirePosition } from './position.js';
import type { Replica } from './replica.js';
import type { ReplicaMonitor } from './replica-monitor.js';

export interface ReadOptions extends QueryOptions {
  /** A replica is asked only when it shows the data of at most so long ago; otherwise the primary is. @defaultValue drainAfter */
  readonly maxStaleness?: DurationInput | undefined;
}

/** Reads, from wherever the answer is fresh enough. The methods are those of a database. */
export interface Reader extends RowReader<ReadOptions> {
  readonly dialect: SqlDialect;
  execute<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: ReadOptions,
  ): Promise<SqlResult<Row>>;
}

export interface ReaderOptions {
  readonly primary: Db;
  readonly replicas: readonly Replica[];
  readonly monitor: ReplicaMonitor;
  readonly engine: () => Promise<ReplicationEngine>;
  readonly clock: Clock;
  readonly queryMs: number;
  /** How long a read may wait for a replica to have applied its token. */
  readonly waitMs: number;
  readonly random: () => number;
  readonly onRead: (target: 'primary' | 'replica') => void;
}

/** What ends a read on one server and may succeed on another one. A standby cancels reads that are in the way of replay. */
const elsewhere: ReadonlySet<DbErrorKind> = new Set<DbErrorKind>([
  'unavailable',
  'connect_timeout',
  'connection_lost',
  'acquire_timeout',
  'resources',
  'serialization',
  'closed',
]);

const gone: ReadonlySet<DbErrorKind> = new Set<DbErrorKind>([
  'unavailable',
  'connect_timeout',
  'connection_lost',
]);

/** Chooses the server for each read, and another one when that fails. */
export function createReader(options: ReaderOptions, token?: string): Reader {
  const { primary, monitor, clock, queryMs, onRead } = options;

  return createRunner(primary.dialect, async (query, given: ReadOptions = {}) => {
    const { maxStaleness, timeout, signal, ...rest } = given;
    const until = clock.monotonic() + (timeout === undefined ? queryMs : parseDuration(timeout));
    const remaining = (): number => Math.max(until - clock.monotonic(), 1);
    monitor.start();
    if (token !== undefined) requirePosition((await options.engine()).kind, token);
    const boundMs = maxStaleness === undefined ? undefined : parseDuration(maxStaleness);
    const tried = new Set<Replica>();
    for (;;) {
      const replica = pick(options, { token, boundMs, tried });
      if (replica === undefined) break;
      tried.add(replica);
      const link = new LinkedSignal(signal, replica);
      // Not to be repeated there: another server answers sooner.
      const onReplica = (): QueryOptions => ({
        ...rest,
        idempotent: false,
        timeout: remaining(),
        signal: link.signal,
      });
      try {
        if (token !== undefined && !(await hasToken(options, replica, token, remaining(), link.signal)))
          continue;
        const answer = await replica.db.execute(query, onReplica());
        onRead('replica');
        return answer as never;
      } catch (error) {
        if (!mayTryElsewhere(error, link) || clock.monotonic() >= until) throw error;
        if (DbError.is(error) && gone.has(error.kind)) replica.suspect();
      } finally {
        link.close();
      }
    }
    onRead('primary');
    // Rows are what the server described; that they are a `Row` is the caller's claim.
    return (await primary.execute(query, { ...rest, timeout: remaining(), signal })) as never;
  });
}

function mayTryElsewhere(error: unknown, link: LinkedSignal): boolean {
  if (link.byReplica) return true;
  return DbError.is(error) && elsewhere.has(error.kind);
}

interface Wanted {
  readonly token: string | undefined;
  readonly boundMs: number | undefined;
  readonly tried: ReadonlySet<Replica>;
}

/** Among the replicas that are good enough the one with the least to do. */
function pick(
  { replicas, monitor, random }: ReaderOptions,
  { token, boundMs, tried }: Wanted,
): Replica | undefined {
  const { engine } = monitor;
  const good = replicas.filter((replica) => {
    if (replica.state !== 'ready' || tried.has(replica)) return false;
    return boundMs === undefined || (replica.stalenessMs ?? Number.POSITIVE_INFINITY) <= boundMs;
  });
  const having =
    token === undefined || engine === undefined ? good : good.filter((replica) => replica.has(engine, token));
  const candidates = having.length > 0 ? having : good;
  let best: { readonly replica: Replica; readonly load: number } | undefined;
  for (const replica of candidates) {
    const { inUse, waiting } = replica.db.stats();
    const load = inUse + waiting + random();
    if (best === undefined || load < best.load) best = { replica, load };
  }
  return best?.replica;
}

async function hasToken(
  { monitor, clock, waitMs }: ReaderOptions,
  replica: Replica,
  token: string,
  remainingMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { engine } = monitor;
  if (engine === undefined) return false;
  if (replica.has(engine, token)) return true;
  const timeoutMs = Math.min(waitMs, remainingMs);
  try {
    return await engine.waitFor(replica.db, { position: token, timeoutMs, clock, signal });
  } catch (error) {
    if (DbError.is(error) && error.kind === 'query_timeout') return false;
    throw error;
  }
}

/** Aborts with the caller's signal or when the replica is gone, and says which it was. */
class LinkedSignal {
  byReplica = false;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #stopListening: () => void;
  readonly #onCaller = (): void => this.#controller.abort(this.#caller?.reason);

  constructor(caller: AbortSignal | undefined, replica: Replica) {
    this.#caller = caller;
    if (caller?.aborted === true) this.#onCaller();
    if (caller !== undefined) onAbort(caller, this.#onCaller);
    this.#stopListening = replica.onGone(() => {
      this.byReplica = true;
      this.#controller.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  close(): void {
    this.#caller?.removeEventListener('abort', this.#onCaller);
    this.#stopListening();
  }
}
