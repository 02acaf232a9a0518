// What starts servers, without vitest and the web frameworks: for tools and for the demo.
export { type Engine, findProgram, isInstalled } from './engines.js';
export { type EnsureInstalledOptions, ensureInstalled } from './install.js';
export {
  type MariadbServer,
  type MariadbSettings,
  type StartMariadbOptions,
  startMariadb,
} from './mariadb.js';
export {
  type PostgresServer,
  type PostgresSettings,
  type StartPostgresOptions,
  startPostgres,
} from './postgres.js';
export { type RedisConfig, type RedisServer, type StartRedisOptions, startRedis } from './redis.js';
export type { Server } from './server.js';
export { ServerStartFailed, ServerUnavailable } from './server-errors.js';
