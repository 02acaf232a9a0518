export { BackupError, type BackupErrorOptions, type BackupStage } from './backup-error.js';
export type { BackupsOptions } from './backup-options.js';
export type { BackupSource, SourceFacts, SourceSession } from './sources/backup-source.js';
export type { BackupTarget, StagedObject } from './targets/backup-target.js';
export type {
  BackupEntry,
  BackupProgress,
  Backups,
  RestoreForce,
  RestoreOptions,
  RestoreResult,
  RunOptions,
} from './backups.js';
export type { CompressionName } from './pipeline/compression.js';
export { createBackups } from './create-backups.js';
export { local } from './targets/local-target.js';
export type { Manifest, ManifestArtifact } from './manifest/manifest.js';
export { type MysqlSourceOptions, mysql } from './sources/mysql.js';
export { type PostgresSourceOptions, postgres } from './sources/postgres.js';
export type { ToolProcess } from './tools/tool-process.js';
