import { BackupError } from '../backup-error.js';
import type { BackupSettings } from '../backup-options.js';
import type { RunOptions } from '../backups.js';
import type { Contents, ManifestArtifact } from '../manifest/manifest.js';
import { restoreBackup } from '../restore/restore-backup.js';
import type { BackupTarget } from '../targets/backup-target.js';
import { checkInvariants } from './check-invariants.js';
import { compareContents } from './compare-contents.js';
import { type DrillReport, drillReport } from './drill-report.js';
import type { DrillSettings } from './drill-setup.js';
import { keepScratch } from './keep-scratch.js';
import { isPlacesFault } from './places-fault.js';
import { type Scratch, type ScratchPlace, scratchName } from './scratch.js';

export interface DrillSourceOptions extends Pick<RunOptions, 'onProgress'> {
  readonly settings: BackupSettings;
  readonly drill: DrillSettings;
  readonly scratch: Scratch;
  readonly id: string;
  readonly artifact: ManifestArtifact;
  /** The copy that is drilled: one that is bad must not hide behind another. */
  readonly target: BackupTarget;
  readonly signal: AbortSignal;
}

const maxDifferences = 100;

/** These say that the backup is bad. Any other error says that it could not be tried. */
const backupsFault = new Set(['BACKUP_CORRUPT', 'BACKUP_INCOMPLETE', 'BACKUP_UNREADABLE', 'RESTORE_FAILED']);

/** Restores one source into a place of its own, looks at it, and drops it whatever happens. */
export async function drillSource(options: DrillSourceOptions): Promise<DrillReport> {
  const { settings, drill, scratch, id, artifact, target, onProgress } = options;
  const { clock, logger } = settings;
  const startedAt = clock.now();
  const limit = new AbortController();
  const timer = clock.schedule(() => limit.abort(timedOut(artifact.source)), drill.timeoutMs, {
    keepAlive: true,
  });
  const signal = AbortSignal.any([options.signal, limit.signal]);
  const report = (found: Partial<DrillReport>): DrillReport =>
    drillReport({ backup: id, source: artifact.source, startedAt, completedAt: clock.now() }, found);

  const kept = keepScratch(scratch, logger);
  const name = scratchName(startedAt);
  try {
    await kept.reap({ startedAt, olderThanMs: drill.reapAfterMs, signal });
    const place = await scratch.create(name, signal);
    const { durationMs } = await restoreBackup({ ...settings, targets: [target] }, id, {
      source: artifact.source,
      to: place.source,
      confirm: place.source.database,
      force: ['same-server'], // the place is ours, new and empty, whatever server it is on
      identity: drill.identity,
      timeout: 2 * drill.timeoutMs, // ours comes first: it blames no backup
      signal,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return report({ restoreMs: durationMs, ...(await inspect(place)) });
  } catch (error) {
    signal.throwIfAborted();
    if (!BackupError.is(error) || !backupsFault.has(error.code) || isPlacesFault(error)) throw error;
    return report({ error: { code: error.code, message: error.message } });
  } finally {
    timer.cancel();
    await kept.drop(name);
  }

  async function inspect(place: ScratchPlace): Promise<Partial<DrillReport>> {
    const session = await place.source.open(signal);
    try {
      const expected = artifact.contents;
      const found = expected === undefined ? undefined : await session.contents?.(levelOf(expected), signal);
      const differences =
        expected === undefined || found === undefined ? [] : compareContents(expected, found);
      const invariants = await checkInvariants(drill.invariants[artifact.source] ?? {}, {
        database: {
          source: artifact.source,
          url: place.url,
          folder: place.folder,
          query: (sql) =>
            session.query?.(sql, signal) ?? Promise.reject(new TypeError('There is nothing to ask here.')),
          signal,
        },
        timeoutMs: drill.timeoutMs,
        clock,
      });
      const passed = differences.length === 0 && invariants.every((one) => one.passed);
      return {
        outcome: passed ? 'passed' : 'failed',
        compared: expected === undefined || found === undefined ? 'nothing' : levelOf(expected),
        tables: found?.tables.length ?? 0,
        rows: found?.tables.reduce((sum, { rows }) => sum + rows, 0) ?? 0,
        differences: differences.slice(0, maxDifferences),
        invariants,
      };
    } finally {
      await session.close();
    }
  }
}

function timedOut(source: string): BackupError {
  return new BackupError(
    `The drill of ${source} took longer than its timeout. Raise \`timeout\`, and \`reapAfter\` with it.`,
    { code: 'DRILL_TIMEOUT', stage: 'verify' },
  );
}

function levelOf(contents: Contents): 'rows' | 'hash' {
  return contents.tables.some(({ hash }) => hash !== undefined) ? 'hash' : 'rows';
}
