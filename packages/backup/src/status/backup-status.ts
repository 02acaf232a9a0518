import type { BackupEntry } from '../manifest/backup-entry.js';
import type { DrilledBackup } from '../retention/catalog-history.js';

/** How the backups stand, for a status page, health and metrics. */
export interface BackupStatus {
  /** The newest complete backup that is not `ahead`. */
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
  /** Ids of backups that lack bytes or a readable manifest, be it in one target only. */
  readonly damaged: readonly string[];
  /**
   * Ids of complete backups that are dated more than an hour later than now, because a clock was wrong. They halt retention, and nobody
   * knows how old they are, so none is the last one. Remove them by hand once there is a later one.
   */
  readonly ahead: readonly string[];
  /** How many complete backups there are. */
  readonly count: number;
}

/** Clocks of instances differ by less. */
const skewMs = 3_600_000;

/** Whether a clock was wrong when that was dated, or is now. */
export function isAhead(madeAt: number | undefined, now: number): boolean {
  return madeAt !== undefined && madeAt > now + skewMs;
}

/** @param now - Milliseconds since the epoch. */
export function backupStatus(history: readonly DrilledBackup[], now: number): BackupStatus {
  const complete = history.flatMap(({ entry, ...rest }) =>
    entry.status === 'complete' ? [{ ...rest, id: entry.id, manifest: entry.manifest }] : [],
  );
  const believed = complete.filter(({ retainable }) => !isAhead(retainable.madeAt, now));
  const [newest] = believed;
  const verified = believed.find(({ retainable }) => retainable.isGood && retainable.verified.length > 0);
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
    damaged: history.filter(({ entry }) => isDamaged(entry)).map(({ entry }) => entry.id),
    ahead: complete.filter((one) => !believed.includes(one)).map(({ id }) => id),
    count: complete.length,
  };
}

function isDamaged(entry: BackupEntry): boolean {
  return entry.status === 'damaged' || entry.damagedIn.length > 0;
}
