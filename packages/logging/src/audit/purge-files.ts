import { beginningOf, firstOf, lastOf, type Segment, segmentsOf } from './audit-folder.js';

/** What a purge may take, and what the log then begins with. */
export interface PurgeableFiles {
  readonly paths: readonly string[];
  readonly beginning: readonly [segment: Uint8Array, checkpoint: Uint8Array];
}

/**
 * The files at the beginning whose records were all made before a moment: those that began and ended before it, and the one behind
 * which did so, too. All three, because a clock that was set back for a while dates new records long ago.
 */
export function purgeableFiles(folder: string, before: number): PurgeableFiles | undefined {
  const segments = segmentsOf(folder);
  const isYoung = (at: string): boolean => !(Date.parse(at) <= before);
  const kept = segments.findIndex(({ path }: Segment, index) => {
    const next = segments[index + 1];
    return next === undefined || [firstOf(path).at, lastOf(path).at, firstOf(next.path).at].some(isYoung);
  });
  const first = segments[kept];
  if (first === undefined || kept === 0) return undefined;
  return { paths: segments.slice(0, kept).map(({ path }) => path), beginning: beginningOf(first.path) };
}
