import { isId } from '../manifest/layout.js';
import type { BackupTarget, TargetCallOptions } from '../targets/backup-target.js';

/** That a part of a backup was drilled, when, and how it went: all of it is in the name of the report, so that a listing tells it. */
export interface DrillMark {
  /** The backup. */
  readonly id: string;
  /** The place of the artifact in the manifest. */
  readonly artifact: number;
  readonly outcome: 'passed' | 'failed';
  /** Milliseconds since the epoch, in whole seconds. */
  readonly at: number;
}

/** The name of the note that holds the report; see `Layout.note`. */
export function drillNote({ artifact, outcome, at }: Omit<DrillMark, 'id'>): string {
  const stamp = new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  return `drill-${stamp}z-${artifact}-${outcome}.json`;
}

const pattern =
  /^(.+?)[./]note-drill-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)z-(\d{1,6})-(passed|failed)\.json$/;

/** The mark that a key stands for, or `undefined` for any other object. */
export function drillMarkOf(key: string): DrillMark | undefined {
  const [, id = '', year, month, day, hour, minute, second, artifact, outcome] = pattern.exec(key) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!isId(id) || Number.isNaN(at)) return undefined;
  return { id, at, artifact: Number(artifact), outcome: outcome === 'passed' ? 'passed' : 'failed' };
}

/** The marks of every backup, by its id; a report that lies in several targets counts once. */
export async function listDrillMarks(
  targets: readonly BackupTarget[],
  options: TargetCallOptions = {},
): Promise<ReadonlyMap<string, readonly DrillMark[]>> {
  const marks = new Map<string, Map<string, DrillMark>>();
  for (const target of targets) {
    for await (const key of target.keys('', options)) {
      const mark = drillMarkOf(key);
      if (mark === undefined) continue;
      const known = marks.get(mark.id) ?? new Map<string, DrillMark>();
      marks.set(mark.id, known.set(drillNote(mark), mark));
    }
  }
  return new Map([...marks].map(([id, known]) => [id, [...known.values()]]));
}

/** What the last drill of that artifact came to. */
export function lastMarkOf(marks: readonly DrillMark[], artifact: number): DrillMark | undefined {
  return marks
    .filter((mark) => mark.artifact === artifact)
    .toSorted((a, b) => a.at - b.at)
    .at(-1);
}
