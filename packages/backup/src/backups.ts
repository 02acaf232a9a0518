import type { Closable, DurationInput, HealthCheck, Secret } from '@seaworthy/contracts';
import type { DrillReport } from './drill/drill-report.js';
import type { BackupEntry } from './manifest/backup-entry.js';
import type { Manifest } from './manifest/manifest.js';
import type { RewrapOptions, RewrapResult } from './restore/rewrap-backup.js';
import type { RetentionPlan } from './retention/plan-retention.js';
import type { PruneResult } from './retention/prune-backups.js';
import type { SignalOption } from './signal-option.js';
import type { BackupSource } from './sources/backup-source.js';
import type { BackupHealthOptions } from './status/backup-health.js';
import type { BackupStatus } from './status/backup-status.js';
import type { VerifyOptions, VerifyResult } from './verify/verify-backup.js';

export interface BackupProgress {
  /** The source's name. */
  readonly source: string;
  readonly stage: 'dump' | 'verify' | 'restore';
  /** Uncompressed bytes so far. */
  readonly rawBytes: number;
  /** Compressed bytes so far; 0 while restoring. */
  readonly bytes: number;
  /** Uncompressed bytes a second, on average since the stage began; 0 at its very start. */
  readonly rawBytesPerSecond: number;
}

export interface RunOptions {
  /** Ends the run: children are stopped, nothing is kept, and the rejection is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called at most once a second and source, and at its end. */
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Kept in the manifest, for people: `['weekly']`. Retention does not look at them. @defaultValue [] */
  readonly tags?: readonly string[];
}

/** What a restore must be told twice before it does something that cannot be undone. */
export type RestoreForce = 'same-server' | 'not-empty';

export interface RestoreOptions extends Pick<RunOptions, 'signal' | 'onProgress'> {
  /** Which part of the backup, by the source's name. @defaultValue the only one */
  readonly source?: string;
  /** Where it goes: `postgres({ url })` or `mysql({ url })`, the same engine as the dump's. */
  readonly to: BackupSource;
  /** The name of the target database once more, by hand: it must equal the one in the URL. */
  readonly confirm: string;
  /**
   * `same-server` lets it go to the server that was dumped; `not-empty` to a database with something in it. Neither drops
   * or replaces anything: what is in the way makes the restore fail. @defaultValue []
   */
  readonly force?: readonly RestoreForce[];
  /**
   * The private age keys (`AGE-SECRET-KEY-1…`) that may open it, for an encrypted backup. They belong on the machine that
   * restores, not on the one that makes backups. @defaultValue []
   */
  readonly identity?: string | Secret | ReadonlyArray<string | Secret>;
  /** The whole restore, index builds included. @defaultValue '12h' */
  readonly timeout?: DurationInput;
}

export interface RestoreResult {
  readonly id: string;
  readonly source: string;
  readonly durationMs: number;
  readonly rawBytes: number;
}

export interface DrillOptions extends Pick<RunOptions, 'signal' | 'onProgress'> {
  /** Which backup. @defaultValue the newest */
  readonly id?: string;
}

export interface BackupHistory {
  readonly backups: readonly number[];
  readonly drills: readonly number[];
}

export interface Backups extends Closable {
  /**
   * Dumps every source, one after the other, and gives the result its name when all of it is complete and on the disk of
   * every target. On any failure nothing is left.
   *
   * @throws BackupError; the reason of `signal`.
   */
  run(options?: RunOptions): Promise<Manifest>;
  /** What is there, the newest first. Backups that never became complete are not. */
  list(options?: SignalOption): Promise<readonly BackupEntry[]>;
  /**
   * Checks manifest and hash, then the guards, and brings one source back. PostgreSQL takes all of it or nothing; MySQL may
   * keep a part after a failure.
   *
   * @throws BackupError `RESTORE_REFUSED`, `RESTORE_FAILED`, `BACKUP_CORRUPT` and others; the reason of `signal`.
   */
  restore(id: string, options: RestoreOptions): Promise<RestoreResult>;
  /**
   * Lets other keys open an encrypted backup, without rewriting its payload: a new header is kept beside it. What the old keys
   * could open they still can, because a copy of the object may be anywhere.
   *
   * @throws BackupError `BACKUP_NO_KEY`, `BACKUP_NOT_FOUND` and others; OptionsError.
   */
  rewrap(id: string, options: RewrapOptions): Promise<RewrapResult>;
  /**
   * Reads every copy of a backup as deep as `level` says. What is wrong is a finding, and never a throw.
   *
   * @throws the reason of `signal`; OptionsError.
   */
  verify(id: string, options?: VerifyOptions): Promise<VerifyResult>;
  /**
   * Restores a backup into scratch places that it makes and drops itself, compares row counts and hashes with those of the dump's
   * own moment, asks the application's invariants, and keeps a report beside the manifest. One report per source.
   *
   * @throws DrillError `DRILL_FAILED` when the backup is not good; BackupError when it could not be tried: `DRILL_MISSING`,
   * `BACKUP_NOT_FOUND`, `BACKUP_NO_KEY`, `BACKUP_CONNECT_FAILED` and others; the reason of `signal`.
   */
  drill(options?: DrillOptions): Promise<readonly DrillReport[]>;
  /** How the backups stand, for a status page. Asking it also brings the gauges up to date. */
  status(options?: SignalOption): Promise<BackupStatus>;
  /**
   * For health: fails without a backup or with an old one, and is degraded after a failed drill.
   *
   * @throws OptionsError
   */
  healthCheck(options?: BackupHealthOptions): HealthCheck<'remote'>;
  /**
   * What the retention policy would keep and remove now, with reasons. Nothing is changed.
   *
   * @throws BackupError `RETENTION_MISSING` without a policy.
   */
  plan(options?: SignalOption): Promise<RetentionPlan>;
  /**
   * Removes what the plan says, the oldest first.
   *
   * @throws BackupError `RETENTION_STALE` when backups came or went since the plan was made; nothing is removed then.
   */
  prune(plan: RetentionPlan, options?: SignalOption): Promise<PruneResult>;
  /** `plan()` and `prune()` in one, for a schedule; does nothing without a policy. */
  retain(options?: SignalOption): Promise<PruneResult>;
  /** When complete backups and drills were started, whatever the drills came to, in milliseconds since the epoch: for a schedule. */
  history(options?: SignalOption): Promise<BackupHistory>;
  /** Stops what runs and waits until its children and files are gone. */
  close(): Promise<void>;
}
