import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';

interface Restored {
  readonly label: string;
  readonly tool: string;
}

/** Lets a folder that was filled beside its place take it: where nothing is, or an empty folder. */
export async function putInPlace(staged: string, folder: string, restored: Restored): Promise<void> {
  try {
    await rename(staged, folder); // replaces an empty folder, and nothing else
    const parent = await open(dirname(folder), 'r');
    await parent.sync().finally(() => parent.close());
  } catch (error) {
    throw notWritten(error, restored);
  }
}

export function notWritten(error: unknown, { label, tool }: Restored): BackupError {
  const code = errorCode(error);
  const why = typeof code === 'string' ? code : 'no reason given';
  const advice =
    why === 'ENOTEMPTY' || why === 'EEXIST' ? ' Nothing is replaced: choose an empty folder.' : '';
  return new BackupError(`${label} could not be written (${why}).${advice}`, {
    code: 'RESTORE_FAILED',
    stage: 'restore',
    tool,
  });
}
