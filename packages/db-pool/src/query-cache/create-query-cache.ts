import { randomUUID } from 'node:crypto';
import {
  optionsOf,
  parseBytes,
  parseDuration,
  type SqlQuery,
  type SqlResult,
  silentLogger,
  silentMetrics,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import type { Db } from '../db.js';
import { DbError } from '../db-error.js';
import { createRunner, type QueryOptions, type QueryRunner } from '../session/runner.js';
import { compile } from '../sql/compile.js';
import { onlyReads } from '../sql/only-reads.js';
import { AnswerStore } from './answer-store.js';
import { cacheKey } from './cache-key.js';
import { createCacheMeter } from './cache-meter.js';
import { decodeInvalidation, type Invalidation, Outbox } from './invalidation-bus.js';
import { joinBus } from './join-bus.js';
import type { CachedQueryOptions, CachedWriteOptions, QueryCache, QueryCacheOptions } from './query-cache.js';
import { answerOf, bytesOf } from './row-bytes.js';
import { SharedLoad } from './shared-load.js';
import { withInvalidation } from './with-invalidation.js';

const owner = 'createQueryCache';

const readOptions = optionsOf<QueryCacheOptions>(owner, {
  ttl: true,
  maxBytes: true,
  maxEntries: true,
  bus: true,
  channel: true,
  name: true,
  logger: true,
  metrics: true,
  clock: true,
  random: true,
});
const readQuery = optionsOf<CachedQueryOptions>('cached query', {
  tags: true,
  ttl: true,
  timeout: true,
  signal: true,
  idempotent: true,
});
const readWrite = optionsOf<CachedWriteOptions>('cached write', {
  invalidates: true,
  timeout: true,
  signal: true,
  idempotent: true,
});

/** How much earlier than its time an answer may expire. */
const ttlJitter = 0.1;

/**
 * A cache of query results before a database, with tags that writes invalidate.
 *
 * Concurrent misses of the same statement share one. An answer that was under way while its tag was invalidated is not kept.
 * Errors are never kept. Transactions read from the database. With a `bus`, invalidations reach the other processes, and while
 * the bus is down nothing is kept.
 *
 * @throws OptionsError for an unknown option or a value that cannot work.
 *
 * @example
 * const cache = createQueryCache(db, { ttl: '30s', maxBytes: '64mb', metrics });
 * const teams = await cache.many(sql`select id, name from teams where org = ${org}`, { tags: ['teams'] });
 * await cache.exec(sql`update teams set name = ${name} where id = ${id}`, { invalidates: ['teams'] });
 */
export function createQueryCache(db: Db, options: QueryCacheOptions = {}): QueryCache {
  const {
    ttl = '60s',
    maxBytes = '64mb',
    maxEntries = 10_000,
    bus,
    channel = 'seaworthy:query-cache',
    name = 'seaworthy',
    logger = silentLogger,
    metrics = silentMetrics,
    clock = systemClock,
    random = Math.random,
  } = readOptions(options);
  const ttlMs = parseDuration(ttl);
  const bounds = {
    maxBytes: parseBytes(maxBytes),
    maxEntries: wholeNumber(owner, 'maxEntries', maxEntries, { min: 1 }),
  };
  const meter = createCacheMeter(name, metrics);
  const store = new AnswerStore(bounds, () => meter.evicted());
  const loads = new Map<string, SharedLoad>();
  const self = randomUUID();
  const outbox =
    bus === undefined ? undefined : new Outbox({ bus, channel, sender: self, clock, random, logger });
  let isClosed = false;
  let closing: Promise<void> | undefined;

  const membership =
    bus === undefined
      ? undefined
      : joinBus({
          bus,
          channel,
          clock,
          random,
          logger,
          onMessage(message) {
            const what = decodeInvalidation(message, self);
            if (what !== undefined) drop(what);
          },
          onGap: () => drop('everything'),
        });

  const isKeeping = (): boolean => !isClosed && (membership?.isUp ?? true);

  function drop(what: Invalidation): void {
    if (what === 'everything') store.clear();
    else for (const tag of what.tags) store.dropTag(tag);
    for (const [key, load] of loads) {
      if (what !== 'everything' && !load.tags.some((tag) => what.tags.includes(tag))) continue;
      load.isStale = true;
      loads.delete(key); // who comes from now on asks the database
    }
    meter.holds(store.size, store.bytes);
  }

  function dropEverywhere(what: Invalidation): void {
    if (what !== 'everything' && what.tags.length === 0) return;
    drop(what);
    outbox?.add(what);
  }

  async function read(query: SqlQuery, given: CachedQueryOptions): Promise<SqlResult<never>> {
    const { tags = [], ttl: ownTtl, timeout, signal } = readQuery(given);
    const statement = compile(query, db.dialect);
    if (!onlyReads(statement.text)) throw writesError();
    const key = cacheKey(statement, tags);
    if (key === undefined) return db.execute(query, { timeout, signal });
    const keepMs = ownTtl === undefined ? ttlMs : parseDuration(ownTtl);

    const kept = isKeeping() ? store.get(key, clock.monotonic(), keepMs) : undefined;
    if (kept !== undefined) {
      meter.asked('hit');
      return answerOf(kept);
    }
    if (signal?.aborted === true) return db.execute(query, { signal }); // which refuses it
    const known = loads.get(key);
    const running = known?.isAbandoned === true ? undefined : known; // its last caller left a moment ago
    meter.asked(running === undefined ? 'miss' : 'coalesced');
    const load = running ?? start(query, key, tags, keepMs);
    const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
    try {
      return answerOf(await load.wait({ timeoutMs, signal }));
    } finally {
      if (load.isAbandoned && loads.get(key) === load) loads.delete(key);
    }
  }

  function start(query: SqlQuery, key: string, tags: readonly string[], keepMs: number): SharedLoad {
    const load: SharedLoad = new SharedLoad(tags, clock, async (signal) => {
      try {
        const { rows } = await db.execute({ strings: query.strings, values: query.values }, { signal });
        const bytes = bytesOf(rows);
        if (!load.isStale && isKeeping()) {
          const storedAt = clock.monotonic();
          const expiresAt = storedAt + keepMs * (1 - ttlJitter * random());
          store.set(key, { bytes, tags, storedAt, expiresAt });
          meter.holds(store.size, store.bytes);
        }
        return bytes;
      } finally {
        if (loads.get(key) === load) loads.delete(key);
      }
    });
    loads.set(key, load);
    return load;
  }

  /** The query methods over one cached read, which carries its own tags. */
  const reader = (given: CachedQueryOptions): QueryRunner =>
    createRunner(db.dialect, (query) => read(query, given));

  const cache: QueryCache = {
    many: (query: SqlQuery, given: CachedQueryOptions = {}) => reader(given).many<never>(query),
    one: (query: SqlQuery, given: CachedQueryOptions = {}) => reader(given).one<never>(query),
    maybeOne: (query: SqlQuery, given: CachedQueryOptions = {}) => reader(given).maybeOne<never>(query),

    async exec(query, given = {}) {
      const { invalidates = [], ...rest } = readWrite(given);
      const queryOptions: QueryOptions = rest;
      try {
        return await db.exec(query, queryOptions);
      } finally {
        // Also when it failed: one that was cut off may have taken effect.
        dropEverywhere({ tags: invalidates });
      }
    },

    async transaction(work, given) {
      const tags = new Set<string>();
      try {
        return await db.transaction((tx) => work(withInvalidation(tx, tags)), given);
      } finally {
        // Also when it failed: its commit may be unknown, and a part may have been committed before (a schema change of MySQL).
        dropEverywhere({ tags: [...tags] });
      }
    },

    invalidate: (...tags) => dropEverywhere({ tags }),
    clear: () => dropEverywhere('everything'),

    stats: () => ({ entries: store.size, bytes: store.bytes, ...meter.counts(), isKeeping: isKeeping() }),

    close() {
      closing ??= (async () => {
        isClosed = true;
        drop('everything');
        await Promise.all([outbox?.close(), membership?.leave()]);
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => cache.close(),
  };
  return cache;
}

function writesError(): DbError {
  return new DbError(
    'invalid_value',
    'Only statements that read can be cached. Run this one with exec() or in transaction(), and say what it invalidates.',
  );
}
