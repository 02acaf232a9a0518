import type { Closable, HealthCheck } from '@seaworthy/contracts';
import type { BackupHistory } from '../backups.js';
import type { DrillReport } from '../drill/drill-report.js';
import type { SignalOption } from '../signal-option.js';
import type { BackupHealthOptions } from '../status/backup-health.js';
import type { BackupStatus } from '../status/backup-status.js';
import type { PhysicalBackup, PhysicalKind } from './physical-backup.js';
import type { RestoreClusterOptions } from './restore-cluster.js';

export interface PhysicalRunOptions extends SignalOption {
  /** @defaultValue full when the newest full one is as old as `fullEvery`, else incremental */
  readonly kind?: PhysicalKind;
  /** Not called: pgBackRest tells no bytes. It is here so that a schedule fits. */
  readonly onProgress?: (progress: never) => void;
}

export interface PhysicalDrillOptions extends SignalOption {
  /** Which backup. @defaultValue the newest */
  readonly id?: string;
  /** Not called, as in `run`. */
  readonly onProgress?: (progress: never) => void;
}

export interface PgBackRestVerifyResult {
  readonly ok: boolean;
  /** What pgBackRest printed, for people. */
  readonly report: string;
}

/** A whole PostgreSQL cluster in the hands of pgBackRest. Fits `createBackupSchedule`. */
export interface PgBackRest extends Closable {
  /**
   * Proves that the cluster archives into the repository: switches to a new WAL file and waits for it.
   *
   * @throws BackupError
   */
  check(options?: SignalOption): Promise<void>;
  /**
   * Makes a backup and finds it in the repository; pgBackRest then expires what its configuration no longer wants.
   *
   * @throws BackupError; the reason of `signal`.
   */
  run(options?: PhysicalRunOptions): Promise<PhysicalBackup>;
  /** What the repository has, the newest first. One that was broken off is not there. */
  list(options?: SignalOption): Promise<readonly PhysicalBackup[]>;
  /** Reads the whole repository, all backups and all WAL, and compares every checksum. */
  verify(options?: SignalOption): Promise<PgBackRestVerifyResult>;
  /**
   * Lays out a data folder that recovers to a moment, or to the end of the archive, when PostgreSQL is started on it.
   *
   * @throws BackupError `RESTORE_REFUSED`, `RESTORE_FAILED` and others; OptionsError.
   */
  restore(options: RestoreClusterOptions): Promise<void>;
  /**
   * Restores a backup and all WAL after it into a place of its own, lets PostgreSQL recover there, reads every row of every table,
   * asks the invariants, keeps a report and removes the place.
   *
   * @throws DrillError when the backup is not good; BackupError when it could not be tried.
   */
  drill(options?: PhysicalDrillOptions): Promise<readonly DrillReport[]>;
  /** How the backups stand, for a status page. Asking it also brings the gauges up to date. */
  status(options?: SignalOption): Promise<BackupStatus>;
  /** As `Backups.healthCheck`: by the age of the newest backup and of the newest that a drill restored. */
  healthCheck(options?: BackupHealthOptions): HealthCheck<'remote'>;
  /** When complete backups and drills were started, in milliseconds since the epoch: for a schedule. */
  history(options?: SignalOption): Promise<BackupHistory>;
  /** Stops what runs and waits until it is gone. */
  close(): Promise<void>;
}
