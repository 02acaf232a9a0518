import type { DrilledBackup } from '../retention/catalog-history.js';

/** How the backups stand, for a status page, health and metrics. */
export interface BackupStatus {
  /** The newest complete backup; dated later than now when a clock was wrong. */
  readonly lastBackup:
    | { readonly id: string; readonly madeAt: Date; readonly bytes: number; readonly durationMs: number }
    | undefined;
  /** The newest backup that a drill restored with success, and when that was. */
  readonly lastVerified:
    | { readonly id: string; readonly madeAt: Date; readonly verifiedAt: Date }
    | undefined;
  readonly lastDrill:
    | { readonly id: string; readonly at: Date; readonly outcome: 'passed' | 'failed' }
    | undefined;
  /** Ids of backups that lack bytes or a readable manifest. */
  readonly damaged: readonly string[];
  /** How many complete backups there are. */
  readonly count: number;
}

export function backupStatus(history: readonly DrilledBackup[]): BackupStatus {
  const complete = history.flatMap(({ entry, ...rest }) =>
    entry.status === 'complete' ? [{ ...rest, id: entry.id, manifest: entry.manifest }] : [],
  );
  const [newest] = complete;
  const verified = complete.find(({ retainable }) => retainable.isGood && retainable.verified.length > 0);
  const drill = history
    .toReversed() // marks tell whole seconds: of two in one second, that of the newer backup counts as the later
    .flatMap(({ marks }) => marks)
    .toSorted((a, b) => a.at - b.at)
    .at(-1);
  return {
    lastBackup: newest && {
      id: newest.id,
      madeAt: new Date(newest.manifest.startedAt),
      bytes: newest.manifest.artifacts.reduce((sum, { bytes }) => sum + bytes, 0),
      durationMs: Date.parse(newest.manifest.completedAt) - Date.parse(newest.manifest.startedAt),
    },
    lastVerified: verified && {
      id: verified.id,
      madeAt: new Date(verified.manifest.startedAt),
      verifiedAt: new Date(Math.max(...verified.marks.map(({ at }) => at))),
    },
    lastDrill: drill && {
      id: drill.id,
      at: new Date(drill.at),
      // A drill of several sources leaves a mark of each.
      outcome: history.some(({ retainable, entry }) => entry.id === drill.id && !retainable.isGood)
        ? 'failed'
        : 'passed',
    },
    damaged: history.filter(({ entry }) => entry.status === 'damaged').map(({ entry }) => entry.id),
    count: complete.length,
  };
}
