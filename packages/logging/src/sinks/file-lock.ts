import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { lockForProcess } from '@seaworthy/contracts';
import { LoggingError } from '../logging-error.js';

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
  throw locked(path, 'Another process or logger rotates');
}

/**
 * For a writer that does not rotate.
 *
 * @throws LoggingError `LOG_FILE_LOCKED` when a living process rotates `path`.
 */
export function refuseWhereRotated(path: string): void {
  // Without a lock file nothing is written: `path` may stand in a folder where only it can be, as /dev/stderr does.
  if (!existsSync(`${path}.lock`)) return;
  try {
    lockForRotation(path)();
  } catch (error) {
    if (LoggingError.is(error)) throw error; // else nobody can rotate in this folder
  }
}

/**
 * For who is about to rotate: others that append to the file would go on writing to what was put aside. Seen where there is a /proc,
 * of processes of the same user and container.
 *
 * @throws LoggingError `LOG_FILE_LOCKED` when the file is open for writing.
 */
export function refuseWhereWritten(path: string): void {
  const pid = writerOf(path);
  if (pid !== undefined) throw locked(path, `Process ${pid} writes without rotating it to`);
}

function locked(path: string, why: string): LoggingError {
  return new LoggingError(
    `${why} the log file ${path}. Give each its own name, for example with process.pid in it, or leave the rotation to logrotate and SIGHUP.`,
    { code: 'LOG_FILE_LOCKED' },
  );
}

function writerOf(path: string): string | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || !file.isFile()) return undefined;
  return listed('/proc').find(
    (pid) =>
      /^\d+$/.test(pid) &&
      listed(`/proc/${pid}/fd`).some((fd) => {
        const open = statOf(`/proc/${pid}/fd/${fd}`);
        return open?.ino === file.ino && open.dev === file.dev && isForWriting(pid, fd);
      }),
  );
}

/** proc(5): the flags of open(2) in octal, whose last digit holds the access mode; 0 is reading. */
function isForWriting(pid: string, fd: string): boolean {
  try {
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && Number.parseInt(flags, 8) % 4 !== 0;
  } catch {
    return false;
  }
}

/** Processes come and go while they are looked at, and others' may not be. */
function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
