import { randomBytes } from 'node:crypto';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createFakeClock, type FakeClock, size, waitFor } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createLogger,
  type FileSinkOptions,
  file,
  type LoggerOptions,
  type ServiceLogger,
  type SinkDefinition,
} from '../src/index.js';
import { type Line, memorySink } from './support/memory-sink.js';
import { needsBuild, startFixture } from './support/run-fixture.js';
import { smallDisk } from './support/small-disk.js';
import { linesOf, parseLines, tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

function logTo(path: string, sink: FileSinkOptions, options: Partial<LoggerOptions> = {}) {
  return createLogger({
    service: 's',
    environment: 'e',
    process: false,
    sinks: [file(path, sink)],
    ...options,
  });
}

/** The files beside `path` that were put aside, oldest first. */
function aside(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^a\.log\.\d/.test(name))
    .sort((one, other) => one.replace(/\.gz$/, '').localeCompare(other.replace(/\.gz$/, '')));
}

/** All lines, in the order in which they were written. */
function everything(folder: string): Line[] {
  const names = aside(folder);
  // SIGKILL may fall between the compressed copy and the end of the original.
  const once = names.filter((name) => !names.includes(`${name}.gz`));
  const rotated = once.flatMap((name) => {
    const bytes = readFileSync(join(folder, name));
    return parseLines((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString());
  });
  return [...rotated, ...linesOf(join(folder, 'a.log'))];
}

/** Closing waits on the logger's clock. */
async function closed(log: ServiceLogger, clock: FakeClock): Promise<void> {
  let over = false;
  const closing = Promise.resolve(log.close()).finally(() => {
    over = true;
  });
  while (!over) {
    await clock.advance(1);
    await new Promise(setImmediate);
  }
  await closing;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a log file that rotates', () => {
  test.each([
    ['turn', 'close'],
    ['sync', 'close'],
    ['turn', 'exit'],
    ['sync', 'kill'],
  ] as const)(
    '[row 83] by size, under load, in mode %s until %s, loses no line and keeps their order',
    async (mode, end) => {
      const folder = tempFolder();
      const count = size({ test: 5_000, soak: 100_000 });
      const { exited, output } = startFixture('rotating', [join(folder, 'a.log'), String(count), mode, end]);
      const { code, signal } = await exited;
      expect({ code, signal }).toEqual(
        end === 'kill' ? { code: null, signal: 'SIGKILL' } : { code: 0, signal: null },
      );
      expect(output.stderr).toBe('');
      // What a killed process was compressing is there twice until somebody tidies up: whole, and in part.
      for (const name of readdirSync(folder)) if (name.endsWith('.part')) rmSync(join(folder, name));
      expect(aside(folder).length).toBeGreaterThan(5);
      expect(everything(folder).map(({ index }) => index)).toEqual(upTo(count));
    },
  );

  test('SIGKILL in mode turn costs the lines of one turn at most', async () => {
    const folder = tempFolder();
    const { exited } = startFixture('rotating', [join(folder, 'a.log'), '5100', 'turn', 'kill']);
    expect(await exited).toEqual({ code: null, signal: 'SIGKILL' });
    for (const name of readdirSync(folder)) if (name.endsWith('.part')) rmSync(join(folder, name));
    const indexes = everything(folder).map(({ index }) => index);
    expect(indexes).toEqual(upTo(indexes.length));
    expect(indexes.length).toBeGreaterThanOrEqual(5_000); // 250 lines a turn; the last 100 were not written yet
  });

  test('[row 83] by size never exceeds it, and what was put aside does not match *.log', async () => {
    const folder = tempFolder();
    const log = logTo(join(folder, 'a.log'), { mode: 'sync', rotate: { size: '10kb' } });
    for (const index of upTo(500)) log.info('line', { index });
    await log.close();
    expect(aside(folder).length).toBeGreaterThan(4);
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(10_240);
    expect(aside(folder).filter((name) => name.endsWith('.log'))).toEqual([]);
    expect(everything(folder).map(({ index }) => index)).toEqual(upTo(500));
  });

  test('[row 83] by day begins a file with the first line after midnight in UTC', async () => {
    const folder = tempFolder();
    const clock = createFakeClock({ now: Date.parse('2026-12-31T23:59:59.000Z') });
    const log = logTo(join(folder, 'a.log'), { mode: 'sync', rotate: { every: 'day' } }, { clock });
    log.info('last year');
    await clock.advance(2_000);
    log.info('this year');
    log.info('still');
    await clock.advance(86_400_000);
    log.info('next day');
    await closed(log, clock);
    expect(aside(folder)).toEqual(['a.log.2027-01-01T000001.000Z', 'a.log.2027-01-02T000001.000Z']);
    expect(linesOf(join(folder, aside(folder)[0] ?? '')).map(({ message }) => message)).toEqual([
      'last year',
    ]);
    expect(linesOf(join(folder, aside(folder)[1] ?? '')).map(({ message }) => message)).toEqual([
      'this year',
      'still',
    ]);
    expect(linesOf(join(folder, 'a.log')).map(({ message }) => message)).toEqual(['next day']);
  });

  test('puts aside what an earlier run left of an earlier day', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    writeFileSync(path, '{"index":0}\n');
    utimesSync(path, new Date(0), new Date(0));
    const log = logTo(path, { rotate: { every: 'day' } });
    log.info('line', { index: 1 });
    await log.close();
    expect(aside(folder)).toHaveLength(1);
    expect(linesOf(path).map(({ index }) => index)).toEqual([1]);
  });

  test('[row 83] deletes what has become too old while it goes on, also when it never fills', async () => {
    const folder = tempFolder();
    const clock = createFakeClock({ now: Date.parse('2026-06-01T12:00:00.000Z') });
    writeFileSync(join(folder, 'a.log.2026-06-01T000000.000Z'), '');
    const sink: FileSinkOptions = { mode: 'sync', rotate: { size: '1mb' }, keep: { days: 7 } };
    const log = logTo(join(folder, 'a.log'), sink, { clock });
    for (let day = 1; day <= 6; day += 1) {
      log.info('line', { day });
      await clock.advance(86_400_000);
    }
    await new Promise(setImmediate);
    expect(aside(folder)).toHaveLength(1);
    for (let day = 7; day <= 9; day += 1) {
      log.info('line', { day });
      await clock.advance(86_400_000);
    }
    await waitFor(() => aside(folder).length === 0, { what: 'what is older than 7 days to be gone' });
    await closed(log, clock);
    expect(linesOf(join(folder, 'a.log'))).toHaveLength(9);
  });

  test('[row 83] deletes what is older or more than is to be kept, and nothing else', async () => {
    const folder = tempFolder();
    const now = Date.parse('2026-06-15T12:00:00.000Z');
    const old = [
      '2026-06-01T000000.000Z',
      '2026-06-07T000000.000Z.gz',
      '2026-06-14T000000.000Z',
      '2026-06-15T000000.000Z-0001.gz',
    ];
    const others = ['a.log.bak', 'b.log.2026-01-01T000000.000Z', 'a.log.1', 'a.log.2026-01-01'];
    for (const name of [...old.map((stamp) => `a.log.${stamp}`), ...others])
      writeFileSync(join(folder, name), '');
    const clock = createFakeClock({ now });
    const byDays = logTo(join(folder, 'a.log'), { rotate: { size: '1mb' }, keep: { days: 8 } }, { clock });
    const left = (): string[] => aside(folder).filter((name) => name.includes('T'));
    await waitFor(() => left().length === 2, { what: 'what is older than 8 days to be gone' });
    await closed(byDays, clock);
    expect(left()).toEqual(['a.log.2026-06-14T000000.000Z', 'a.log.2026-06-15T000000.000Z-0001.gz']);
    const byCount = logTo(join(folder, 'a.log'), { rotate: { size: '1mb' }, keep: { files: 1 } }, { clock });
    await waitFor(() => left().length === 1, { what: 'all but the newest to be gone' });
    await closed(byCount, clock);
    expect(left()).toEqual(['a.log.2026-06-15T000000.000Z-0001.gz']);
    for (const name of others) expect(readdirSync(folder)).toContain(name);
  });

  test('compresses what an interrupted run left', async () => {
    const folder = tempFolder();
    const name = 'a.log.2026-06-14T000000.000Z';
    writeFileSync(join(folder, name), '{"index":0}\n');
    writeFileSync(join(folder, `${name}.gz.4194305-0.part`), 'half');
    const log = logTo(join(folder, 'a.log'), { rotate: { size: '1mb' }, gzip: true });
    await waitFor(() => readdirSync(folder).includes(`${name}.gz`) && !readdirSync(folder).includes(name), {
      what: 'the copy',
    });
    await log.close();
    expect(readdirSync(folder).sort()).toEqual(['a.log', `${name}.gz`]);
    expect(gunzipSync(readFileSync(join(folder, `${name}.gz`))).toString()).toBe('{"index":0}\n');
  });
});

test('on a full disk, what is too old goes before anything is compressed; a copy that fails costs nothing and is tried again', async (context) => {
  const folder = smallDisk();
  if (folder === undefined) return context.skip('mounting a small tmpfs needs root');
  const clock = createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });
  const young = 'a.log.2026-06-15T000000.000Z';
  const old = 'a.log.2026-06-01T000000.000Z';
  const noise = randomBytes(90 * 1_024); // which does not get smaller
  writeFileSync(join(folder, young), noise);
  writeFileSync(join(folder, old), noise);
  const ballast = join(folder, 'ballast');
  writeFileSync(ballast, noise.subarray(0, 60 * 1_024));
  const sink: FileSinkOptions = { mode: 'sync', rotate: { size: '1kb' }, gzip: true };
  const unkept = logTo(join(folder, 'a.log'), sink, { clock });
  await waitFor(() => unkept.stats().sinks[0]?.lastError === 'ENOSPC', { what: 'the copy to fail' });
  await closed(unkept, clock);
  expect(readFileSync(join(folder, young)).equals(noise)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);

  const kept = logTo(join(folder, 'a.log'), { ...sink, keep: { days: 7 } }, { clock });
  await waitFor(() => aside(folder).join() === `${young}.gz`, { what: 'room, and then the copy' });
  await closed(kept, clock);
  expect(gunzipSync(readFileSync(join(folder, `${young}.gz`))).equals(noise)).toBe(true);
});

describe('two that rotate one file', () => {
  test('are refused: in one process, and in two', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    const first = logTo(path, { rotate: { every: 'day' } });
    expect(() => logTo(path, { rotate: { every: 'day' } })).toThrow(
      expect.objectContaining({ code: 'LOG_FILE_LOCKED' }),
    );
    const { exited, output } = startFixture('rotating', [path, '1', 'turn', 'close']);
    expect((await exited).code).toBe(1);
    expect(output.stderr).toContain('LOG_FILE_LOCKED');
    await first.close();
    await logTo(path, { rotate: { every: 'day' } }).close();
  });

  test('or of which one rotates it and the other only appends: whoever comes second is refused, and nothing is lost', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    const refused = expect.objectContaining({ code: 'LOG_FILE_LOCKED' });
    const rotating = logTo(path, { mode: 'sync', rotate: { size: '1kb' }, gzip: true });
    expect(() => logTo(path, {})).toThrow(refused);
    const { exited, output } = startFixture('writer', [path, '1']);
    expect((await exited).code).toBe(1);
    expect(output.stderr).toContain('LOG_FILE_LOCKED');
    rotating.info('one');
    await rotating.close();

    const appending = logTo(path, { mode: 'sync' });
    expect(() => logTo(path, { rotate: { every: 'day' } })).toThrow(refused);
    const other = startFixture('rotating', [path, '1', 'turn', 'close']);
    expect((await other.exited).code).toBe(1);
    expect(other.output.stderr).toContain('LOG_FILE_LOCKED');
    appending.info('two');
    await appending.close();
    await logTo(path, { rotate: { every: 'day' } }).close();
    expect(linesOf(path).map(({ message }) => message)).toEqual(['one', 'two']);
    expect(readdirSync(folder)).toEqual(['a.log']);
  });

  test('is not what somebody is who only reads it, nor an appender that opens it anew once it is put aside', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    writeFileSync(path, '');
    const reader = openSync(path, 'r');
    const rotating = logTo(path, { rotate: { every: 'day' } });
    closeSync(reader);
    const other = join(folder, 'b.log');
    const appending = logTo(other, { mode: 'sync' });
    await rotating.close();
    renameSync(other, join(folder, 'b.log.1'));
    const taking = logTo(other, { rotate: { every: 'day' } });
    appending.reopen();
    appending.info('to the old file');
    expect(appending.stats().sinks[0]?.lastError).toBe('LOG_FILE_LOCKED');
    expect(linesOf(join(folder, 'b.log.1'))).toHaveLength(1);
    await taking.close();
    appending.reopen();
    appending.info('to the new file');
    await appending.close();
    expect(linesOf(other)).toHaveLength(1);
  });

  test('take over from a process that was killed, and from a number that was given again', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    const { exited } = startFixture('rotating', [path, '1', 'sync', 'kill']);
    await exited;
    expect(readdirSync(folder)).toContain('a.log.lock');
    await logTo(path, { rotate: { every: 'day' } }).close();
    const { hostname } = await import('node:os');
    writeFileSync(`${path}.lock`, `${hostname()} ${process.pid} 1`);
    await logTo(path, { rotate: { every: 'day' } }).close();
  });
});

describe('a logger that is refused', () => {
  const rotated = (path: string) => file(path, { rotate: { size: '1mb' } });

  test.each<[string, Partial<LoggerOptions>]>([
    ['an option', { sample: { first: 0 } }],
    // @ts-expect-error no such signal
    ['its signal', { debugOn: 'SIGUSR1' }],
    ['its fields', { fields: Object.defineProperty({}, 'a', { enumerable: true, get: fail }) }],
  ])('for %s has opened and locked nothing', async (_what, options) => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    expect(() => logTo(path, { rotate: { size: '1mb' } }, options)).toThrow();
    expect(readdirSync(folder)).toEqual([]);
    await logTo(path, { rotate: { size: '1mb' } }).close();
  });

  test('for its second sink has let go of its first, even of one that cannot be closed', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a.log');
    const { open } = memorySink();
    const unclosable: SinkDefinition = {
      name: 'unclosable',
      open: (host) => ({ ...open(host), close: fail }),
    };
    const sinks = [unclosable, rotated(path), file(folder)];
    const base = { service: 's', environment: 'e', process: false } as const;
    expect(() => createLogger({ ...base, sinks })).toThrow(
      expect.objectContaining({ code: 'LOG_FILE_OPEN' }),
    );
    // @ts-expect-error no sink
    expect(() => createLogger({ ...base, sinks: [rotated(path), 'stdout'] })).toThrow(/made of stdout/);
    await createLogger({ ...base, sinks: [rotated(path)] }).close();
  });
});

function fail(): never {
  throw new Error('broken');
}

test('a wrong rotation is refused', () => {
  const path = join(tempFolder(), 'a.log');
  expect(() => file(path, { rotate: {} })).toThrow(/"size", "every" or both/);
  expect(() => file(path, { rotate: { size: 1 } })).toThrow(/at least 1 kB/);
  expect(() => file(path, { keep: { days: 3 } })).toThrow(/absent without "rotate"/);
  expect(() => file(path, { gzip: true })).toThrow(/absent without "rotate"/);
  expect(() => file(path, { rotate: { every: 'day' }, keep: { days: 0 } })).toThrow(/at least 1/);
  // @ts-expect-error a misspelt option
  expect(() => file(path, { rotate: { evry: 'day' } })).toThrow(/Did you mean "every"/);
});

test('a full disk costs counted lines and no others, also when the file rotates, and it goes on by itself when there is room', async (context) => {
  const folder = smallDisk();
  if (folder === undefined) return context.skip('mounting a small tmpfs needs root');
  const clock = createFakeClock({ now: Date.parse('2026-06-15T12:00:00.000Z') });
  const path = join(folder, 'a.log');
  const log = logTo(path, { mode: 'sync', rotate: { size: '64kb' }, maxBuffer: '64kb' }, { clock });
  const stats = () => log.stats().sinks[0];
  let sent = 0;
  const send = (): void => void log.info('line', { index: sent++ });
  while ((stats()?.dropped ?? 0) < 100) send();
  expect(stats()?.lastError).toBe('ENOSPC');
  expect((stats()?.written ?? 0) + (stats()?.buffered ?? 0) + (stats()?.dropped ?? 0)).toBe(sent);
  const dropped = stats()?.dropped ?? 0;
  const saved = aside(folder).flatMap((name) => {
    const lines = linesOf(join(folder, name));
    rmSync(join(folder, name));
    return lines;
  });
  await clock.advance(2_000); // nobody logs: the sink comes back by itself
  send();
  await closed(log, clock);
  const lines = [...saved, ...everything(folder)];
  const notices = lines.filter(({ message }) => message === 'Log lines were dropped');
  expect(notices.map((notice) => notice.dropped)).toEqual([dropped]);
  const indexes = lines.filter(({ message }) => message === 'line').map(({ index }) => Number(index));
  expect(indexes).toHaveLength(sent - dropped);
  expect(indexes).toEqual([...indexes].sort((one, other) => one - other));
  expect(new Set(indexes).size).toBe(indexes.length);
});
