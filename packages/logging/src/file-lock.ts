import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from '@seaworthy/contracts';
import { LoggingError } from './logging-error.js';

/**
 * Makes this process the only one that rotates `path`. What one process renames and compresses, another would still write to.
 * A lock whose process has died, or which another machine left, is taken over.
 *
 * @returns a function that gives it back.
 * @throws LoggingError `LOG_FILE_LOCKED` when a living process has it.
 */
export function lockForRotation(path: string): () => void {
  const lock = `${path}.lock`;
  const own = `${hostname()} ${process.pid} ${startOf(process.pid) ?? ''}`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const fd = openSync(lock, 'wx', 0o640);
      writeSync(fd, own);
      closeSync(fd);
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    if (isHeld(lock)) break;
    rmSync(lock, { force: true });
  }
  throw new LoggingError(
    `Another process or logger rotates the log file ${path}. Give each its own name, for example with process.pid in it, or leave the rotation to logrotate and SIGHUP.`,
    { code: 'LOG_FILE_LOCKED' },
  );
}

function isHeld(lock: string): boolean {
  try {
    const [host, pid = '', start = ''] = readFileSync(lock, 'utf8').split(' ');
    if (host !== hostname()) return false;
    process.kill(Number(pid), 0);
    // A number is given again; the time at which its process started is not.
    return (startOf(Number(pid)) ?? '') === start;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** In clock ticks since the machine started (proc(5), field 22); `undefined` where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
