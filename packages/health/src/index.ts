export { type Check, type CheckOptions, local, remote } from './check.js';
export type { CheckSnapshot, CheckStatus } from './check-runner.js';
export type { AgeLimits } from './checks/age-limits.js';
export { type BackupAgeOptions, backupAge } from './checks/backup-age.js';
export {
  type CertificateAtOptions,
  type CertificateFigures,
  type CertificateLimits,
  certificateAt,
  certificateFile,
} from './checks/certificate-expiry.js';
export { type DiskOptions, type DiskUsage, disk } from './checks/disk.js';
export { type EventLoopLag, type EventLoopOptions, eventLoop, type LagSource } from './checks/event-loop.js';
export { type HttpDependencyOptions, httpDependency } from './checks/http-dependency.js';
export { type MemoryOptions, memory } from './checks/memory.js';
export type { MysqlConnection, MysqlPool } from './checks/mysql-pool.js';
export type { PostgresClient, PostgresPool } from './checks/postgres-pool.js';
export { redisPing } from './checks/redis-ping.js';
export { mysqlReplicaLag, postgresReplicaLag, type ReplicaLagOptions } from './checks/replica-lag.js';
export { mysqlPing, postgresPing } from './checks/sql-ping.js';
export type { UsageLimits } from './checks/usage-limits.js';
export { createHealth } from './create-health.js';
export type { HealthAnswer } from './endpoints.js';
export { HealthError } from './errors.js';
export type { FormatName } from './formats/format.js';
export type { Health, StartupOptions } from './health.js';
export type {
  CheckName,
  Checks,
  HealthOptions,
  LocalCheckName,
  ShutdownOptions,
} from './health-options.js';
export type { HealthSnapshot, HealthStatus } from './health-view.js';
export type { StopContext, StopHook, StopOptions } from './lifecycle.js';
export { createMetrics, type MetricStore, type MetricsOptions } from './metrics/create-metrics.js';
export type { HttpRecorder } from './metrics/http-recorder.js';
export type { HttpSummary, HttpSummarySource, RouteSummary } from './metrics/http-summary.js';
export type { MetricsSource, Observe, Scrape } from './metrics/metrics-source.js';
export type { RegistryLike } from './metrics/registry-bridge.js';
export type { LifecyclePhase, Phase, PhaseDeadlines } from './phase.js';
export type { PhaseReport } from './run-phase.js';
export type { ShutdownReport } from './shutdown.js';
export type { StartupSnapshot } from './startup-gate.js';
