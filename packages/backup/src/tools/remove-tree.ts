import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@seaworthy/contracts';

/**
 * Removes a folder of ours with everything in it; resolves when it is not there. What was restored has the modes of its original, and out of
 * a folder that may not be written only root can take anything: such folders are opened first.
 */
export async function removeTree(path: string): Promise<void> {
  const all = { recursive: true, force: true, maxRetries: 5 };
  try {
    await rm(path, all);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    await openFolders(path);
    await rm(path, all);
  }
}

async function openFolders(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(folder, entry.name)); // a link to one is none
  }
}
