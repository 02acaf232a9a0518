import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProcessEvents } from '@seaworthy/contracts';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { createLogger, type FileSinkOptions, file } from '../src/index.js';
import { fakeProcess } from './support/fake-process.js';
import { needsBuild, startFixture } from './support/run-fixture.js';
import { smallDisk } from './support/small-disk.js';
import { linesOf, parseLines, tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

function logTo(path: string, options: FileSinkOptions = {}) {
  return createLogger({ service: 's', environment: 'e', process: false, sinks: [file(path, options)] });
}

describe('a log file', () => {
  test('is created with its folders, readable by its owner and group only, and appended to', async () => {
    const path = join(tempFolder(), 'logs', 'deep', 'combined.log');
    for (const run of [1, 2]) {
      await using log = logTo(path);
      log.info('run', { run });
    }
    expect(linesOf(path).map(({ run }) => run)).toEqual([1, 2]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test('in mode sync holds each line when the call returns; in mode turn after the turn', async () => {
    const folder = tempFolder();
    await using sync = logTo(join(folder, 'sync.log'), { mode: 'sync' });
    sync.info('x');
    expect(linesOf(join(folder, 'sync.log'))).toHaveLength(1);

    await using turn = logTo(join(folder, 'turn.log'));
    turn.info('x');
    turn.info('y');
    expect(linesOf(join(folder, 'turn.log'))).toHaveLength(0);
    await new Promise(setImmediate);
    expect(linesOf(join(folder, 'turn.log'))).toHaveLength(2);
  });

  test.each([true, false])(
    'holds each line at once from the process’s exit on, until a turn comes all the same (direct: %s)',
    async (direct) => {
      const path = join(tempFolder(), 'a.log');
      const { host, emit } = fakeProcess();
      const events = createProcessEvents(host);
      const sinks = [file(path)];
      await using log = createLogger({ service: 's', environment: 'e', process: events, direct, sinks });
      emit('exit');
      log.info('one');
      log.info('two');
      expect(linesOf(path)).toHaveLength(2);
      await new Promise(setImmediate);
      log.info('three');
      expect(linesOf(path)).toHaveLength(2);
    },
  );

  test('that a crash left with half a line loses that half and nothing else', async () => {
    const path = join(tempFolder(), 'a.log');
    writeFileSync(path, '{"whole":1}\n{"half":');
    await using log = logTo(path, { mode: 'sync' });
    log.info('next');
    const [whole, half, next] = readFileSync(path, 'utf8').split('\n');
    expect([whole, half]).toEqual(['{"whole":1}', '{"half":']);
    expect(JSON.parse(next ?? '')).toMatchObject({ message: 'next' });
  });

  test('on a full disk keeps lines up to its bound, counts the others, and loses none of the kept when there is room', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    symlinkSync('/dev/full', path); // every write fails with ENOSPC
    const log = logTo(path, { maxBuffer: '10kb' });
    for (let index = 0; index < 1_000; index += 1) log.info('line', { index });
    await expect(log.flush({ timeout: '20ms' })).rejects.toMatchObject({ code: 'LOG_FLUSH_INCOMPLETE' });
    const [full] = log.stats().sinks;
    expect(full).toMatchObject({ written: 0, lastError: 'ENOSPC' });
    expect((full?.buffered ?? 0) + (full?.dropped ?? 0)).toBe(1_000);

    unlinkSync(path);
    log.reopen();
    log.info('room again');
    await log.close();
    const lines = linesOf(path);
    const kept = full?.buffered ?? 0;
    expect(lines.slice(0, kept).map(({ index }) => index)).toEqual(
      Array.from({ length: kept }, (_, index) => index),
    );
    expect(lines[kept]).toMatchObject({
      message: 'Log lines were dropped',
      level: 'warn',
      dropped: full?.dropped,
    });
    expect(lines.at(-1)).toMatchObject({ message: 'room again' });
  });

  test('on a file system that is full, in mode turn, loses none but those that it counts, and goes on by itself', async (context) => {
    const folder = smallDisk();
    if (folder === undefined) return context.skip('mounting a small tmpfs needs root');
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(128 * 1_024));
    const clock = createFakeClock();
    const path = join(folder, 'a.log');
    const sinks = [file(path, { maxBuffer: '64kb' })];
    const log = createLogger({ service: 's', environment: 'e', process: false, clock, sinks });
    const stats = () => log.stats().sinks[0];
    let sent = 0;
    while ((stats()?.dropped ?? 0) < 100) {
      for (let line = 0; line < 10; line += 1) log.info('line', { index: sent++ });
      await new Promise(setImmediate);
    }
    expect(stats()?.lastError).toBe('ENOSPC');
    expect((stats()?.written ?? 0) + (stats()?.buffered ?? 0) + (stats()?.dropped ?? 0)).toBe(sent);
    const { dropped } = stats() ?? {};
    rmSync(ballast);
    await clock.advance(2_000); // nobody logs
    expect(stats()).toMatchObject({ buffered: 0, dropped });
    log.info('line', { index: sent++ });
    await log.flush();
    const lines = linesOf(path);
    const notices = lines.filter(({ message }) => message === 'Log lines were dropped');
    expect(notices.map((notice) => notice.dropped)).toEqual([dropped]);
    const indexes = lines.filter(({ message }) => message === 'line').map(({ index }) => Number(index));
    expect(indexes).toHaveLength(sent - Number(dropped));
    expect(new Set(indexes).size).toBe(indexes.length);
    expect(indexes).toEqual(indexes.toSorted((one, other) => one - other));
    expect(indexes.at(-1)).toBe(sent - 1);
    const closing = log.close();
    await clock.advance(10);
    await closing;
  });

  test('closed while its disk is full says so at the deadline, and every line that it gave up is counted', async () => {
    const path = join(tempFolder(), 'a.log');
    symlinkSync('/dev/full', path);
    const log = logTo(path);
    for (let index = 0; index < 100; index += 1) log.info('line', { index });
    await expect(log.close({ timeout: '20ms' })).rejects.toMatchObject({ code: 'LOG_FLUSH_INCOMPLETE' });
    log.info('late');
    expect(log.stats()).toMatchObject({ sinks: [{ written: 0, buffered: 0, dropped: 100 }], late: 1 });
  });

  test('that cannot be opened again goes on as it was, and says so', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    const log = logTo(path, { mode: 'sync' });
    log.info('before');
    renameSync(path, join(folder, 'old.log'));
    symlinkSync(folder, path); // a folder cannot be appended to
    log.reopen();
    log.info('after');
    expect(linesOf(join(folder, 'old.log'))).toHaveLength(2);
    expect(log.stats().sinks[0]?.lastError).toBe('LOG_FILE_OPEN');
    await log.close();
  });

  test('that is opened anew leaves to the old file what was logged before', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    await using log = logTo(path);
    log.info('before');
    renameSync(path, join(folder, 'old.log'));
    log.reopen();
    log.info('after');
    await log.flush();
    expect(linesOf(join(folder, 'old.log')).map(({ message }) => message)).toEqual(['before']);
    expect(linesOf(path).map(({ message }) => message)).toEqual(['after']);
  });

  test('that is a named pipe blocks nothing while nobody reads it, and loses no line', async () => {
    const folder = tempFolder();
    const [path, status] = [join(folder, 'pipe'), join(folder, 'status.json')];
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    const { exited } = startFixture('fifo', [path, status]);
    await waitFor(() => existsSync(status), { timeoutMs: 30_000, what: 'the turn to be over' });
    const read = readFile(path, 'utf8');
    expect(await exited).toEqual({ code: 0, signal: null });
    const lines = parseLines(await read);
    expect(lines.map(({ index }) => index)).toEqual(Array.from({ length: 3_000 }, (_, index) => index));
  });

  test.each([{}, { rotate: { every: 'day' } }] as const)(
    'that cannot be opened is refused with advice (%o)',
    (options) => {
      const path = join(tempFolder(), 'plain');
      writeFileSync(path, '');
      expect(() => logTo(join(path, 'a.log'), options)).toThrow(
        expect.objectContaining({ code: 'LOG_FILE_OPEN' }),
      );
    },
  );

  test('refuses to wait for a signal that it will not be told of', () => {
    const path = join(tempFolder(), 'a.log');
    expect(() => logTo(path, { reopenOn: 'SIGHUP' })).toThrow(/reopenOn/);
  });
});

describe('rotation by somebody else', () => {
  test('[row 83] SIGHUP under load loses no line and tears none', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    const { child, exited, output } = startFixture('writer', [path, '20000', 'hup']);
    const rotated: string[] = [];
    while (child.exitCode === null && rotated.length < 8) {
      const before = rotated.length;
      await waitFor(() => child.exitCode !== null || linesIn(path) > 500, { what: 'lines in the file' });
      if (child.exitCode !== null) break;
      const name = join(folder, `rotated-${before}.log`);
      renameSync(path, name);
      rotated.push(name);
      child.kill('SIGHUP');
      await waitFor(() => child.exitCode !== null || linesIn(path) >= 0, { what: 'the new file' });
    }
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(output.stderr).toBe('');
    expect(rotated.length).toBeGreaterThan(1);
    const indexes = [...rotated, path].flatMap((each) => linesOf(each).map(({ index }) => index));
    expect(indexes).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
  });

  test('the handler for SIGHUP is gone once the logger is closed', async () => {
    const host = {
      ...fakeProcess().host,
      on: process.on.bind(process),
      removeListener: process.removeListener.bind(process),
    };
    const events = createProcessEvents(host);
    const before = process.listenerCount('SIGHUP');
    const path = join(tempFolder(), 'a.log');
    const sinks = [file(path, { reopenOn: 'SIGHUP' })];
    const log = createLogger({ service: 's', environment: 'e', process: events, sinks });
    expect(process.listenerCount('SIGHUP')).toBe(before + 1);
    await log.close();
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });

  test('two processes that append to one file tear no line of each other', async () => {
    const path = join(tempFolder(), 'a.log');
    const writers = [startFixture('writer', [path, '5000']), startFixture('writer', [path, '5000'])];
    for (const { exited } of writers) expect(await exited).toEqual({ code: 0, signal: null });
    const lines = linesOf(path);
    expect(lines).toHaveLength(10_000);
    for (const pid of new Set(lines.map((line) => line.pid))) {
      const own = lines.filter((line) => line.pid === pid).map(({ index }) => index);
      expect(own).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
    }
  });
});

function linesIn(path: string): number {
  try {
    return readFileSync(path, 'utf8').split('\n').length - 1;
  } catch {
    return -1;
  }
}
