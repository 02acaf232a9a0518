// Plain JavaScript because the reaper, which must run without a build, shares it with the sources.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** @typedef {import('./process-tree.mjs').ProcessRecord} ProcessRecord */

/** The start time tells a process from a later one that was given the same number. */
export function startTimeOf(pid) {
  return readStat(pid)?.startTime;
}

export function isAlive(pid, startTime) {
  const stat = readStat(pid);
  return stat !== undefined && stat.startTime === startTime && !isDead(stat);
}

/**
 * The living processes of one server. PostgreSQL gives every backend its own session, so process groups do not hold
 * them together; and an orphan of a killed server has init for a parent. Hence: the recorded process, its descendants,
 * and whoever runs the server's executable inside the server's folder.
 */
export function membersOf(record) {
  const all = new Map();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat !== undefined && !isDead(stat)) all.set(pid, stat);
  }
  const members = new Set();
  if (record.pid !== undefined && all.get(record.pid)?.startTime === record.startTime)
    members.add(record.pid);
  for (const pid of all.keys()) {
    if (livesIn(pid, record)) members.add(pid);
  }
  for (let grew = members.size > 0; grew; ) {
    grew = false;
    for (const [pid, stat] of all) {
      if (members.has(pid) || !members.has(stat.parent)) continue;
      members.add(pid);
      grew = true;
    }
  }
  members.delete(process.pid);
  return [...members].map((pid) => ({ pid, stopped: all.get(pid)?.state === 'T' }));
}

/** Sends the signal to every member, the recorded process first, so that it forks no more. Returns how many there were. */
export function signalTree(record, signal) {
  const members = membersOf(record);
  members.sort((a, b) => Number(b.pid === record.pid) - Number(a.pid === record.pid));
  for (const { pid } of members) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself between the look and the signal.
    }
  }
  return members.length;
}

/** A PostgreSQL that was killed leaves a System V segment of 56 bytes behind; `postmaster.pid` names it in line 7. */
export function removeSharedMemory(folder) {
  try {
    const lines = readFileSync(`${folder}/data/postmaster.pid`, 'utf8').split('\n');
    const [, id] = (lines[6] ?? '').trim().split(/\s+/);
    if (id === undefined) return;
    const inUse = readFileSync('/proc/sysvipc/shm', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([, segment]) => segment === id);
    // Columns: key shmid perms size cpid lpid nattch ...; the creator must be the process that wrote the file.
    if (inUse === undefined || inUse[6] !== '0' || inUse[4] !== lines[0]?.trim()) return;
    execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
  } catch {
    // Not a PostgreSQL, or nothing is left.
  }
}

function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name stands in parentheses and may hold anything, so count from the last one; see proc(5).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], parent: Number(fields[1]), startTime: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** A zombie waits for its parent to notice; it runs nothing and holds nothing. */
function isDead(stat) {
  return stat.state === 'Z' || stat.state === 'X';
}

function livesIn(pid, record) {
  try {
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    if (folder !== record.folder && !folder.startsWith(`${record.folder}/`)) return false;
    return record.executables.includes(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return false;
  }
}
