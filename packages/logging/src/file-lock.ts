import { lockForProcess } from '@seaworthy/contracts';
import { LoggingError } from './logging-error.js';

/**
 * Makes this process the only one that rotates `path`. What one process renames and compresses, another would still write to.
 * A lock whose process has died, or which another machine left, is taken over: a container comes back under a new name.
 *
 * @returns a function that gives it back.
 * @throws LoggingError `LOG_FILE_LOCKED` when a living process has it.
 */
export function lockForRotation(path: string): () => void {
  const lock = lockForProcess(`${path}.lock`, { ofOtherHost: 'stale' });
  if ('unlock' in lock) return lock.unlock;
  throw new LoggingError(
    `Another process or logger rotates the log file ${path}. Give each its own name, for example with process.pid in it, or leave the rotation to logrotate and SIGHUP.`,
    { code: 'LOG_FILE_LOCKED' },
  );
}
