import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lockForProcess, type ProcessLock } from '../src/index.js';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(folder, 'thing.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const take = (ofOtherHost: 'held' | 'stale' = 'held'): ProcessLock => lockForProcess(path, { ofOtherHost });

function unlock(lock: ProcessLock): void {
  if (!('unlock' in lock)) throw new Error(`locked by ${JSON.stringify(lock.owner)}`);
  lock.unlock();
}

test('belongs to one at a time, names its owner, and leaves nothing behind', () => {
  const first = take();
  expect(take()).toEqual({ owner: expect.objectContaining({ pid: process.pid, host: hostname() }) });
  expect(readdirSync(folder)).toEqual(['thing.lock']);
  unlock(first);
  unlock(take());
  expect(readdirSync(folder)).toEqual([]);
});

test('is taken over from a killed process, and from none that lives', async () => {
  const script = join(folder, 'holder.mjs');
  writeFileSync(script, `process.send('here'); setInterval(() => {}, 1000);`);
  const holder = fork(script);
  await once(holder, 'message');
  writeFileSync(path, JSON.stringify({ token: 't', pid: holder.pid, startedAt: '', host: hostname() }));
  expect(take()).toEqual({ owner: expect.objectContaining({ pid: holder.pid }) });
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
  unlock(take());
});

test.runIf(process.platform === 'linux')('is taken over from a process whose number was given again', () => {
  writeFileSync(path, JSON.stringify({ token: 't', pid: process.pid, startedAt: '1', host: hostname() }));
  unlock(take());
});

test.runIf(process.platform === 'linux')(
  'is taken over from a killed process that its parent has not noticed',
  async () => {
    // A shell that becomes another program keeps its children and waits for none.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600']);
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    writeFileSync(path, JSON.stringify({ token: 't', pid, startedAt: stat()[19], host: hostname() }));
    expect(take()).toEqual({ owner: expect.objectContaining({ pid }) });
    const command = (): string => readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim();
    await vi.waitFor(() => expect(command()).toBe('sleep'), { timeout: 20_000 }); // a shell would still notice
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(stat()[0]).toBe('Z'), { timeout: 20_000 });
    unlock(take());
    const ended = once(parent, 'exit');
    parent.kill('SIGKILL');
    await ended;
  },
);

test('stays where it cannot be read, as that of another user', () => {
  mkdirSync(path);
  expect(take()).toEqual({ owner: undefined });
  expect(readdirSync(folder)).toEqual(['thing.lock']);
});

const contender = join(import.meta.dirname, 'fixtures', 'lock-contender.mjs');

test('stays with the process of another user, who may not read it', async () => {
  const mine = take();
  chmodSync(folder, 0o777);
  chmodSync(path, 0); // who is not root becomes nobody else, and may not read it either
  const other = fork(contender, [path, 'nobody'], { execArgv: [] });
  await once(other, 'message');
  const answer = once(other, 'message');
  other.send('go');
  expect((await answer)[0]).toBe('lost');
  const ended = once(other, 'exit');
  other.disconnect();
  await ended;
  expect(readdirSync(folder)).toEqual(['thing.lock']);
  chmodSync(path, 0o600);
  unlock(mine);
});

test('of another machine is held or stale, as the caller says', () => {
  writeFileSync(path, JSON.stringify({ token: 't', pid: 1, startedAt: '', host: 'another-machine' }));
  expect(take('held')).toEqual({ owner: expect.objectContaining({ host: 'another-machine' }) });
  unlock(take('stale'));
});

test('that nobody can read is taken over', () => {
  writeFileSync(path, '');
  unlock(take());
});

test('is given back by its owner only', () => {
  const first = take();
  writeFileSync(path, JSON.stringify({ token: 'later', pid: process.pid, startedAt: '', host: hostname() }));
  unlock(first);
  expect(readdirSync(folder)).toEqual(['thing.lock']);
});

test('is one process’s when many want a dead one’s at once', async () => {
  writeFileSync(path, JSON.stringify({ token: 't', pid: process.pid, startedAt: '1', host: hostname() }));
  const contenders = Array.from({ length: 4 }, () => fork(contender, [path], { execArgv: [] }));
  await Promise.all(contenders.map((child) => once(child, 'message')));
  const answers = contenders.map((child) => once(child, 'message'));
  for (const child of contenders) child.send('go');
  const won = (await Promise.all(answers)).filter(([answer]) => answer === 'won');
  expect(won).toHaveLength(1);
  const ended = contenders.map((child) => once(child, 'exit'));
  for (const child of contenders) child.disconnect();
  await Promise.all(ended);
});
