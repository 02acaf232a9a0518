export type { Environment } from '@seaworthy/contracts';
export { type ConnectRedisOptions, connectRedis } from './connect-redis.js';
export {
  type ConnectRedisClusterOptions,
  connectRedisCluster,
  type RedisClusterClass,
} from './connect-redis-cluster.js';
export type { ConnectionOptions } from './connection-options.js';
export { type ReconnectOptions, type ReconnectPolicy, reconnectPolicy } from './reconnect-policy.js';
export { parseRedisUrl, type RedisAddress } from './redis-address.js';
export type { RedisClass, RedisClient, RedisClientSettings } from './redis-client.js';
export type { ReadyOptions, RedisConnection, RedisStatus } from './redis-connection.js';
export { RedisError } from './redis-error.js';
