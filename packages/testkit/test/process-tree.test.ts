import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, membersOf, signalTree, startTimeOf } from '../plain/process-tree.mjs';
import { waitFor } from '../src/index.js';

const shell = realpathSync('/bin/sh');
let folder: string;
let started: ChildProcess[];
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'seaworthy-tree-')));
  started = [];
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function run(script: string, cwd: string): ChildProcess & { readonly pid: number } {
  const child = spawn('/bin/sh', ['-c', script], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(child);
  if (child.pid === undefined) throw new Error('The shell did not start.');
  return Object.assign(child, { pid: child.pid });
}

test('a process that got the number of an ended one is left alone', async () => {
  const stranger = run('sleep 60; true', '/');
  const record = {
    pid: stranger.pid,
    startTime: (startTimeOf(stranger.pid) ?? 0) - 1,
    folder,
    executables: [],
  };
  expect(membersOf(record)).toEqual([]);
  expect(signalTree(record, 'SIGKILL')).toBe(0);
  expect(isAlive(stranger.pid, startTimeOf(stranger.pid) ?? 0)).toBe(true);
});

test('a shell that stands in the folder is left alone, unless the server itself is that program', async () => {
  const visitor = run('sleep 60; true', folder);
  await waitFor(() => startTimeOf(visitor.pid));
  expect(membersOf({ folder, executables: ['/usr/sbin/some-server'] })).toEqual([]);
  expect(membersOf({ folder, executables: [shell] }).map(({ pid }) => pid)).toContain(visitor.pid);
});

test('children and orphans belong to the server', async () => {
  // The inner shell loses its parent and goes to init.
  const parent = run(`sh -c 'echo $$; sleep 60; true' & sleep 60; true`, folder);
  const orphan = await new Promise<number>((resolve) => {
    parent.stdout?.once('data', (text: Buffer) => resolve(Number(text.toString())));
  });
  const record = { pid: parent.pid, startTime: startTimeOf(parent.pid), folder, executables: [shell] };
  await waitFor(() => membersOf(record).length === 4, { what: 'two shells and two sleeps' });
  parent.kill('SIGKILL');
  await waitFor(() => !membersOf(record).some(({ pid }) => pid === parent.pid));
  expect(membersOf(record).map(({ pid }) => pid)).toContain(orphan);
  await waitFor(() => signalTree(record, 'SIGKILL') === 0);
  expect(isAlive(orphan, startTimeOf(orphan) ?? 0)).toBe(false);
});

test('the own process is never a member', () => {
  const record = { pid: process.pid, startTime: startTimeOf(process.pid), folder, executables: [] };
  expect(membersOf(record).map(({ pid }) => pid)).not.toContain(process.pid);
});
