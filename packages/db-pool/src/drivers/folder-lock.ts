import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { errorCode } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';

interface Owner {
  readonly token: string;
  readonly pid: number;
  /** What distinguishes this process from a later one with the same number. */
  readonly startedAt: string;
  readonly host: string;
}

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
  const path = `${resolve(folder)}.lock`;
  const mine: Owner = {
    token: randomUUID(),
    pid: process.pid,
    startedAt: startOf(process.pid) ?? '',
    host: hostname(),
  };
  const draft = `${path}.${mine.token}`;
  mkdirSync(resolve(folder, '..'), { recursive: true });
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    // Twice: once to find a dead owner's lock, once after it was put away.
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      if (tryLink(draft, path)) return () => unlock(path, mine);
      const owner = readOwner(path);
      if (owner !== undefined && isAlive(owner)) throw lockedBy(folder, owner);
      putAway(path, owner);
    }
    throw new DbError('locked', `The folder ${folder} was locked by another process just now. Try again.`);
  } finally {
    rmSync(draft, { force: true });
  }
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

/** Moves a dead owner's lock aside; if a living one took its place in between, that one gets it back. */
function putAway(path: string, dead: Owner | undefined): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // somebody else was faster
  }
  const moved = readOwner(aside);
  if (moved !== undefined && moved.token !== dead?.token) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function unlock(path: string, mine: Owner): void {
  if (readOwner(path)?.token === mine.token) rmSync(path, { force: true });
}

function readOwner(path: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const field = (name: string): string => String(Reflect.get(value, name) ?? '');
    return {
      token: field('token'),
      pid: Number(field('pid')),
      startedAt: field('startedAt'),
      host: field('host'),
    };
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt, host }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return errorCode(error) === 'EPERM';
  }
  const now = startOf(pid);
  return now === undefined || startedAt === '' || now === startedAt;
}

/** When a process started, in clock ticks since boot (proc(5), field 22 of stat); `undefined` where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses and may hold blanks and parentheses itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function lockedBy(folder: string, { pid, host }: Owner): DbError {
  const where = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  return new DbError(
    'locked',
    `The folder ${folder} is in use by ${where}. PGlite allows one process at a time: stop that one, use another folder, or use a PostgreSQL server.`,
  );
}
