import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { ToolUser } from './tool-process.js';

/** A file that only one user can read, in a folder that only that user can enter. */
export interface PrivateFile {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Credentials reach database clients through a file: arguments and environments of a process can be read by others.
 *
 * @throws BackupError `BACKUP_WRITE_FAILED`
 */
export async function privateFile(name: string, content: string, owner?: ToolUser): Promise<PrivateFile> {
  const parent = tmpdir();
  const folder = await mkdtemp(join(parent, 'seaworthy-backup-')).catch((error: unknown) => {
    throw notWritten(parent, error);
  }); // mkdtemp makes it 0700
  const path = join(folder, name);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    if (owner !== undefined) for (const one of [path, folder]) await chown(one, owner.uid, owner.gid);
  } catch (error) {
    await remove();
    throw notWritten(parent, error);
  }
  return { path, remove };
}

function notWritten(folder: string, error: unknown): BackupError {
  const why = errorCode(error) ?? 'no reason given';
  const text = `The temporary folder ${folder} takes no file of ours (${why}). Free space there, or set TMPDIR to another.`;
  return new BackupError(text, { code: 'BACKUP_WRITE_FAILED', stage: 'prepare' });
}
