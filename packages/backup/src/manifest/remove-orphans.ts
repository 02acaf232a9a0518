import { BackupError } from '../backup-error.js';
import type { BackupTarget, TargetCallOptions } from '../targets/backup-target.js';
import { abandonedMs, idOfKey, idOfManifest, isOurOwnId, layoutOf } from './layout.js';

/**
 * Removes the objects of runs that died between giving the first name and the last, and what is left where a removal was
 * interrupted: a backup's objects without its manifest, to which nothing was added for {@link abandonedMs}. Returns their ids.
 * What is locked waits for a later time.
 */
export async function removeOrphans(
  target: BackupTarget,
  { now, signal }: TargetCallOptions & { readonly now: number },
): Promise<readonly string[]> {
  const found = new Map<string, string[]>();
  const whole = new Set<string>();
  for await (const key of target.keys('', { signal })) {
    const id = idOfKey(key);
    if (id === undefined || !isOurOwnId(id)) continue;
    if (idOfManifest(key) === id) whole.add(id);
    found.set(id, [...(found.get(id) ?? []), key]);
  }
  const removed: string[] = [];
  for (const [id, keys] of found) {
    if (whole.has(id) || !(await isQuiet(keys))) continue;
    // It may have been given its manifest since the list was read.
    if ((await target.head(layoutOf(id).manifest(id), { signal })) !== undefined) continue;
    if (await removeAll(keys)) removed.push(id);
  }
  return removed;

  async function isQuiet(keys: readonly string[]): Promise<boolean> {
    for (const key of keys) {
      const at = (await target.head(key, { signal }))?.modifiedAt.getTime() ?? 0;
      if (now - at <= abandonedMs) return false;
    }
    return true;
  }

  async function removeAll(keys: readonly string[]): Promise<boolean> {
    let isGone = true;
    for (const key of keys) {
      await target.delete(key, { signal }).catch((error: unknown) => {
        if (!BackupError.is(error) || error.code !== 'BACKUP_LOCKED') throw error;
        isGone = false;
      });
    }
    return isGone;
  }
}
