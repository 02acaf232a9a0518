import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The System V segments of the PostgreSQL servers in the folder, by what each wrote into its lock file. Who created a
 * segment does not tell: a segment that others left behind names a process whose number has been given again.
 */
export function segmentsOf(folder: string): string[] {
  // Not into the data: what a server removes while it is listed would fail the listing.
  const data = execFileSync('find', [folder, '-type', 'd', '-name', 'data', '-prune'], { encoding: 'utf8' });
  return data
    .split('\n')
    .map((path) => join(path, 'postmaster.pid'))
    .filter((path) => existsSync(path))
    .map((path) => /^ *\d+ +(\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? path)
    .sort();
}

/** Those of the segments that are there. */
export function presentOf(ids: readonly string[]): string[] {
  return readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[1] ?? '')
    .filter((id) => ids.includes(id))
    .sort();
}
