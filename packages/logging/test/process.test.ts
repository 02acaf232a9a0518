import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { needsBuild, startFixture, startPiped } from './support/run-fixture.js';
import { linesOf, parseLines, tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const thousand = upTo(1_000);

/** Reads a child's stdout with a pause after each part. Gives what has come so far. */
function readSlowly({ stdout }: ChildProcess): () => string {
  let text = '';
  stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    stdout.pause();
    setTimeout(() => stdout.resume(), 1);
  });
  return () => text;
}

describe.each(['turn', 'sync'])('in mode %s, 1,000 lines of the last turn', (mode) => {
  test.each([
    ['the loop is empty', 'natural', { code: 0, signal: null }],
    ['process.exit', 'exit', { code: 3, signal: null }],
    ['SIGTERM', 'SIGTERM', { code: null, signal: 'SIGTERM' }],
    ['SIGINT', 'SIGINT', { code: null, signal: 'SIGINT' }],
  ])('are all in the file and on stdout when %s ends the process', async (_why, ending, expected) => {
    const path = join(tempFolder(), 'a.log');
    const { exited, output } = startFixture('ending', [path, mode, ending]);
    expect(await exited).toEqual(expected);
    expect(linesOf(path).map(({ index }) => index)).toEqual(thousand);
    expect(parseLines(output.stdout).map(({ index }) => index)).toEqual(thousand);
  });

  test.each([
    [
      'an exception',
      'throw',
      'Uncaught exception',
      { name: 'TypeError', message: 'boom', cause: { message: 'why' } },
    ],
    ['a rejection', 'rejection', 'Unhandled rejection', { name: 'RangeError', message: 'later' }],
  ])(
    'are there when %s that nobody handles ends it with 1, and its own line is the last',
    async (_why, ending, message, error) => {
      const path = join(tempFolder(), 'a.log');
      const { exited, output } = startFixture('ending', [path, mode, ending]);
      expect(await exited).toEqual({ code: 1, signal: null });
      for (const lines of [linesOf(path), parseLines(output.stdout)]) {
        expect(lines.slice(0, -1).map(({ index }) => index)).toEqual(thousand);
        expect(lines.at(-1)).toMatchObject({
          level: 'error',
          message,
          error,
          stack: expect.stringContaining('ending.mjs'),
        });
      }
    },
  );
});

describe('what listeners log after the logger has flushed', () => {
  test.each([
    ['the loop is empty', 'natural', 0, []],
    ['process.exit', 'exit', 0, []],
    ['SIGTERM', 'SIGTERM', 0, ['heard']],
    ['an exception', 'throw', 1, ['Uncaught exception', 'heard']],
  ])(
    'is all there when %s ends the process, and so is the count of what was sampled',
    async (_why, ending, code, between) => {
      const path = join(tempFolder(), 'a.log');
      const { exited, output } = startFixture('leaving', [path, ending]);
      expect(await exited).toEqual({ code, signal: null });
      const count = 'Repeated lines were left out';
      const goodbyes = thousand.slice(0, 20).map(() => 'goodbye');
      for (const lines of [linesOf(path), parseLines(output.stdout)]) {
        expect(lines.map(({ message }) => message)).toEqual(['storm', count, ...between, ...goodbyes]);
        expect(lines[1]).toMatchObject({ repeated: 'storm', dropped: 49 });
        expect(lines.slice(-20).map(({ index }) => index)).toEqual(thousand.slice(0, 20));
      }
    },
  );
});

test('a rejection without an error is described, without its secrets', async () => {
  const path = join(tempFolder(), 'a.log');
  const { exited } = startFixture('ending', [path, 'turn', 'rejection without an error']);
  expect(await exited).toEqual({ code: 1, signal: null });
  expect(linesOf(path).at(-1)).toMatchObject({ reason: { password: '[redacted]', reason: 'shown' } });
});

test('SIGKILL loses nothing in mode sync', async () => {
  const path = join(tempFolder(), 'a.log');
  const { exited } = startFixture('ending', [path, 'sync', 'SIGKILL']);
  expect(await exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(linesOf(path).map(({ index }) => index)).toEqual(thousand);
});

describe('stdout', () => {
  test('that nobody reads blocks nothing; what its bound cannot keep is counted and told', async () => {
    const status = join(tempFolder(), 'status.json');
    const { child, exited } = startFixture('flood', [status, '20000'], { readStdout: false });
    await waitFor(() => existsSync(status), {
      timeoutMs: 30_000,
      what: 'the flood to end while nobody reads',
    });
    await waitFor(() => readFileSync(status, 'utf8').endsWith('}'));
    const stats = JSON.parse(readFileSync(status, 'utf8'));
    expect(stats.dropped).toBeGreaterThan(10_000);
    expect(stats.grownBy).toBeLessThan(2 * 1_048_576); // for a bound of 1 MB

    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    expect(await exited).toEqual({ code: 0, signal: null });
    const lines = parseLines(text);
    const notices = lines.filter(({ message }) => message === 'Log lines were dropped');
    expect(lines.filter(({ message }) => message === 'line')).toHaveLength(20_000 - stats.dropped);
    // A busy parent may take its first 64 KiB late, so that one notice comes in between.
    const early = stats.written + stats.buffered + stats.dropped - 20_001; // 20,000, and the first
    expect([0, 1]).toContain(early);
    expect(notices).toHaveLength(early + 1);
    expect(notices.reduce((sum, { dropped }) => sum + Number(dropped), 0)).toBe(stats.dropped);
    expect(lines.at(-1)).toMatchObject({ message: 'end' });
  });

  test('whose reader is slow loses nothing up to its bound', async () => {
    const status = join(tempFolder(), 'status.json');
    const { child, exited } = startFixture('flood', [status, '1500'], { readStdout: false });
    await waitFor(() => existsSync(status) && readFileSync(status, 'utf8').endsWith('}'), {
      timeoutMs: 30_000,
      what: 'all to be logged while nobody reads',
    });
    const stats = JSON.parse(readFileSync(status, 'utf8'));
    expect(stats).toMatchObject({ dropped: 0 });
    expect(stats.buffered).toBeGreaterThan(500);
    const text = readSlowly(child);
    expect(await exited).toEqual({ code: 0, signal: null });
    const indexes = parseLines(text()).flatMap(({ message, index }) => (message === 'line' ? [index] : []));
    expect(indexes).toEqual(Array.from({ length: 1_500 }, (_, index) => index));
  });

  test('that is a pipe of the shell’s, which blocks whoever writes to it, does not block the process before it exits', async () => {
    const folder = tempFolder();
    const [status, start] = [join(folder, 'status.json'), join(folder, 'start')];
    execFileSync('mkfifo', [start]);
    // Reads without a further process: an exit waits a second for it, also on a busy machine.
    const { exited, output } = startPiped('unread', [status, start], `read _ < '${start}'; exec cat`);
    expect(await exited).toEqual({ code: 0, signal: null });
    const stats = JSON.parse(readFileSync(status, 'utf8'));
    expect(stats).toMatchObject({ wasBlocking: true, dropped: 0 });
    expect(stats.buffered).toBeGreaterThan(1_000); // a pipe holds 64 KiB
    expect(parseLines(output.stdout).map(({ index }) => index)).toEqual(upTo(4_000));
    expect(output.stderr).toBe('');
  });

  test('that nobody reads is waited for at an exit, 1 s in all; then stderr says how many lines are lost', async () => {
    const status = join(tempFolder(), 'status.json');
    const started = `until [ -s '${status}' ]; do sleep 0.05; done`;
    const over = `while kill -0 "$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/' '${status}')" 2>/dev/null; do sleep 0.05; done`;
    const { exited, output } = startPiped('unread', [status], `${started}; ${over}; cat`);
    expect(await exited).toEqual({ code: 0, signal: null });
    const whole = output.stdout.slice(0, output.stdout.lastIndexOf('\n') + 1);
    const arrived = parseLines(whole).map(({ index }) => index);
    expect(arrived).toEqual(upTo(arrived.length));
    expect(arrived.length).toBeLessThan(1_000);
    const [notice, ...more] = parseLines(output.stderr);
    expect(more).toEqual([]);
    expect(notice).toMatchObject({
      level: 'warn',
      message: 'Log lines are lost if the process ends now',
      sink: 'stdout',
      left: 4_000 - arrived.length,
    });
  });

  test('whose reader is slow gets whole lines of two loggers, and all of them before end() lets these finish', async () => {
    const status = join(tempFolder(), 'status');
    const { child, exited } = startFixture('slowly-read', [status], { readStdout: false });
    await waitFor(() => existsSync(status), { timeoutMs: 30_000, what: 'all to be logged' });
    const text = readSlowly(child);
    expect(await exited).toEqual({ code: 0, signal: null });
    const lines = parseLines(text());
    for (const service of ['one', 'two']) {
      const own = lines.filter((line) => line.service === service);
      expect(own.map(({ index }) => index)).toEqual(upTo(2_000));
    }
  });

  test('whose reader has gone costs lines and not the process', async () => {
    const status = join(tempFolder(), 'status.json');
    const { child, exited, output } = startFixture('flood', [status, '2000'], { readStdout: false });
    child.stdout?.destroy();
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(output.stderr).toBe('');
    expect(JSON.parse(readFileSync(status, 'utf8'))).toMatchObject({ lastError: 'EPIPE', buffered: 0 });
  });
});
