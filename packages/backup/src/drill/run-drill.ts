import { BackupError } from '../backup-error.js';
import type { BackupSettings } from '../backup-options.js';
import type { DrillOptions } from '../backups.js';
import type { BackupEntry } from '../manifest/backup-entry.js';
import { findBackup, listBackups } from '../manifest/catalog.js';
import { layoutOf } from '../manifest/layout.js';
import type { ManifestArtifact } from '../manifest/manifest.js';
import { isAhead } from '../status/backup-status.js';
import { readStatus } from '../status/read-status.js';
import type { BackupTarget } from '../targets/backup-target.js';
import { DrillError } from './drill-error.js';
import { type DrillReport, drillReport } from './drill-report.js';
import { drillSource } from './drill-source.js';
import { keepReport } from './keep-report.js';

/**
 * Restores every source that has a scratch place, one after the other, and keeps a report of each beside the manifest.
 *
 * @throws DrillError when one of them is not good; BackupError when it could not be tried; the reason of `signal`.
 */
async function runDrill(
  settings: BackupSettings,
  { id: wanted, onProgress, signal }: DrillOptions & { readonly signal: AbortSignal },
): Promise<readonly DrillReport[]> {
  const { drill, targets, logger, clock } = settings;
  if (drill === undefined) {
    throw new BackupError(
      'There is nowhere to drill. Give createBackups one: { drill: { into: { db: scratchPostgres({ url }) } } }.',
      {
        code: 'DRILL_MISSING',
        stage: 'prepare',
      },
    );
  }
  const id = wanted ?? newestOf(await listBackups(targets, { signal }), clock.now());
  const reports: DrillReport[] = [];
  for (const { artifact, at, target } of await artifactsOf(id)) {
    const scratch = drill.into[artifact.source];
    if (scratch === undefined) continue;
    const report = await drillSource({
      settings,
      drill,
      scratch,
      id,
      artifact,
      target,
      signal,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    await keep(report, at);
    reports.push(report);
  }
  if (reports.length === 0) {
    throw new BackupError(`Backup ${id} has none of the sources that there are scratch places for.`, {
      code: 'DRILL_MISSING',
      stage: 'prepare',
    });
  }
  if (reports.some(({ outcome }) => outcome === 'failed')) throw new DrillError(reports);
  logger.info('A backup was drilled and is good.', { backup: id, reports });
  return reports;

  async function artifactsOf(
    backup: string,
  ): Promise<
    ReadonlyArray<{ readonly artifact: ManifestArtifact; readonly at: number; readonly target: BackupTarget }>
  > {
    try {
      const { manifest, target } = await findBackup(targets, backup, { signal });
      return manifest.artifacts.map((artifact, at) => ({ artifact, at, target }));
    } catch (error) {
      if (!BackupError.is(error) || error.code === 'BACKUP_NOT_FOUND' || error.code === 'BACKUP_READ_FAILED')
        throw error;
      // What is damaged so much that it cannot even be tried has failed.
      const now = settings.clock.now();
      const { code, message } = error;
      const report = drillReport(
        { backup, source: '*', startedAt: now, completedAt: now },
        { error: { code, message } },
      );
      await keep(report, 0);
      throw new DrillError([report]);
    }
  }

  /** In every target that has the backup, and at least in one. */
  async function keep(report: DrillReport, artifact: number): Promise<void> {
    const { backup } = report;
    let kept = 0;
    let failure: unknown;
    for (const target of targets) {
      try {
        if ((await target.head(layoutOf(backup).manifest(backup), { signal })) === undefined) continue;
        await keepReport(target, report, { artifact, signal, clock: settings.clock });
        kept += 1;
      } catch (error) {
        failure = error;
        logger.warn('The report of a drill could not be kept.', { backup, target: target.name, error });
      }
    }
    if (kept > 0) return;
    throw failure ?? gone(backup);
  }
}

function madeAtOf(entry: BackupEntry): number | undefined {
  return entry.status === 'complete' ? Date.parse(entry.manifest.startedAt) : undefined;
}

function gone(backup: string): BackupError {
  return new BackupError(
    `Backup ${backup} was removed while it was drilled, so nothing is kept of that. Drill another.`,
    { code: 'BACKUP_NOT_FOUND', stage: 'verify' },
  );
}

/** As {@link runDrill}, and tells the metrics what it came to. */
export async function measuredDrill(
  settings: BackupSettings,
  options: DrillOptions & { readonly signal: AbortSignal },
): Promise<readonly DrillReport[]> {
  try {
    const reports = await runDrill(settings, options);
    settings.metrics.drilled('passed', reports);
    return reports;
  } catch (error) {
    const reports = error instanceof DrillError ? error.reports : [];
    settings.metrics.drilled(error instanceof DrillError ? 'failed' : 'error', reports);
    settings.logger.error('A drill did not pass.', { error });
    throw error;
  } finally {
    await readStatus(settings, { signal: options.signal }).catch(() => undefined); // the gauges
  }
}

/**
 * A damaged backup that is newer than the newest whole one is the one to look at: ids sort by time. One that is dated later than now
 * would be the newest for as long as the clock was wrong.
 */
function newestOf(entries: readonly BackupEntry[], now: number): string {
  const complete = entries.filter(({ status }) => status === 'complete');
  const newest = (complete.find((entry) => !isAhead(madeAtOf(entry), now)) ?? complete[0])?.id;
  const damaged = entries
    .filter(({ status }) => status === 'damaged')
    .map(({ id }) => id)
    .toSorted()
    .at(-1);
  const id = damaged !== undefined && (newest === undefined || damaged > newest) ? damaged : newest;
  if (id !== undefined) return id;
  throw new BackupError('There is no backup to drill. Make one first.', {
    code: 'BACKUP_NOT_FOUND',
    stage: 'read',
  });
}
