import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type LockOwner, lockForProcess } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';

/**
 * Keeps every other process away from a folder until the returned function is called or this process ends. The lock stands
 * beside the folder, as `<folder>.lock`, because PGlite wants the folder itself to be its own.
 *
 * A lock whose process is gone is taken over. Processes on different machines that share a disk are told apart by host
 * name only, and then never taken over.
 *
 * @throws DbError `locked` that names the process which has it.
 */
export function lockFolder(folder: string): () => void {
  const path = resolve(folder);
  mkdirSync(resolve(path, '..'), { recursive: true });
  const lock = lockForProcess(`${path}.lock`, { ofOtherHost: 'held' });
  if ('unlock' in lock) return lock.unlock;
  throw lock.owner === undefined
    ? new DbError('locked', `The folder ${folder} was locked by another process just now. Try again.`)
    : lockedBy(folder, lock.owner);
}

function lockedBy(folder: string, { pid, host }: LockOwner): DbError {
  const where = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  return new DbError(
    'locked',
    `The folder ${folder} is in use by ${where}. PGlite allows one process at a time: stop that one, use another folder, or use a PostgreSQL server.`,
  );
}
