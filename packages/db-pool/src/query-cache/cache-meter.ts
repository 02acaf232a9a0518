import type { Metrics } from '@seaworthy/contracts';
import type { QueryCacheStats } from './query-cache.js';

export type ReadResult = 'hit' | 'miss' | 'coalesced';

export interface CacheMeter {
  asked(result: ReadResult): void;
  evicted(): void;
  holds(entries: number, bytes: number): void;
  counts(): Pick<QueryCacheStats, 'hits' | 'misses' | 'coalesced' | 'evictions' | 'hitRatio'>;
}

/** Counts what a cache does, for `stats()` and for the metrics. OpenTelemetry has no names for caches, so these are ours. */
export function createCacheMeter(name: string, metrics: Metrics): CacheMeter {
  const cache = { 'db.query_cache.name': name };
  const labels = {
    hit: { ...cache, result: 'hit' },
    miss: { ...cache, result: 'miss' },
    coalesced: { ...cache, result: 'coalesced' },
  };
  const requests = metrics.counter({
    name: 'db.query_cache.requests',
    description: 'Reads by how they were answered',
    unit: '{request}',
  });
  const evictions = metrics.counter({
    name: 'db.query_cache.evictions',
    description: 'Answers that left because a bound was reached',
    unit: '{entry}',
  });
  const ratio = metrics.gauge({
    name: 'db.query_cache.hit_ratio',
    description: 'Share of all reads so far that were answered from memory',
    unit: '1',
  });
  const size = metrics.gauge({
    name: 'db.query_cache.size',
    description: 'What the answers take',
    unit: 'By',
  });
  const entries = metrics.gauge({
    name: 'db.query_cache.entries',
    description: 'Answers that are kept',
    unit: '{entry}',
  });
  const count = { hit: 0, miss: 0, coalesced: 0 };
  let evicted = 0;
  const hitRatio = (): number => {
    const all = count.hit + count.miss + count.coalesced;
    return all === 0 ? 0 : count.hit / all;
  };

  return {
    asked(result) {
      count[result] += 1;
      requests.add(1, labels[result]);
      ratio.set(hitRatio(), cache);
    },
    evicted() {
      evicted += 1;
      evictions.add(1, cache);
    },
    holds(answers, bytes) {
      entries.set(answers, cache);
      size.set(bytes, cache);
    },
    counts: () => ({
      hits: count.hit,
      misses: count.miss,
      coalesced: count.coalesced,
      evictions: evicted,
      hitRatio: hitRatio(),
    }),
  };
}
