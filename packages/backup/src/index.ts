export { BackupError, type BackupErrorOptions, type BackupStage } from './backup-error.js';
export type { BackupsOptions } from './backup-options.js';
export type {
  BackupHistory,
  BackupProgress,
  Backups,
  DrillOptions,
  RestoreForce,
  RestoreOptions,
  RestoreResult,
  RunOptions,
} from './backups.js';
export { createBackups } from './create-backups.js';
export type { TableDifference } from './drill/compare-contents.js';
export { DrillError } from './drill/drill-error.js';
export type { DrillReport, InvariantResult } from './drill/drill-report.js';
export type { DrillDatabase, DrillSetup, Invariant } from './drill/drill-setup.js';
export type { Scratch, ScratchPlace } from './drill/scratch.js';
export { type ScratchDatabaseOptions, scratchMysql, scratchPostgres } from './drill/scratch-database.js';
export {
  type ScratchFolderOptions,
  type ScratchPgliteOptions,
  type ScratchRedisOptions,
  scratchFiles,
  scratchPglite,
  scratchRedis,
} from './drill/scratch-folder.js';
export type { BackupEntry } from './manifest/backup-entry.js';
export type { DumpFormat, EngineName } from './manifest/engine.js';
export type { Contents, Manifest, ManifestArtifact, TableContents } from './manifest/manifest.js';
export { createPgBackRest } from './physical/create-pgbackrest.js';
export { type MariadbBackupOptions, mariadbBackup } from './physical/mariadb-backup.js';
export { type MariadbFolderOptions, mariadbFolder } from './physical/mariadb-folder.js';
export type {
  PgBackRest,
  PgBackRestVerifyResult,
  PhysicalDrillOptions,
  PhysicalRunOptions,
} from './physical/pgbackrest.js';
export type { PgBackRestDrill, PgBackRestOptions } from './physical/pgbackrest-options.js';
export type { PhysicalBackup, PhysicalKind } from './physical/physical-backup.js';
export type { RestoreClusterOptions } from './physical/restore-cluster.js';
export { type ScratchMariadbOptions, scratchMariadb } from './physical/scratch-mariadb.js';
export type { CompressionName } from './pipeline/compression.js';
export type { RewrapOptions, RewrapResult } from './restore/rewrap-backup.js';
export type { VerifyLevel } from './restore/verify-artifact.js';
export { formatRetentionPlan } from './retention/format-retention-plan.js';
export { planRetention, type RetentionDecision, type RetentionPlan } from './retention/plan-retention.js';
export type { PruneResult } from './retention/prune-backups.js';
export type { RetainableBackup } from './retention/retainable-backup.js';
export { type RetentionPolicy, type RetentionRules, retentionPresets } from './retention/retention-policy.js';
export {
  type BackupSchedule,
  type BackupScheduleOptions,
  createBackupSchedule,
  type SchedulableBackups,
  type ScheduledRunOptions,
} from './schedule/create-backup-schedule.js';
export { type RedisLockOptions, redisLock } from './schedule/redis-lock.js';
export type { Held, RunLock } from './schedule/run-lock.js';
export { type LockConnection, type SqlLockOptions, sqlLock } from './schedule/sql-lock.js';
export type { SignalOption } from './signal-option.js';
export type {
  BackupSource,
  Dump,
  Load,
  SourceFacts,
  SourceSession,
} from './sources/backup-source.js';
export { type FilesSourceOptions, files } from './sources/files.js';
export type { FingerprintLevel } from './sources/fingerprint-level.js';
export { type MysqlSourceOptions, mysql } from './sources/mysql.js';
export {
  type OpenedPglite,
  type PgliteDatabase,
  type PgliteSourceOptions,
  pglite,
} from './sources/pglite.js';
export type { PgliteQueries, PgliteTransactions } from './sources/pglite-contents.js';
export { type PostgresSourceOptions, postgres } from './sources/postgres.js';
export { rdbFile } from './sources/rdb-file.js';
export { type RedisSourceOptions, redis } from './sources/redis.js';
export type { OpenPglite } from './sources/restored-pglite.js';
export type { BackupFigures, BackupHealthOptions } from './status/backup-health.js';
export type { BackupStatus } from './status/backup-status.js';
export type {
  BackupTarget,
  ObjectDigest,
  ObjectFacts,
  ReadOptions,
  StagedObject,
  TargetCallOptions,
} from './targets/backup-target.js';
export { local } from './targets/local-target.js';
export type { S3Client, S3Part, S3WriteInput } from './targets/s3-client.js';
export { type S3TargetOptions, s3 } from './targets/s3-target.js';
export type { OutputPipe } from './tools/output-pipe.js';
export type { VerifyFinding, VerifyOptions, VerifyResult } from './verify/verify-backup.js';
