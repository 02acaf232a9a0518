import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from './error-code.js';

/** The process that has a lock. */
export interface LockOwner {
  readonly pid: number;
  readonly host: string;
}

export interface ProcessLockOptions {
  /**
   * A lock that another machine left on a shared disk, whose processes cannot be seen from here: `held` never takes it over,
   * which is right where two owners destroy data; `stale` does, which is right where a container comes back under a new name.
   */
  readonly ofOtherHost: 'held' | 'stale';
}

/** Either the function that gives the lock back, or who has it; `owner: undefined` when others took it faster, or may not be read. */
export type ProcessLock = { readonly unlock: () => void } | { readonly owner: LockOwner | undefined };

interface Note extends LockOwner {
  readonly token: string;
  /** What distinguishes a process from a later one with the same number. */
  readonly startedAt: string;
}

let notes = 0;

/**
 * Takes the lock file at `path`, for this process and until it ends. A lock whose process is gone is taken over. Its folder
 * must exist.
 *
 * @throws the file system's error when the file cannot be written.
 */
export function lockForProcess(path: string, { ofOtherHost }: ProcessLockOptions): ProcessLock {
  const mine = ownNote();
  const draft = `${path}.${mine.token}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flag: 'wx' });
  try {
    // Twice: once to find a dead owner's lock, once after it was taken away.
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      if (tryLink(draft, path)) return { unlock: () => unlock(path, mine) };
      const owner = readNote(path);
      if (owner === 'absent') continue;
      if (owner === 'closed') break;
      if (owner !== 'unreadable' && isHeld(owner, ofOtherHost)) return { owner };
      if (!takeAway(path, owner, { ofOtherHost })) break;
    }
    return { owner: undefined };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The token is unique without node:crypto, whose loading costs more than all the rest of this package. */
function ownNote(): Note {
  notes += 1;
  return {
    token: `${process.pid}-${process.hrtime.bigint().toString(36)}-${notes}`,
    pid: process.pid,
    startedAt: processOf(process.pid)?.startedAt ?? '',
    host: hostname(),
  };
}

/** A link either appears whole or not at all, unlike a file that is opened and then written. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Takes a dead owner's lock away. Who looked at it and removed it then could remove the one that somebody took in between, so
 * only the holder of a lock named after the dead one may; while that is held, nobody else replaces what stands at `path`.
 *
 * @returns whether this process had the right to.
 */
function takeAway(path: string, dead: Note | 'unreadable', options: ProcessLockOptions): boolean {
  const right = lockForProcess(`${path}.${tokenOf(dead)}`, options);
  if (!('unlock' in right)) return false;
  const now = readNote(path);
  if (now !== 'absent' && now !== 'closed' && tokenOf(now) === tokenOf(dead)) rmSync(path, { force: true });
  right.unlock();
  return true;
}

const tokenOf = (note: Note | 'unreadable'): string => (note === 'unreadable' ? note : note.token);

function unlock(path: string, mine: Note): void {
  const now = readNote(path);
  if (typeof now === 'object' && now.token === mine.token) rmSync(path, { force: true });
}

/** `closed` is the note of another user, who may well be alive; `unreadable` holds what nobody of ours writes. */
function readNote(path: string): Note | 'absent' | 'closed' | 'unreadable' {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) return 'unreadable'; // of JSON.parse, not of the file system
    return code === 'ENOENT' ? 'absent' : 'closed';
  }
  if (typeof value !== 'object' || value === null) return 'unreadable';
  const field = (name: string): string => String(Reflect.get(value, name) ?? '');
  const note = {
    token: field('token'),
    pid: Number(field('pid')),
    startedAt: field('startedAt'),
    host: field('host'),
  };
  // It becomes part of a path.
  return /^[\w-]{1,100}$/.test(note.token) ? note : 'unreadable';
}

function isHeld({ pid, startedAt, host }: Note, ofOtherHost: 'held' | 'stale'): boolean {
  if (host !== hostname()) return ofOtherHost === 'held';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return errorCode(error) === 'EPERM';
  }
  const now = processOf(pid);
  if (now?.isDead === true) return false;
  return now === undefined || startedAt === '' || now.startedAt === startedAt;
}

/**
 * When a process started, in clock ticks since boot, and whether it has ended and only waits for its parent to notice (proc(5),
 * fields 22 and 3 of stat); `undefined` where there is no /proc.
 */
function processOf(pid: number): { readonly startedAt: string; readonly isDead: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses and may hold blanks and parentheses itself.
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { startedAt: fields[18] ?? '', isDead: 'ZXx'.includes(state) };
  } catch {
    return undefined;
  }
}
