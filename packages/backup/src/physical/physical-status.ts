import { type DrillMark, lastMarkOf } from '../drill/drill-mark.js';
import { type BackupStatus, isAhead } from '../status/backup-status.js';
import type { PhysicalBackup } from './physical-backup.js';

/** How the backups stand at `now`, in milliseconds since the epoch; `backups` the newest first. */
export function physicalStatus(
  backups: readonly PhysicalBackup[],
  marks: ReadonlyMap<string, readonly DrillMark[]>,
  now: number,
): BackupStatus {
  const damaged = new Set(backups.filter(({ status }) => status === 'damaged').map(({ id }) => id));
  const isWhole = ({ id, needs }: PhysicalBackup): boolean => ![id, ...needs].some((one) => damaged.has(one));
  const complete = backups.filter(isWhole);
  const lastOf = (id: string): DrillMark | undefined => lastMarkOf(marks.get(id) ?? [], 0);
  const believed = complete.filter(({ startedAt }) => !isAhead(startedAt.getTime(), now));
  const [newest] = believed;
  const verified = believed.find(({ id }) => lastOf(id)?.outcome === 'passed');
  const drill = backups
    .flatMap(({ id }) => lastOf(id) ?? [])
    .toSorted((a, b) => b.at - a.at)
    .at(0);
  return {
    lastBackup: newest && {
      id: newest.id,
      madeAt: newest.startedAt,
      bytes: newest.bytes,
      durationMs: newest.completedAt.getTime() - newest.startedAt.getTime(),
    },
    lastVerified: verified && {
      id: verified.id,
      madeAt: verified.startedAt,
      verifiedAt: new Date(lastOf(verified.id)?.at ?? 0),
    },
    lastDrill: drill && { id: drill.id, at: new Date(drill.at), outcome: drill.outcome },
    damaged: backups.filter((one) => !isWhole(one)).map(({ id }) => id),
    ahead: complete.filter((one) => !believed.includes(one)).map(({ id }) => id),
    count: complete.length,
  };
}
