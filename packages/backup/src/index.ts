export { BackupError, type BackupErrorOptions, type BackupStage } from './backup-error.js';
export type { BackupsOptions } from './backup-options.js';
export type { BackupSource, SourceFacts, SourceSession } from './backup-source.js';
export type { BackupTarget, StagedObject } from './backup-target.js';
export type {
  BackupEntry,
  BackupProgress,
  Backups,
  RestoreForce,
  RestoreOptions,
  RestoreResult,
  RunOptions,
} from './backups.js';
export type { CompressionName } from './compression.js';
export { createBackups } from './create-backups.js';
export { local } from './local-target.js';
export type { Manifest, ManifestArtifact } from './manifest.js';
export { type MysqlSourceOptions, mysql } from './mysql.js';
export { type PostgresSourceOptions, postgres } from './postgres.js';
export type { ToolProcess } from './tool-process.js';
