import {
  type Clock,
  type Closable,
  type DurationInput,
  invalidOption,
  type Logger,
  optionsOf,
  parseDuration,
  silentLogger,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupProgress } from '../backups.js';
import { DrillError } from '../drill/drill-error.js';
import { cronTimes } from './cron-times.js';
import { noLock, type RunLock } from './run-lock.js';
import { type JobSettings, keepSchedule, type ScheduledJob } from './scheduled-job.js';

export interface ScheduledRunOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/** What a schedule asks of the backups: `createBackups()` fits. */
export interface SchedulableBackups {
  run(options: ScheduledRunOptions): Promise<unknown>;
  /** Removes what the retention policy no longer wants; absent or idle without a policy. */
  retain?(options: { readonly signal: AbortSignal }): Promise<unknown>;
  drill?(options: ScheduledRunOptions): Promise<unknown>;
  /** When complete backups and drills were started, in milliseconds since the epoch. */
  history(options?: {
    readonly signal: AbortSignal;
  }): Promise<{ readonly backups: readonly number[]; readonly drills: readonly number[] }>;
}

export interface BackupScheduleOptions {
  /** When to back up: five fields of cron, `'0 2 * * *'`. */
  readonly backup: string;
  /** When to restore the newest backup into a scratch database. @defaultValue never */
  readonly drill?: string;
  /** Of the expressions; an IANA name. @defaultValue 'UTC' */
  readonly timeZone?: string;
  /** `sqlLock` or `redisLock`, where several instances run the same schedule. @defaultValue one instance */
  readonly lock?: RunLock;
  /** Whether a time that passed while nobody ran is made up for at once; without any backup, so is the last one. @defaultValue true */
  readonly catchUp?: boolean;
  /** Each run starts at random within so long after its time. @defaultValue '30s' */
  readonly jitter?: DurationInput;
  /** How often a run is tried in all before the next time is waited for. @defaultValue 3 */
  readonly attempts?: number;
  /** Before the second attempt; doubled before each further one. @defaultValue '10m' */
  readonly retryAfter?: DurationInput;
  /** Called at most once a second while a backup or a drill runs. */
  readonly onProgress?: (progress: BackupProgress) => void;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
  /** For the jitter; from 0 to below 1. @defaultValue Math.random */
  readonly random?: () => number;
}

export interface BackupSchedule extends Closable {
  /** The next times, before jitter. */
  next(): { readonly backup: Date | undefined; readonly drill: Date | undefined };
  /** Starts no more runs, stops the one that runs and waits until its children are gone. Leaves the backups open. */
  close(): Promise<void>;
}

const owner = 'createBackupSchedule';

const readOptions = optionsOf<BackupScheduleOptions>(owner, {
  backup: true,
  drill: true,
  timeZone: true,
  lock: true,
  catchUp: true,
  jitter: true,
  attempts: true,
  retryAfter: true,
  onProgress: true,
  logger: true,
  clock: true,
  random: true,
});

/**
 * Backs up, prunes and drills at given times, once among all instances that share the lock. It starts at once and is over with
 * `close()`; its timers keep no process alive.
 *
 * A backup that succeeded is followed by retention, one that failed is not. A run counts as done when the catalog has a good backup
 * that was started at its time or later: what was missed is caught up, and what another instance did is left.
 *
 * @throws OptionsError
 *
 * @example
 * const schedule = createBackupSchedule(backups, {
 *   backup: '0 2 * * *',
 *   drill: '0 4 1 * *',
 *   lock: sqlLock(() => db.connect({ timeout: '12h' }), { key: 'kpi' }),
 * });
 */
export function createBackupSchedule(
  backups: SchedulableBackups,
  options: BackupScheduleOptions,
): BackupSchedule {
  const {
    backup,
    drill,
    timeZone = 'UTC',
    lock = noLock,
    random = Math.random,
    ...rest
  } = readOptions(options);
  const { clock = systemClock, logger = silentLogger } = rest;
  const settings: JobSettings = {
    lock,
    clock,
    logger,
    random,
    catchUp: rest.catchUp ?? true,
    jitterMs: parseDuration(rest.jitter ?? '30s'),
    attempts: wholeNumber(owner, 'attempts', rest.attempts ?? 3, { min: 1, max: 100 }),
    retryAfterMs: parseDuration(rest.retryAfter ?? '10m'),
  };
  const backupTimes = cronTimes(backup, { owner, option: 'backup', timeZone });
  const drillTimes = drill === undefined ? undefined : cronTimes(drill, { owner, option: 'drill', timeZone });
  const restore = backups.drill?.bind(backups);
  const told = rest.onProgress === undefined ? {} : { onProgress: rest.onProgress };
  const backupJob: ScheduledJob = {
    name: 'backup',
    times: backupTimes,
    lastDone: async (signal) => (await backups.history({ signal })).backups,
    async work(signal) {
      await backups.run({ signal, ...told });
      await backups.retain?.({ signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        logger.error('The backup is complete, and old ones could not be removed.', { error });
      });
    },
  };
  if (drillTimes !== undefined && restore === undefined)
    throw invalidOption(owner, 'drill', 'left out: these backups cannot drill');
  const drillJob: ScheduledJob | undefined = drillTimes && {
    name: 'drill',
    times: drillTimes,
    lastDone: async (signal) => (await backups.history({ signal })).drills,
    async work(signal) {
      try {
        await restore?.({ signal, ...told });
      } catch (error) {
        // It was tried, and the backup is bad: trying again changes nothing.
        if (!DrillError.is(error)) throw error;
        logger.error('The scheduled drill failed: a backup is not good.', { error });
      }
    },
  };

  const closing = new AbortController();
  const backing = keepSchedule(backupJob, settings, closing.signal);
  // Where both are due, the backup comes first: a drill is of the newest.
  const drilling =
    drillJob && backing.firstLook.then(() => keepSchedule(drillJob, settings, closing.signal).ended);
  const kept = Promise.all([backing.ended, drilling]);
  let closed: Promise<void> | undefined;
  const date = (at: number | undefined): Date | undefined => (at === undefined ? undefined : new Date(at));
  const schedule: BackupSchedule = {
    next: () => ({
      backup: date(backupTimes.next(clock.now())),
      drill: date(drillTimes?.next(clock.now())),
    }),
    close() {
      closing.abort(
        new BackupError('The schedule of backups was closed.', { code: 'BACKUP_CLOSED', stage: 'prepare' }),
      );
      closed ??= kept.then(() => undefined);
      return closed;
    },
    [Symbol.asyncDispose]: () => schedule.close(),
  };
  return schedule;
}
