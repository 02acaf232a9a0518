import { closeSync, fstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, errorCode } from '@seaworthy/contracts';
import { lockForRotation, refuseWhereWritten } from './file-lock.js';
import { rotatedFiles } from './rotated-files.js';
import type { Rotation } from './rotation-options.js';

/** Decides before each write which file it goes to. */
export interface Rotator {
  /** The descriptor to begin with. */
  readonly fd: number;
  /** The descriptor for `length` further bytes: `fd`, or a new file's when that one had to be put aside. */
  fdFor(fd: number, length: number): number;
  wrote(length: number): void;
  /** Somebody else has put the file aside. */
  opened(fd: number): void;
  close(): void;
  lastError(): string | undefined;
}

/** A disk that refuses a new file is asked again after this; meanwhile the old file grows. */
const retryMs = 1_000;

const dayMs = 86_400_000;

export function createRotator(path: string, rotation: Rotation, clock: Clock, open: () => number): Rotator {
  const { maxBytes, daily, keepFiles, keepDays, gzip } = rotation;
  mkdirSync(dirname(path), { recursive: true });
  const unlock = lockForRotation(path);
  const files = rotatedFiles({ path, gzip, keepFiles, keepDays });
  let size = 0;
  let day = 0;
  let tidiedOn = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  let failed: string | undefined;

  const today = (): number => Math.floor(clock.now() / dayMs);

  function tidy(): void {
    tidiedOn = today();
    void files.tidy(clock.now());
  }

  function opened(fd: number): void {
    const status = fstatSync(fd);
    size = status.size;
    day = size === 0 ? today() : Math.floor(status.mtimeMs / dayMs);
  }

  /** Rename first: a reader who follows the old file by its descriptor reads it to its end. */
  function rotate(fd: number): number {
    try {
      renameSync(path, files.freeName(clock.now()));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // somebody else took it away; begin a new one
    }
    const next = open();
    closeSync(fd);
    opened(next);
    tidy();
    return next;
  }

  function begin(): number {
    try {
      refuseWhereWritten(path);
      const fd = open();
      opened(fd);
      tidy();
      return fd;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  return {
    fd: begin(),
    opened,
    fdFor(fd, length) {
      if (keepDays !== undefined && today() !== tidiedOn) tidy(); // a small file may never be put aside
      const isFull = size > 0 && size + length > maxBytes;
      const isOver = daily && today() !== day;
      if (size === 0 && isOver) day = today();
      if (!isFull && !(isOver && size > 0)) return fd;
      if (clock.monotonic() < notBefore) return fd;
      try {
        const next = rotate(fd);
        failed = undefined;
        return next;
      } catch (error) {
        const code = errorCode(error);
        failed = typeof code === 'string' ? code : 'UNKNOWN';
        notBefore = clock.monotonic() + retryMs;
        return fd; // too long a file is better than a lost line
      }
    },
    wrote(length) {
      size += length;
    },
    close: unlock,
    lastError: () => failed ?? files.lastError(),
  };
}
