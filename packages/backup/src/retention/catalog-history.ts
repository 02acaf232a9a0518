import { type DrillMark, lastMarkOf, listDrillMarks } from '../drill/drill-mark.js';
import type { BackupEntry } from '../manifest/backup-entry.js';
import { listBackups } from '../manifest/catalog.js';
import type { BackupTarget, TargetCallOptions } from '../targets/backup-target.js';
import type { RetainableBackup } from './retainable-backup.js';

/** A backup with what its drills came to. */
export interface DrilledBackup {
  readonly entry: BackupEntry;
  readonly marks: readonly DrillMark[];
  readonly retainable: RetainableBackup;
}

/** Everything that is kept, the newest first, as retention, schedule and health look at it. */
export async function catalogHistory(
  targets: readonly BackupTarget[],
  options: TargetCallOptions,
): Promise<readonly DrilledBackup[]> {
  const [entries, marks] = await Promise.all([
    listBackups(targets, options),
    listDrillMarks(targets, options),
  ]);
  return entries.map((entry) => {
    const own = marks.get(entry.id) ?? [];
    return { entry, marks: own, retainable: retainableOf(entry, own) };
  });
}

/** A failed drill takes a backup out of those that count, until a later one passes. */
function retainableOf(entry: BackupEntry, marks: readonly DrillMark[]): RetainableBackup {
  if (entry.status === 'damaged') {
    return { id: entry.id, madeAt: undefined, isGood: false, verified: [], sources: [] };
  }
  const { artifacts, startedAt } = entry.manifest;
  const outcome = (at: number): string | undefined => lastMarkOf(marks, at)?.outcome;
  return {
    id: entry.id,
    madeAt: Date.parse(startedAt),
    isGood: !artifacts.some((_artifact, at) => outcome(at) === 'failed'),
    verified: artifacts.filter((_artifact, at) => outcome(at) === 'passed').map(({ source }) => source),
    sources: artifacts.map(({ source }) => source),
  };
}
