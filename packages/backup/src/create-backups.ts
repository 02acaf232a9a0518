import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { BackupError } from './backup-error.js';
import { type BackupsOptions, readBackupOptions } from './backup-options.js';
import type { Backups, DrillOptions, RestoreOptions, RunOptions } from './backups.js';
import { measuredDrill } from './drill/run-drill.js';
import { listBackups } from './manifest/catalog.js';
import { alsoShown } from './metrics/backup-metrics.js';
import { runBackup } from './pipeline/run-backup.js';
import { clearOrphans, sweepTargets } from './pipeline/tidy-targets.js';
import { restoreBackup } from './restore/restore-backup.js';
import { type RewrapOptions, rewrapBackup } from './restore/rewrap-backup.js';
import { planNow, pruneBackups } from './retention/prune-backups.js';
import type { SignalOption } from './signal-option.js';
import { backupHealth } from './status/backup-health.js';
import { keepStatus } from './status/kept-status.js';
import { readHistory, readStatus } from './status/read-status.js';
import { trackCalls } from './tracked-calls.js';
import { verifyBackup } from './verify/verify-backup.js';

const readRunOptions = optionsOf<RunOptions>('run', {
  signal: true,
  onProgress: true,
  tags: true,
});

const readSignal = optionsOf<SignalOption>('options of backups', { signal: true });

const readDrillOptions = optionsOf<DrillOptions>('drill', { id: true, signal: true, onProgress: true });

/**
 * Backups of databases that exist if and only if they are complete.
 *
 * It starts nothing by itself: `run()` makes one backup, `restore()` brings one back.
 *
 * @throws OptionsError
 *
 * @example
 * const backups = createBackups({
 *   sources: { db: postgres({ url: process.env.DATABASE_URL }) },
 *   targets: [local('/var/backups/kpi')],
 * });
 * const { id } = await backups.run();
 * await backups.restore(id, { to: postgres({ url: scratchUrl }), confirm: 'kpi_scratch' });
 */
export function createBackups(backupsOptions: BackupsOptions): Backups {
  const given = readBackupOptions(backupsOptions);
  const kept = keepStatus((options) => backups.status(options), given.clock);
  const settings = { ...given, metrics: alsoShown(given.metrics, kept.keep) };
  const { targets, logger, metrics } = settings;
  const { tracked, close } = trackCalls();
  let running = false;

  const backups: Backups = {
    async run(runOptions = {}) {
      const { signal, onProgress, tags } = readRunOptions(runOptions);
      if (tags !== undefined && !isTags(tags))
        throw invalidOption('run', 'tags', 'a list of words: ["weekly"]');
      if (running) {
        throw new BackupError('A backup is being made already. Await it before the next.', {
          code: 'BACKUP_BUSY',
          stage: 'prepare',
        });
      }
      running = true;
      try {
        return await tracked(signal, async (runSignal) => {
          await sweepTargets({ ...settings, signal: runSignal });
          const manifest = await runBackup(settings, {
            signal: runSignal,
            ...(onProgress === undefined ? {} : { onProgress }),
            ...(tags === undefined ? {} : { tags }),
          });
          const bytes = manifest.artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
          logger.info('A backup is complete.', { backup: manifest.id, bytes });
          metrics.ran('succeeded');
          // From here on it is complete, whatever happens: what follows rejects nothing.
          await clearOrphans({ ...settings, signal: runSignal });
          await readStatus(settings, { signal: runSignal }).catch(() => undefined); // the gauges
          return manifest;
        });
      } catch (error) {
        metrics.ran('failed');
        logger.error('A backup failed; nothing of it was kept.', { error });
        throw error;
      } finally {
        running = false;
      }
    },
    list: (options = {}) => tracked(readSignal(options).signal, (signal) => listBackups(targets, { signal })),
    rewrap: (id: string, rewrapOptions: RewrapOptions) =>
      tracked(rewrapOptions.signal, (signal) => rewrapBackup(targets, id, { ...rewrapOptions, signal })),
    restore: (id: string, restoreOptions: RestoreOptions) =>
      tracked(restoreOptions.signal, (signal) => restoreBackup(settings, id, { ...restoreOptions, signal })),
    verify: (id, verifyOptions = {}) =>
      tracked(verifyOptions.signal, (signal) => verifyBackup(settings, id, { ...verifyOptions, signal })),
    drill: (drillOptions = {}) =>
      tracked(readDrillOptions(drillOptions).signal, (signal) =>
        measuredDrill(settings, { ...drillOptions, signal }),
      ),
    status: (options = {}) =>
      tracked(readSignal(options).signal, (signal) => readStatus(settings, { signal })),
    healthCheck: (healthOptions) => backupHealth(kept.recent, settings.clock, healthOptions),
    plan: (options = {}) => tracked(readSignal(options).signal, (signal) => planNow(settings, { signal })),
    prune: (plan, pruneOptions = {}) =>
      tracked(readSignal(pruneOptions).signal, (signal) => pruneBackups(settings, plan, signal)),
    async retain(retainOptions = {}) {
      if (settings.retention === undefined) return { removed: [], kept: [] };
      return backups.prune(await backups.plan(retainOptions), retainOptions);
    },
    history: (options = {}) =>
      tracked(readSignal(options).signal, (signal) => readHistory(settings, { signal })),
    close,
    [Symbol.asyncDispose]: close,
  };
  return backups;
}

/** What a manifest can hold: a caller without types may give one word instead of a list. */
function isTags(tags: unknown): boolean {
  return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string' && tag !== '');
}
