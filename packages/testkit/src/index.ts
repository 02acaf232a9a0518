export { type Authority, type Certificate, createAuthority } from './authority.js';
export { describeWith, type Need } from './describe-with.js';
export { type Engine, findProgram, isInstalled } from './engines.js';
export { createFakeClock, type FakeClock, type FakeClockOptions } from './fake-clock.js';
export type { CorruptOptions, FaultProxy, LatencyOptions, OneWay } from './fault-proxy/fault-proxy.js';
export type { Direction } from './fault-proxy/faults.js';
export { type FaultProxyOptions, startFaultProxy } from './fault-proxy/start-fault-proxy.js';
export { freePort, type ReservedPort, reservePort } from './free-port.js';
export { type StartHaproxyOptions, startHaproxy } from './haproxy.js';
export { boomMessage, contractRoutes } from './http/contract-routes.js';
export type {
  HttpHost,
  HttpHostName,
  HttpService,
  Mount,
  NodeApp,
  NodeMiddleware,
} from './http/host.js';
export { describeHttpContract } from './http/http-contract.js';
export { httpHosts } from './http/http-hosts.js';
export { type RawRequestOptions, type RawResponse, rawRequest } from './http/raw-request.js';
export type { Route, RouteReply, RouteRequest } from './http/route.js';
export {
  type FailedRequest,
  type Load,
  type LoadResult,
  type SustainLoadOptions,
  sustainLoad,
} from './http/sustain-load.js';
export { type EnsureInstalledOptions, ensureInstalled } from './install.js';
export {
  type MariadbServer,
  type MariadbSettings,
  type StartMariadbOptions,
  startMariadb,
} from './mariadb.js';
export {
  type MariadbReplica,
  type StartMariadbReplicaOptions,
  startMariadbReplica,
} from './mariadb-replica.js';
export { type StartNginxOptions, startNginx } from './nginx.js';
export { type StartPgBouncerOptions, startPgBouncer } from './pgbouncer.js';
export {
  type PostgresServer,
  type PostgresSettings,
  type StartPostgresOptions,
  startPostgres,
} from './postgres.js';
export {
  type PostgresReplica,
  type StartPostgresReplicaOptions,
  startPostgresReplica,
} from './postgres-replica.js';
export { type RedisConfig, type RedisServer, type StartRedisOptions, startRedis } from './redis.js';
export { type RedisCluster, type StartRedisClusterOptions, startRedisCluster } from './redis-cluster.js';
export type { S3Fault, S3FaultKind, S3Operation } from './s3/s3-faults.js';
export type { S3Bucket, S3Upload, S3Version } from './s3/s3-state.js';
export { type S3Fake, type StartS3Options, startS3 } from './s3/start-s3.js';
export type { Server } from './server.js';
export { ServerStartFailed, ServerUnavailable } from './server-errors.js';
export { type SharedRedis, sharedRedis } from './shared-redis.js';
export { size } from './size.js';
export { type NodeExit, type NodeProcess, type SpawnNodeOptions, spawnNode } from './spawn-node.js';
export { createTestDatabase, type TestDatabase } from './test-database.js';
export { type WaitForOptions, WaitTimeout, waitFor } from './wait-for.js';
