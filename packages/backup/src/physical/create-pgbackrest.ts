import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { DrillError } from '../drill/drill-error.js';
import { listDrillMarks } from '../drill/drill-mark.js';
import type { DrillReport } from '../drill/drill-report.js';
import { keepReport } from '../drill/keep-report.js';
import { alsoShown } from '../metrics/backup-metrics.js';
import { backupHealth } from '../status/backup-health.js';
import type { BackupStatus } from '../status/backup-status.js';
import { keepStatus } from '../status/kept-status.js';
import { trackCalls } from '../tracked-calls.js';
import { drillCluster } from './drill-cluster.js';
import { parsePgBackRestInfo } from './parse-pgbackrest-info.js';
import type { PgBackRest, PhysicalDrillOptions, PhysicalRunOptions } from './pgbackrest.js';
import { type PgBackRestOptions, readPgBackRestOptions } from './pgbackrest-options.js';
import { runPgBackRest } from './pgbackrest-program.js';
import type { PhysicalBackup, PhysicalKind } from './physical-backup.js';
import { physicalStatus } from './physical-status.js';
import { restoreCluster } from './restore-cluster.js';

const kindArgument: Readonly<Record<PhysicalKind, string>> = {
  full: 'full',
  differential: 'diff',
  incremental: 'incr',
};

const questionTimeoutMs = 60_000;

const readRun = optionsOf<PhysicalRunOptions>('run', { kind: true, signal: true, onProgress: true });
const readDrill = optionsOf<PhysicalDrillOptions>('drill', { id: true, signal: true, onProgress: true });

/**
 * Physical backups of large PostgreSQL clusters, and recovery to a point in time, by the pgBackRest that is installed and configured
 * here: the repository, its encryption, its retention and the WAL archive are pgBackRest's.
 *
 * @throws OptionsError
 *
 * @example
 * const cluster = createPgBackRest({ stanza: 'kpi', config: '/etc/pgbackrest/pgbackrest.conf' });
 * await cluster.run({ kind: 'full' });
 * await cluster.restore({ to: '/srv/restored', confirm: '/srv/restored', at: new Date('2026-11-22T06:59:00Z') });
 */
export function createPgBackRest(options: PgBackRestOptions): PgBackRest {
  const settings = readPgBackRestOptions(options);
  const { stanza, logger, clock, drill, timeoutMs } = settings;
  const kept = keepStatus((statusOptions) => all.status(statusOptions), clock);
  const metrics = alsoShown(settings.metrics, kept.keep);
  const { tracked, close } = trackCalls();

  async function info(signal: AbortSignal): Promise<readonly PhysicalBackup[]> {
    const command = { command: 'info', args: ['--output=json'], stage: 'read' } as const;
    const text = await runPgBackRest(settings, { ...command, timeoutMs: questionTimeoutMs, signal });
    return parsePgBackRestInfo(text, stanza);
  }

  const listMarks = (signal: AbortSignal) =>
    listDrillMarks(drill === undefined ? [] : [drill.reports], { signal });

  async function status(signal: AbortSignal): Promise<BackupStatus> {
    const backups = await info(signal);
    const marks = await listMarks(signal);
    const found = physicalStatus(backups, marks, clock.now());
    metrics.show(
      found,
      found.lastBackup && { artifacts: [{ source: stanza, bytes: found.lastBackup.bytes }] },
    );
    return found;
  }

  async function backUp(wanted: PhysicalKind | undefined, signal: AbortSignal): Promise<PhysicalBackup> {
    const before = new Set((await info(signal)).map(({ id }) => id));
    const kind = wanted ?? (await dueKind(signal));
    await runPgBackRest(settings, {
      command: 'backup',
      args: [`--type=${kindArgument[kind]}`],
      stage: 'dump',
      timeoutMs,
      signal,
    });
    const made = (await info(signal)).find(({ id }) => !before.has(id));
    if (made === undefined)
      throw failed(
        'BACKUP_INCOMPLETE',
        `said it was done with ${stanza}, and its repository has no new backup`,
      );
    if (made.status === 'damaged')
      throw failed(
        'BACKUP_CORRUPT',
        `found pages with wrong checksums in the cluster of ${stanza}: look at its disk`,
      );
    return made;
  }

  async function dueKind(signal: AbortSignal): Promise<PhysicalKind> {
    const full = (await info(signal)).find(
      ({ kind, status: state }) => kind === 'full' && state === 'complete',
    );
    return full === undefined || clock.now() - full.startedAt.getTime() >= settings.fullEveryMs
      ? 'full'
      : 'incremental';
  }

  async function drilled(wanted: string | undefined, signal: AbortSignal): Promise<readonly DrillReport[]> {
    if (drill === undefined)
      throw new BackupError(
        'There is nowhere to drill. Give createPgBackRest({ drill: { folder, reports } }).',
        {
          code: 'DRILL_MISSING',
          stage: 'prepare',
        },
      );
    const id = wanted ?? (await info(signal))[0]?.id;
    if (id === undefined)
      throw new BackupError(`The stanza ${stanza} has no backup to drill. Make one first.`, {
        code: 'BACKUP_NOT_FOUND',
        stage: 'read',
      });
    const limit = new AbortController();
    const timer = clock.schedule(() => limit.abort(timedOut(stanza)), drill.timeoutMs, { keepAlive: true });
    try {
      const report = await drillCluster({
        settings,
        drill,
        id,
        signal: AbortSignal.any([signal, limit.signal]),
      });
      await keepReport(drill.reports, report, { artifact: 0, signal, clock });
      if (report.outcome === 'failed') throw new DrillError([report]);
      return [report];
    } finally {
      timer.cancel();
    }
  }

  /** Brings the gauges up to date, unless nobody waits any more. */
  async function refresh(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await status(signal).catch(() => undefined);
  }

  const all: PgBackRest = {
    check: ({ signal } = {}) =>
      tracked(signal, async (checkSignal) => {
        await runPgBackRest(settings, {
          command: 'check',
          stage: 'prepare',
          timeoutMs,
          signal: checkSignal,
        });
      }),
    run(runOptions = {}) {
      const { kind, signal } = readRun(runOptions);
      if (kind !== undefined && !(kind in kindArgument))
        throw invalidOption('run', 'kind', '"full", "differential" or "incremental"');
      return tracked(signal, async (runSignal) => {
        try {
          const made = await backUp(kind, runSignal);
          logger.info('A physical backup is complete.', { stanza, backup: made.id, bytes: made.bytes });
          metrics.ran('succeeded');
          return made;
        } catch (error) {
          metrics.ran('failed');
          logger.error('A physical backup failed.', { stanza, error });
          throw error;
        } finally {
          await refresh(runSignal);
        }
      });
    },
    list: ({ signal } = {}) => tracked(signal, info),
    verify: ({ signal } = {}) =>
      tracked(signal, async (verifySignal) => {
        const report = await runPgBackRest(settings, {
          command: 'verify',
          args: ['--output=text', '--verbose'],
          stage: 'verify',
          timeoutMs,
          signal: verifySignal,
        });
        return { ok: isAllValid(report), report };
      }),
    restore: (restoreOptions) =>
      tracked(restoreOptions.signal, (signal) => restoreCluster(settings, { ...restoreOptions, signal })),
    drill(drillOptions = {}) {
      const { id, signal } = readDrill(drillOptions);
      return tracked(signal, async (drillSignal) => {
        try {
          const reports = await drilled(id, drillSignal);
          metrics.drilled('passed', reports);
          logger.info('A physical backup was drilled and is good.', { stanza, reports });
          return reports;
        } catch (error) {
          const isBad = error instanceof DrillError;
          metrics.drilled(isBad ? 'failed' : 'error', isBad ? error.reports : []);
          logger.error('A drill did not pass.', { stanza, error });
          throw error;
        } finally {
          await refresh(drillSignal);
        }
      });
    },
    status: ({ signal } = {}) => tracked(signal, status),
    healthCheck: (healthOptions) => backupHealth(kept.recent, clock, healthOptions),
    history: ({ signal } = {}) =>
      tracked(signal, async (historySignal) => {
        const backups = await info(historySignal);
        const marks = await listMarks(historySignal);
        return {
          backups: backups.filter((one) => one.status === 'complete').map((one) => one.startedAt.getTime()),
          drills: [...marks.values()].flatMap((one) => one.map(({ at }) => at)),
        };
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
  return all;
}

/** It ends with 0 whatever it finds, so what it prints decides. */
function isAllValid(report: string): boolean {
  return /\bstatus: ok\b/.test(report) && !/\bstatus: error\b/.test(report);
}

function failed(code: string, what: string): BackupError {
  return new BackupError(`pgbackrest ${what}.`, { code, stage: 'verify', tool: 'pgbackrest', exitCode: 0 });
}

function timedOut(stanza: string): BackupError {
  return new BackupError(`The drill of ${stanza} took longer than its timeout. Raise \`timeout\`.`, {
    code: 'DRILL_TIMEOUT',
    stage: 'verify',
  });
}
