import { closeSync, fstatSync, openSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Clock, type LockOwner, lockForProcess, sleep } from '@seaworthy/contracts';
import { AuditError } from './audit-error.js';

/** The right to write to an audit folder. */
export interface AuditLock {
  /** Whether it was taken from a machine that gave no sign of life. */
  readonly takenOver: boolean;
  /** Whether another process took it from this one, which gave no sign of life for too long. */
  isLost(): boolean;
  release(): void;
}

const beatMs = 2_000;
/** Ten beats: a process that is busy for that long answers nobody. */
const patienceMs = 20_000;
const lookMs = 1_000;

/**
 * Makes this process the only one that writes to a folder. Whether a process of this host lives can be seen. One of another host, which a
 * container under a new name also is, shows it by touching the lock file; when it stops doing so, the lock is taken over.
 *
 * @throws AuditError `AUDIT_LOCKED`
 */
export async function lockAuditFolder(folder: string, clock: Clock): Promise<AuditLock> {
  const path = join(folder, 'audit.lock');
  const first = lockForProcess(path, { ofOtherHost: 'held' });
  if ('unlock' in first) return held(path, first.unlock, false);
  const { owner } = first;
  if (owner === undefined || owner.host === hostname()) throw locked(path, owner);
  const silent = await silentNote(path, clock);
  const unlock = silent === undefined ? undefined : takeOver(path, silent);
  if (unlock === undefined) throw locked(path, owner);
  return held(path, unlock, true);
}

function held(path: string, unlock: () => void, takenOver: boolean): AuditLock {
  const note = readFileSync(path, 'utf8');
  let lost = false;
  const beat = setInterval(() => {
    lost ||= signOf(path)?.note !== note;
    if (!lost) touch(path);
  }, beatMs).unref();
  return {
    takenOver,
    isLost: () => lost,
    release() {
      clearInterval(beat);
      unlock();
    },
  };
}

/** What stands in a lock that nobody touches; `undefined` as soon as it is touched. By this machine's time alone: clocks of two differ. */
async function silentNote(path: string, clock: Clock): Promise<string | undefined> {
  const before = signOf(path);
  const since = clock.monotonic();
  while (clock.monotonic() - since < patienceMs) {
    await sleep(clock, lookMs);
    const now = signOf(path);
    if (now?.note !== before?.note || now?.touched !== before?.touched) return undefined;
  }
  return before?.note;
}

/** Of several that waited, one: the others find its note in place of the one that they watched. */
function takeOver(path: string, silent: string): (() => void) | undefined {
  const right = lockForProcess(`${path}.takeover`, { ofOtherHost: 'held' });
  if (!('unlock' in right)) return undefined;
  try {
    if (signOf(path)?.note === silent) rmSync(path, { force: true });
    const lock = lockForProcess(path, { ofOtherHost: 'held' });
    return 'unlock' in lock ? lock.unlock : undefined;
  } finally {
    right.unlock();
  }
}

interface Sign {
  readonly note: string;
  readonly touched: number;
}

/** Opened anew each time, because that is when NFS asks its server. */
function signOf(path: string): Sign | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      return { touched: fstatSync(fd).mtimeMs, note: readFileSync(fd, 'utf8') };
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Whoever takes over then is found out by the next beat, and by what it writes.
  }
}

function locked(path: string, owner: LockOwner | undefined): AuditError {
  const who = owner === undefined ? 'Another process' : `Process ${owner.pid} on ${owner.host}`;
  return new AuditError(
    `${who} writes this audit log and holds ${path}. Give each process a folder of its own, and stop an old container before a new one starts on its folder. The lock of a process that has ended is taken over by itself, from another host after ${patienceMs / 1_000} seconds; remove the file only when nothing writes here and that does not happen.`,
    { code: 'AUDIT_LOCKED' },
  );
}
