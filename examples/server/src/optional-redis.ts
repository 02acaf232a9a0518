import { connectRedis, type Environment } from '@seaworthy/cache';
import type { Closable, Degraded, HealthCheck, Logger, Secret } from '@seaworthy/contracts';
import { type LimitStore, memoryStore, type RedisStoreOptions, redisStore } from '@seaworthy/security';
import { Redis } from 'ioredis';

export interface OptionalRedisOptions {
  readonly url: string | Secret | undefined;
  readonly required: boolean;
  /** In staging and production a Redis on another machine needs TLS. */
  readonly environment: Environment;
  readonly logger: Logger;
}

/** Where rate limits are counted: in Redis, or in memory when there is none. */
export interface OptionalRedis extends Closable {
  /** Waits for a Redis that was asked for. */
  ready(options: { readonly signal: AbortSignal }): Promise<unknown>;
  healthCheck(): HealthCheck<'remote'>;
  limitStore(options: RedisStoreOptions): LimitStore;
}

/** Connects to the Redis that a configuration names; without one, counting in memory is said in the health report. */
export function optionalRedis({ url, required, environment, logger }: OptionalRedisOptions): OptionalRedis {
  if (url === undefined) return inMemory;
  const connection = connectRedis(Redis, { url, required, environment, logger });
  return {
    ready: (options) => connection.ready(options),
    healthCheck: () => connection.healthCheck(),
    limitStore: (options) => redisStore(connection.commands, options),
    close: () => connection.close(),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

const notConfigured: Degraded = {
  status: 'degraded',
  reason: 'not configured: rate limits are counted in memory',
};

const inMemory: OptionalRedis = {
  ready: async () => undefined,
  healthCheck: () => ({ kind: 'remote', probe: async () => notConfigured }),
  limitStore: () => memoryStore(),
  close: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};
