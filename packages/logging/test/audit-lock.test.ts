import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@seaworthy/contracts';
import { createFakeClock, type FakeClock, waitFor } from '@seaworthy/testkit';
import { beforeAll, expect, test } from 'vitest';
import { AuditError, verifyAudit } from '../src/audit/index.js';
import { bodies, dayMs, event, files, open, privateKey, publicKeys } from './support/audit-log.js';
import { needsBuild, startProgram } from './support/run-fixture.js';
import { tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

const programs = { apart: 'unshare' };

/** The lock of a writer on another machine. */
function foreignLock(folder: string, host = 'pod-a'): string {
  const path = join(folder, 'audit.lock');
  writeFileSync(path, JSON.stringify({ token: `1-${host}`, pid: 1, startedAt: '1', host }));
  return path;
}

const newClock = (): FakeClock => createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });

/** Seconds of a clock on which somebody waits. */
async function pass(clock: FakeClock, seconds: number, each: (second: number) => void = () => undefined) {
  await waitFor(() => clock.pending > 0, { what: 'somebody who waits' });
  for (let second = 1; second <= seconds; second += 1) {
    each(second);
    await clock.advance(1_000);
  }
}

/** A clock on which several wake up in the same turn. */
function commonClock() {
  let time = Date.parse('2026-06-15T12:00:00.000Z');
  let callbacks: Array<() => void> = [];
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    schedule(callback) {
      callbacks.push(callback);
      return { cancel: () => undefined };
    },
  };
  const pass = (ms: number): void => {
    time += ms;
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback();
  };
  return { clock, pass, waiting: () => callbacks.length };
}

test('a writer on another machine that gives signs of life keeps the log to itself', async () => {
  const folder = tempFolder();
  const path = foreignLock(folder);
  const clock = newClock();
  const opening = open(folder, { clock }).catch((error: unknown) => error);
  await pass(clock, 15, (second) => second === 15 && utimesSync(path, second, second));
  const refusal = await opening;
  expect(refusal).toMatchObject({ code: 'AUDIT_LOCKED' });
  expect(String(refusal)).toContain(`Process 1 on pod-a writes this audit log and holds ${path}.`);
  expect(files(folder)).toEqual([]);
});

test('the log of a writer on another machine that gives none is taken over, which the log says, by one of those who wait', async () => {
  const folder = tempFolder();
  const first = await open(folder);
  await first.record(event(0));
  await first.close();
  foreignLock(folder);
  const { clock, waiting, pass } = commonClock();
  const openings = [open(folder, { clock }), open(folder, { clock })];
  const settled = Promise.allSettled(openings);
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  void Promise.race(openings).then(end, end);
  for (let second = 1; second <= 20; second += 1) {
    await waitFor(() => waiting() === 2, { what: 'both to wait' });
    expect(isOver).toBe(false);
    pass(1_000);
  }
  const results = await settled;
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'AUDIT_LOCKED' },
  });
  for (const result of results) {
    if (result.status === 'fulfilled') {
      await result.value.record(event(1));
      await result.value.close();
    }
  }
  expect(bodies(folder).filter(({ type }) => type === 'recovery')).toHaveLength(1);
  expect(existsSync(join(folder, 'audit.lock'))).toBe(false);
  expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true, unsigned: 0 });
});

test('a writer whose lock was taken over writes nothing more', async () => {
  const folder = tempFolder();
  const paused = await open(folder);
  await paused.record(event(1));
  await paused.checkpoint();
  rmSync(join(folder, 'audit.lock')); // as if it had been silent for long
  const next = await open(folder);
  const before = await next.record(event(2));
  for (const number of [3, 4]) {
    await expect(paused.record(event(number))).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
  }
  await paused.close();
  const { seq } = await next.record(event(5));
  expect(seq).toBe(before.seq + 1);
  await next.close();
  expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true, unsigned: 0 });
});

test('nothing is acknowledged that goes into a file which somebody removed, replaced or wrote to', async () => {
  const changes: ReadonlyArray<(path: string) => void> = [
    (path) => rmSync(path),
    (path) => appendFileSync(path, 'x'),
    (path) => {
      const text = readFileSync(path);
      renameSync(path, `${path}.old`);
      writeFileSync(path, text);
    },
  ];
  for (const change of changes) {
    for (const days of [0, 1]) {
      const folder = tempFolder();
      const clock = newClock();
      const audit = await open(folder, { clock });
      await audit.record(event(1));
      await audit.checkpoint();
      change(join(folder, files(folder)[0] ?? ''));
      await clock.advance(days * dayMs);
      await expect(audit.record(event(2))).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
      await audit.close();
    }
  }
});

test('a link or a file that somebody put in the place of the next file is not written to', async () => {
  for (const plant of [symlinkSync, writeFileSync]) {
    const folder = tempFolder();
    const target = join(tempFolder(), 'target');
    writeFileSync(target, 'theirs');
    const clock = newClock();
    const audit = await open(folder, { clock });
    await audit.record(event(1));
    const { seq } = await audit.checkpoint();
    const next = join(folder, `audit-${String(seq + 1).padStart(15, '0')}.jsonl`);
    if (plant === symlinkSync) symlinkSync(target, next);
    else writeFileSync(next, 'theirs');
    await clock.advance(dayMs);
    await expect(audit.record(event(2))).rejects.toThrow(AuditError);
    await audit.close();
    expect([readFileSync(target, 'utf8'), readFileSync(next, 'utf8')]).toEqual(['theirs', 'theirs']);
  }
});

test('two containers on one folder: the second is refused, and takes over when the first was killed', async (context) => {
  const folder = tempFolder();
  const keyFile = join(tempFolder(), 'key.pem');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const fixture = fileURLToPath(new URL('./fixtures/auditing.mjs', import.meta.url));
  const script = 'hostname pod-a && exec "$@"';
  const args = ['--uts', 'sh', '-c', script, 'sh', process.execPath, fixture, folder, keyFile];
  const { child, output, exited } = startProgram(programs.apart, args);
  child.once('error', () => {
    output.stderr += 'no unshare';
  });
  await waitFor(() => output.stdout.length > 100 || output.stderr !== '', {
    what: 'records',
    timeoutMs: 30_000,
  });
  if (/unshare|hostname/.test(output.stderr)) return context.skip('a host name of its own needs root');
  expect(hostname()).not.toBe('pod-a');
  await expect(open(folder)).rejects.toMatchObject({ code: 'AUDIT_LOCKED' });
  child.kill('SIGKILL');
  await exited;
  const clock = newClock();
  const opening = open(folder, { clock });
  await pass(clock, 20);
  const audit = await opening;
  await audit.record(event(-1));
  await audit.close();
  const there = new Set(bodies(folder).map(({ target }) => Object(target).id));
  expect(
    output.stdout
      .split('\n')
      .slice(0, -1)
      .map(Number)
      .filter((id) => !there.has(id)),
  ).toEqual([]);
  expect(await verifyAudit(folder, { publicKeys })).toMatchObject({ ok: true, unsigned: 0 });
});
