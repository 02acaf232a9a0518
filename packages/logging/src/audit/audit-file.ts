import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '@seaworthy/contracts';
import { AuditError } from './audit-error.js';
import { segmentPath, segmentsOf } from './audit-folder.js';
import { lockAuditFolder } from './audit-lock.js';
import { type AuditTail, tailOf, wholePart } from './audit-tail.js';
import type { Signer } from './chain.js';

/** The end of an audit log on the disk. */
export interface AuditFile {
  /** Where the log stood when it was opened; `undefined` when there was none. */
  readonly tail: AuditTail | undefined;
  /** Bytes of a write that did not end, which were put into a file beside the log. */
  readonly torn: number;
  /** Whether its writer, on another machine, gave no sign of life. */
  readonly takenOver: boolean;
  /** Begins a new file whose first record has this number. */
  roll(first: number): Promise<void>;
  /** Resolves when the text is on the disk. When it rejects, nothing of it is in the log. */
  append(text: string): Promise<void>;
  readonly size: number;
  close(): Promise<void>;
}

/** A link that somebody put in the place of the next file could lead anywhere. */
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0); // which Windows does not have

/** Opens the newest file of a folder behind its last whole record. @throws AuditError `AUDIT_LOCKED`, `AUDIT_FORMAT` */
export async function openAuditFile(folder: string, signer: Signer, clock: Clock): Promise<AuditFile> {
  makeFolder(folder);
  const lock = await lockAuditFolder(folder, clock);
  let handle: FileHandle | undefined;
  let path = '';
  let size = 0;
  let ino = 0;
  let broken = false;
  let torn = 0;
  let tail: AuditTail | undefined;

  async function openSegment(next: string): Promise<void> {
    const opened = await open(next, appending, 0o640);
    await handle?.close();
    handle = opened;
    path = next;
    ({ size, ino } = await opened.stat());
    syncFolder(folder);
  }

  /**
   * The lock cannot be the only defence: a process that was stopped for a while goes on behind the one that took over, and another could
   * remove the file. Nothing is written that does not follow on what this process knows.
   */
  function checkOurs(): void {
    const now = handle === undefined ? { size, ino } : statSync(path, { throwIfNoEntry: false });
    if (broken || lock.isLost() || now?.size !== size || now.ino !== ino) throw brokenLog(folder);
  }

  async function begin(): Promise<void> {
    const last = segmentsOf(folder).at(-1);
    if (last === undefined) return;
    const bytes = readFileSync(last.path);
    const whole = wholePart(bytes);
    if (whole < bytes.length) {
      torn += bytes.length - whole;
      // It was never acknowledged; it is kept all the same, because it might have been meant.
      const name = `torn-${last.first}-${Date.now()}.bin`;
      writeFileSync(join(folder, name), bytes.subarray(whole), { mode: 0o640, flag: 'wx' });
      await truncate(last.path, whole);
    }
    if (whole === 0) {
      rmSync(last.path); // a file that was begun and got no record
      return begin();
    }
    tail = tailOf(bytes.subarray(0, whole), signer, folder);
    await openSegment(last.path);
  }

  try {
    await begin();
  } catch (error) {
    lock.release();
    throw error;
  }

  return {
    tail,
    torn,
    takenOver: lock.takenOver,
    get size() {
      return size;
    },
    async roll(first) {
      checkOurs();
      const next = segmentPath(folder, first);
      try {
        await openSegment(next);
      } catch (cause) {
        throw notWritten(
          `A new file of the audit log in ${folder} cannot be opened. Restore the folder.`,
          cause,
        );
      }
      if (size > 0) broken = true; // somebody else's, and not to be written behind
    },
    async append(text) {
      checkOurs();
      if (handle === undefined) throw brokenLog(folder);
      const bytes = Buffer.from(text);
      try {
        for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
        await handle.datasync();
        size += bytes.length;
      } catch (cause) {
        try {
          await handle.truncate(size);
          await handle.datasync();
        } catch {
          broken = true; // half of it may stand there: a further record would follow on nothing
        }
        throw notWritten(
          'The audit record could not be written and is not in the log. Free the disk.',
          cause,
        );
      }
    },
    async close() {
      await handle?.close();
      handle = undefined;
      lock.release();
    },
  };
}

function makeFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o750 });
  if (made === undefined) return;
  const top = dirname(resolve(made));
  for (let each = resolve(folder); each !== top; each = dirname(each)) syncFolder(dirname(each));
}

/** The name of a new file or folder is on the disk only when its folder is. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function notWritten(message: string, cause: unknown): AuditError {
  return new AuditError(message, { code: 'AUDIT_WRITE_FAILED', cause });
}

function brokenLog(folder: string): AuditError {
  return new AuditError(
    `The audit log in ${folder} takes no more records: a failed write could not be taken back, or another process wrote to it or removed it. Find out which, run verifyAudit, and open it anew.`,
    { code: 'AUDIT_BROKEN' },
  );
}
