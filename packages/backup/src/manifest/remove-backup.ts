import type { BackupTarget } from '../targets/backup-target.js';
import { layoutOf } from './layout.js';

/**
 * Removes one backup from one target, the manifest first: whatever interrupts it, what is left is no backup any more.
 *
 * @throws BackupError `BACKUP_LOCKED` when the target keeps it for longer, before anything else was removed.
 */
export async function removeBackup(target: BackupTarget, id: string): Promise<void> {
  await target.delete(layoutOf(id).manifest(id));
  for (const prefix of [`${id}/`, `${id}.`]) {
    const keys: string[] = [];
    for await (const key of target.keys(prefix)) keys.push(key);
    for (const key of keys) await target.delete(key);
  }
}
