import { invalidOption, optionsOf, type Secret } from '@seaworthy/contracts';
import {
  type ConnectionOptions,
  connectionOptionNames,
  readConnectionOptions,
} from './connection-options.js';
import { PolicedConnection } from './policed-connection.js';
import { ReadOnlyWatch } from './read-only-watch.js';
import { parseRedisUrl } from './redis-address.js';
import type { RedisClass, RedisClient } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';

export interface ConnectRedisOptions extends ConnectionOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: string | Secret;
}

const readOptions = optionsOf<ConnectRedisOptions>('connectRedis', { ...connectionOptionNames, url: true });

/**
 * Connects to one Redis and keeps the connection under a policy: reconnects are bounded and paced, no command waits in a
 * queue or outlives its timeout, and a Redis that is down is a state rather than a hang.
 *
 * It connects in the background at once. `ready()` waits for the outcome.
 *
 * @param Redis - The `Redis` class of ioredis 5.4 or newer.
 * @throws OptionsError for an unknown or unusable option; RedisError `REDIS_INVALID_URL`.
 *
 * @example
 * import { Redis } from 'ioredis';
 * const redis = connectRedis(Redis, { url: 'redis://127.0.0.1:6379', required: false });
 * if (await redis.ready()) await redis.commands.call('SET', 'greeting', 'hello');
 * await redis.close();
 */
export function connectRedis<Client extends RedisClient>(
  Redis: RedisClass<Client>,
  options: ConnectRedisOptions,
): RedisConnection<Client> {
  const { url } = readOptions(options);
  if (url === undefined) throw invalidOption('connectRedis', 'url', 'a redis:// or rediss:// URL');
  const address = parseRedisUrl(url);
  const { node, settings } = readConnectionOptions(
    { owner: 'connectRedis', option: 'url', namesOthers: false },
    address,
    options,
  );
  const readOnlyWatch = new ReadOnlyWatch(settings.clock);
  const client = new Redis({
    ...node,
    host: address.host,
    port: address.port,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    reconnectOnError: (error) => readOnlyWatch.shouldReconnect(error),
  });
  return new PolicedConnection(client, { ...settings, label: address.label, readOnlyWatch });
}
