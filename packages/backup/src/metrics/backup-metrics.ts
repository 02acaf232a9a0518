import type { Metrics } from '@seaworthy/contracts';
import type { DrillReport } from '../drill/drill-report.js';
import type { ManifestArtifact } from '../manifest/manifest.js';
import type { BackupStatus } from '../status/backup-status.js';

type StoredPart = Pick<ManifestArtifact, 'source' | 'bytes'>;

/** What backups tell a registry. In Prometheus: `backup_last_success_timestamp_seconds` and so on. */
export interface BackupMetrics {
  ran(outcome: 'succeeded' | 'failed'): void;
  drilled(outcome: 'passed' | 'failed' | 'error', reports: readonly DrillReport[]): void;
  /** Gauges as the catalog has them, so that they are right after a restart and in every instance. */
  show(status: BackupStatus, newest: { readonly artifacts: readonly StoredPart[] } | undefined): void;
}

export function createBackupMetrics(metrics: Metrics, prefix = 'backup'): BackupMetrics {
  const gauge = (name: string, unit: string, description: string) =>
    metrics.gauge({ name: `${prefix}.${name}`, unit, description });
  const lastSuccess = gauge('last_success.timestamp', 's', 'When the newest complete backup was started.');
  const lastVerified = gauge(
    'last_verified.timestamp',
    's',
    'When the newest backup that a drill has restored with success was started.',
  );
  const lastRestore = gauge(
    'last_successful_restore.timestamp',
    's',
    'When a drill last restored a backup with success.',
  );
  const lastDrill = gauge('last_drill.passed', '{status}', '1 when the last drill passed, 0 when it failed.');
  const size = gauge('size', 'By', 'Stored bytes of a source in the newest complete backup.');
  const duration = gauge('duration', 's', 'How long the newest complete backup took.');
  const restoreDuration = gauge('restore.duration', 's', 'How long the last drill took to restore a source.');
  const damaged = gauge(
    'damaged',
    '{backup}',
    'Backups in the targets that lack bytes or a readable manifest.',
  );
  const runs = metrics.counter({
    name: `${prefix}.runs`,
    unit: '{run}',
    description: 'Backups that were tried.',
  });
  const drills = metrics.counter({
    name: `${prefix}.drills`,
    unit: '{drill}',
    description: 'Drills that were tried.',
  });
  const seconds = (date: Date): number => date.getTime() / 1_000;
  const shown = new Set<string>();
  const sources = new Set<string>();
  /** Tells a value; where there is none any more 0, for a gauge keeps what it was told last. */
  const tell = (name: string, value: number | undefined, set: (value: number) => void): void => {
    if (value !== undefined) shown.add(name);
    if (shown.has(name)) set(value ?? 0);
  };

  return {
    ran: (outcome) => runs.add(1, { outcome }),
    drilled(outcome, reports) {
      drills.add(1, { outcome });
      if (outcome !== 'error') lastDrill.set(outcome === 'passed' ? 1 : 0);
      for (const { source, restoreMs } of reports) {
        if (restoreMs !== undefined) restoreDuration.set(restoreMs / 1_000, { source });
      }
    },
    show({ lastBackup, lastVerified: verified, lastDrill: drill, damaged: bad }, newest) {
      const parts = new Map((newest?.artifacts ?? []).map(({ source, bytes }) => [source, bytes]));
      tell('success', lastBackup && seconds(lastBackup.madeAt), (value) => lastSuccess.set(value));
      tell('duration', lastBackup && lastBackup.durationMs / 1_000, (value) => duration.set(value));
      for (const source of parts.keys()) sources.add(source);
      for (const source of sources) size.set(parts.get(source) ?? 0, { source });
      tell('verified', verified && seconds(verified.madeAt), (value) => lastVerified.set(value));
      tell('restore', verified && seconds(verified.verifiedAt), (value) => lastRestore.set(value));
      if (drill !== undefined) lastDrill.set(drill.outcome === 'passed' ? 1 : 0);
      damaged.set(bad.length);
    },
  };
}

/** The same metrics, with somebody else who is told each status that they show. */
export function alsoShown(metrics: BackupMetrics, listener: (status: BackupStatus) => void): BackupMetrics {
  return {
    ...metrics,
    show(status, newest) {
      listener(status);
      metrics.show(status, newest);
    },
  };
}
