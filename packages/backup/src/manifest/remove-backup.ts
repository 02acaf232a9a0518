import type { BackupTarget, TargetCallOptions } from '../targets/backup-target.js';
import { layoutOf } from './layout.js';

/**
 * Removes one backup from one target, the manifest first: whatever interrupts it, what is left is no backup any more. An object that
 * cannot be removed, such as the report of a drill that is locked for longer than the backup was, holds up no other.
 *
 * @throws BackupError `BACKUP_LOCKED` when the target keeps it for longer.
 */
export async function removeBackup(
  target: BackupTarget,
  id: string,
  options: TargetCallOptions,
): Promise<void> {
  await target.delete(layoutOf(id).manifest(id), options);
  let failure: unknown;
  for (const prefix of [`${id}/`, `${id}.`]) {
    const keys: string[] = [];
    for await (const key of target.keys(prefix, options)) keys.push(key);
    for (const key of keys) {
      await target.delete(key, options).catch((error: unknown) => {
        failure ??= error;
      });
    }
  }
  if (failure !== undefined) throw failure;
}
