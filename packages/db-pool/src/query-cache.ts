export { createQueryCache } from './query-cache/create-query-cache.js';
export type { BusListener, InvalidationBus } from './query-cache/invalidation-bus.js';
export type {
  CachedQueryOptions,
  CachedTransaction,
  CachedWriteOptions,
  QueryCache,
  QueryCacheOptions,
  QueryCacheStats,
} from './query-cache/query-cache.js';
export { type RedisPubSub, type RedisSubscriber, redisBus } from './query-cache/redis-bus.js';
