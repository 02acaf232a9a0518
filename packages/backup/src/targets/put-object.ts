import { createHash } from 'node:crypto';
import type { BackupTarget } from './backup-target.js';
import { cleanupMs, discardStaged } from './discard-staged.js';

/** Writes one small object into one target, or nothing. */
export async function putObject(
  target: BackupTarget,
  { key, bytes }: { readonly key: string; readonly bytes: Uint8Array },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const object = await target.stage(key, { signal });
  try {
    await object.write(bytes);
    await object.commit({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  } catch (error) {
    await discardStaged(target, [object], cleanupMs).catch(() => undefined);
    throw error;
  }
}
