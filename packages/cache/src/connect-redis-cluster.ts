import { invalidOption, optionsOf, type Secret } from '@seaworthy/contracts';
import {
  type ConnectionOptions,
  connectionOptionNames,
  readConnectionOptions,
} from './connection-options.js';
import { PolicedConnection } from './policed-connection.js';
import { parseRedisUrl } from './redis-address.js';
import type { RedisClient } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';

export interface ConnectRedisClusterOptions extends ConnectionOptions {
  /** Some nodes to learn the others from; user, password, TLS and family are taken from the first. */
  readonly urls: ReadonlyArray<string | Secret>;
}

/** The `Cluster` class of ioredis. */
export type RedisClusterClass<Client extends RedisClient> = new (
  startupNodes: Array<{ host: string; port: number }>,
  options: {
    readonly lazyConnect: true;
    readonly enableOfflineQueue: false;
    readonly clusterRetryStrategy: () => null;
    readonly slotsRefreshTimeout: number;
    readonly redisOptions: Record<string, unknown>;
  },
) => Client;

const readOptions = optionsOf<ConnectRedisClusterOptions>('connectRedisCluster', {
  ...connectionOptionNames,
  urls: true,
});

/**
 * Like `connectRedis`, for a Redis Cluster: it is lost when commands, health checks included, find no node left. A single failed node is the cluster's to mend;
 * commands for its slots fail within the command timeout until a replica took over.
 *
 * @param Cluster - The `Cluster` class of ioredis 5.4 or newer.
 * @throws OptionsError; RedisError `REDIS_INVALID_URL`.
 *
 * @example
 * import { Cluster } from 'ioredis';
 * const redis = connectRedisCluster(Cluster, { urls: ['rediss://10.0.0.1:6379', 'rediss://10.0.0.2:6379'], required: true });
 */
export function connectRedisCluster<Client extends RedisClient>(
  Cluster: RedisClusterClass<Client>,
  options: ConnectRedisClusterOptions,
): RedisConnection<Client> {
  const addresses = readOptions(options).urls.map((url) => parseRedisUrl(url));
  const [first] = addresses;
  if (first === undefined) throw invalidOption('connectRedisCluster', 'urls', 'at least one URL');
  if (addresses.some((address) => address.database !== 0)) {
    throw invalidOption('connectRedisCluster', 'urls', 'without a database number: a cluster has only 0');
  }
  const reader = { owner: 'connectRedisCluster', option: 'urls', namesOthers: true };
  // For all: whatever a node is called and wherever it is, it is reached as the first one is.
  const { node, settings } = readConnectionOptions(reader, first, options);
  const { db: _only0, ...redisOptions } = node;
  const client = new Cluster(
    addresses.map(({ host, port }) => ({ host, port })),
    {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: () => null,
      slotsRefreshTimeout: node.connectTimeout,
      redisOptions,
    },
  );
  const label = addresses.map((address) => address.label).join(', ');
  return new PolicedConnection(client, { ...settings, label });
}
