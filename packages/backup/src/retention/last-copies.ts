import type { DrilledBackup } from './catalog-history.js';

/**
 * For each target, by its name, the newest good backup of every source that it has: where newer ones did not arrive, because a disk is full
 * or credentials ran out, it is the last one there, whatever others have.
 *
 * @param history - The newest first.
 */
export function lastCopies(history: readonly DrilledBackup[]): ReadonlyMap<string, ReadonlySet<string>> {
  const copies = new Map<string, Set<string>>();
  const seen = new Set<string>();
  for (const { entry, retainable } of history) {
    if (entry.status !== 'complete' || !retainable.isGood) continue;
    for (const target of entry.targets) {
      for (const source of retainable.sources) {
        const place = `${source} in ${target}`; // the names of sources have no blanks
        if (seen.has(place)) continue;
        seen.add(place);
        copies.set(target, (copies.get(target) ?? new Set()).add(entry.id));
      }
    }
  }
  return copies;
}
