import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { removeTree } from '../tools/remove-tree.js';
import type { ToolUser } from '../tools/tool-process.js';

export interface RestoredFolder {
  readonly folder: string;
  /** What it is called in messages. */
  readonly label: string;
  /** The program that fills it, for errors. */
  readonly tool: string;
  /** Who will own it, where this process is root. */
  readonly runAs?: ToolUser | undefined;
}

/** A hidden folder beside a place that it takes when it is filled: all or nothing. */
export interface StagedFolder {
  readonly path: string;
  /** Takes the place where nothing is, or an empty folder. */
  putInPlace(): Promise<void>;
  /** Takes everything back. Never rejects. */
  discard(): Promise<void>;
}

/** @throws BackupError `RESTORE_FAILED`, as `putInPlace()` does. */
export async function stageFolder(restored: RestoredFolder): Promise<StagedFolder> {
  const { folder, runAs } = restored;
  const path = join(dirname(folder), `.partial-${basename(folder)}-${randomBytes(6).toString('hex')}`);
  const discard = (): Promise<void> => removeTree(path).catch(() => undefined);
  try {
    await mkdir(path, { mode: 0o700 });
    if (runAs !== undefined) await chown(path, runAs.uid, runAs.gid);
  } catch (error) {
    await discard();
    throw notWritten(error, restored);
  }
  return {
    path,
    async putInPlace() {
      try {
        await rename(path, folder); // replaces an empty folder, and nothing else
        const parent = await open(dirname(folder), 'r');
        await parent.sync().finally(() => parent.close());
      } catch (error) {
        throw notWritten(error, restored);
      }
    },
    discard,
  };
}

function notWritten(error: unknown, { label, tool }: RestoredFolder): BackupError {
  const why = errorCode(error) ?? 'no reason given';
  const advice =
    why === 'ENOTEMPTY' || why === 'EEXIST' ? ' Nothing is replaced: choose an empty folder.' : '';
  return new BackupError(`${label} could not be written (${why}).${advice}`, {
    code: 'RESTORE_FAILED',
    stage: 'restore',
    tool,
  });
}
