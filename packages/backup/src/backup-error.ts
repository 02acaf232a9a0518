import { SeaworthyError, type SeaworthyErrorOptions } from '@seaworthy/contracts';

/** Where a run was when it failed. */
export type BackupStage =
  | 'prepare'
  | 'dump'
  | 'compress'
  | 'encrypt'
  | 'write'
  | 'commit'
  | 'read'
  | 'decrypt'
  | 'verify'
  | 'restore';

export interface BackupErrorOptions extends SeaworthyErrorOptions {
  readonly stage: BackupStage;
  /** The program that failed, for example `pg_dump`. */
  readonly tool?: string | undefined;
  /** Its exit code, or the name of the signal that ended it. */
  readonly exitCode?: number | string | undefined;
}

/**
 * Thrown when a backup or a restore did not happen. Messages name servers and databases, never passwords or rows.
 *
 * `code` is one of
 * - `BACKUP_CONNECT_FAILED`: the server could not be asked for its version.
 * - `BACKUP_TOOL_MISSING`: no client program that fits the server; the message says what to install.
 * - `BACKUP_TOOL_FAILED`: a program ended with an error or was killed; see `tool` and `exitCode`.
 * - `BACKUP_INCOMPLETE`: every program said it was well, and yet the end of the dump is missing.
 * - `BACKUP_STALLED`: the dump gave no byte for too long, or its source no answer before it or after it.
 * - `BACKUP_WRITE_FAILED`: a target could not store it; the cause says why (`ENOSPC`).
 * - `BACKUP_ENCRYPT_FAILED`: the recipients could not be used.
 * - `BACKUP_READ_FAILED`: a target could not be read.
 * - `BACKUP_EXISTS`: a backup of that name is there already; nothing is overwritten.
 * - `BACKUP_LOCKED`: the target keeps it until its retention is over.
 * - `BACKUP_BUSY`: this instance is already making a backup.
 * - `BACKUP_NOT_FOUND`, `BACKUP_UNREADABLE`: no such backup, or one whose manifest cannot be understood.
 * - `BACKUP_CORRUPT`: the stored bytes are not those that the manifest names.
 * - `BACKUP_NO_KEY`: no private key was given that opens it.
 * - `RESTORE_REFUSED`: a guard said no; the message says which, and how to insist.
 * - `RESTORE_FAILED`: the database did not take it; what that leaves behind is in the message.
 * - `BACKUP_LOCK_LOST`: the lock among instances was lost while a scheduled run was under way.
 * - `RETENTION_STALE`: the backups are no longer those that the plan was made for.
 * - `RETENTION_LAST_COPY`: a target has no newer good backup, so that it keeps one that no rule wants.
 * - `RETENTION_MISSING`: there is no retention policy to plan with.
 * - `DRILL_FAILED`: a backup was restored for a trial, or could not be, and is not good; see DrillError.
 * - `DRILL_TIMEOUT`: a drill took too long, which says nothing of the backup.
 * - `DRILL_MISSING`: there is no scratch place to drill in.
 * - `BACKUP_TOO_OLD`: the health check found no backup, or an old one.
 * - `BACKUP_CLOSED`: `close()` was called.
 */
export class BackupError extends SeaworthyError {
  static override readonly kind: string = 'BackupError';

  readonly stage: BackupStage;
  readonly tool: string | undefined;
  readonly exitCode: number | string | undefined;

  constructor(message: string, options: BackupErrorOptions) {
    super(message, options);
    this.stage = options.stage;
    this.tool = options.tool;
    this.exitCode = options.exitCode;
  }
}
