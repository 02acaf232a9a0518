import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolUser } from './tool-process.js';

/** A file that only one user can read, in a folder that only that user can enter. */
export interface PrivateFile {
  readonly path: string;
  remove(): Promise<void>;
}

/** Credentials reach database clients through a file: arguments and environments of a process can be read by others. */
export async function privateFile(name: string, content: string, owner?: ToolUser): Promise<PrivateFile> {
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-backup-')); // mkdtemp makes it 0700
  const path = join(folder, name);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    if (owner !== undefined) for (const one of [path, folder]) await chown(one, owner.uid, owner.gid);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}
