import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { size, waitFor } from '@seaworthy/testkit';
import { beforeAll, expect, test } from 'vitest';
import { bulkReceiver } from '../support/bulk-receiver.js';
import { memoryTarget } from '../support/memory-target.js';
import { needsBuild, startFixture } from '../support/run-fixture.js';
import { indexesOf, logLines, shippingLog, upTo } from '../support/shipping-log.js';
import { smallDisk } from '../support/small-disk.js';
import { tempFolder } from '../support/temp-folder.js';

beforeAll(needsBuild);

const patient = { timeout: size({ test: 60_000, soak: 900_000 }) };

const segments = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.spool'))
    .sort();
const newest = (folder: string): string => join(folder, segments(folder).at(-1) ?? '');

/** Logs while the receiver is down, and closes. */
async function leftBehind(folder: string, from: number, to: number): Promise<void> {
  const target = memoryTarget();
  target.down = true;
  const { log } = shippingLog(folder, target);
  logLines(log, from, to);
  await log.close();
  expect(target.received).toEqual([]);
}

/** What a process that comes later finds in the folder. */
async function found(folder: string) {
  const target = memoryTarget();
  const { log, shipping } = shippingLog(folder, target);
  await log.flush({ timeout: '1m' });
  const stats = shipping.stats();
  await log.close();
  return { target, stats, indexes: indexesOf(target.lines()) };
}

test('[row 89] an outage loses nothing: what was logged meanwhile arrives in order, and the spool is empty again', async () => {
  const folder = tempFolder();
  const target = memoryTarget();
  const { log, shipping } = shippingLog(folder, target, { maxBytes: '16mb' });
  logLines(log, 0, 1_000);
  await log.flush({ timeout: '1m' });
  target.down = true;
  logLines(log, 1_000, 11_000);
  await waitFor(() => shipping.stats().retries > 2, { what: 'retries' });
  expect(shipping.stats()).toMatchObject({ state: 'failing', lastError: 'ECONNREFUSED' });
  expect(shipping.stats().waiting).toBeGreaterThanOrEqual(10_000);
  target.down = false;
  logLines(log, 11_000, 12_000);
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  expect(indexesOf(target.lines())).toEqual(upTo(12_000));
  expect(shipping.stats()).toMatchObject({ dropped: 0, duplicates: 0, lagSeconds: 0 });
  expect(segments(folder).length).toBeLessThanOrEqual(1);
});

test('what a process leaves in the spool is sent by the next one, once and before its own lines', async () => {
  const folder = tempFolder();
  await leftBehind(folder, 0, 500);
  await leftBehind(folder, 500, 700);
  const target = memoryTarget();
  const { log } = shippingLog(folder, target);
  logLines(log, 700, 800);
  await log.close();
  expect(indexesOf(target.lines())).toEqual(upTo(800));
  expect(new Set(target.received.map(({ id }) => id)).size).toBe(target.received.length);
  expect((await found(folder)).target.received).toEqual([]);
});

test('flush waits for the receiver, but not for one that is down: the lines are safe', async () => {
  const target = memoryTarget();
  target.down = true;
  const { log, shipping } = shippingLog(tempFolder(), target, { maxRetryDelay: '1h', linger: '1h' });
  logLines(log, 0, 10);
  await log.flush({ timeout: '1m' });
  expect(shipping.stats()).toMatchObject({ state: 'failing', sent: 0 });
});

test.each(['sync', 'turn'])(
  'SIGKILL in mode %s, again and again: nothing that was written is lost',
  patient,
  async (mode) => {
    const folder = tempFolder();
    const receiver = await bulkReceiver();
    const rounds = size({ test: 3, soak: 40 });
    let logged = 0;
    for (let round = 0; round < rounds; round += 1) {
      // Down, refusing in part, or fine, as it may be when a process is killed.
      receiver.mode = ([503, 'reset after storing', 'answer'] as const)[round % 3] ?? 'answer';
      const { child, output, exited } = startFixture('shipping', [
        folder,
        receiver.url,
        `${logged}`,
        '1000000',
        mode,
      ]);
      await waitFor(() => output.stdout.split('\n').length > 30, {
        what: 'three hundred lines',
        timeoutMs: 30_000,
      });
      child.kill('SIGKILL');
      await exited;
      // Numbers go on behind the last that it may have logged, so that a gap between rounds is no loss.
      logged = Number(output.stdout.trim().split('\n').at(-1)) + 1;
      const told = logged;
      receiver.mode = 'answer';
      const next = startFixture('shipping', [
        folder,
        receiver.url,
        `${told + 1_000_000}`,
        `${told + 1_000_000}`,
        mode,
      ]);
      expect((await next.exited).code).toBe(0);
      const indexes = new Set(indexesOf(receiver.stored.map(({ document }) => document)));
      expect(upTo(told).filter((index) => !indexes.has(index))).toEqual([]);
      logged = Math.max(...indexes) + 1;
    }
    const indexes = indexesOf(receiver.stored.map(({ document }) => document));
    expect(indexes).toEqual(upTo(indexes.length));
  },
);

test('a record that was torn off is left out, and nothing before or behind it', async () => {
  const folder = tempFolder();
  await leftBehind(folder, 0, 10);
  const path = newest(folder);
  truncateSync(path, readFileSync(path).length - 5);
  const { log } = shippingLog(folder, Object.assign(memoryTarget(), { down: true }));
  logLines(log, 10, 20);
  await log.close();
  const { indexes } = await found(folder);
  expect(indexes).toEqual(expect.arrayContaining(upTo(20)));
  expect(indexes).toHaveLength(20);
});

test('a damaged record is counted, told of and left out; those behind it are sent', async () => {
  const folder = tempFolder();
  await leftBehind(folder, 0, 10);
  const path = newest(folder);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('"index":4', '"index":9'));
  const { target, indexes, stats } = await found(folder);
  expect(indexes).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9]);
  expect(stats.dropped).toBe(1);
  const notices = target.lines().filter(({ message }) => message === 'Log lines were dropped');
  expect(notices.map(({ dropped }) => dropped)).toEqual([1]);
});

test(
  'whatever byte of a spool is changed, or cut off from there, the records that it does not touch arrive',
  patient,
  async () => {
    const whole = tempFolder();
    await leftBehind(whole, 0, 5);
    const name = basename(newest(whole));
    const bytes = readFileSync(newest(whole));
    const headerLength = bytes.indexOf('\n') + 1;
    /** The number of the record that a byte belongs to. */
    const recordAt = (at: number): number =>
      bytes.subarray(headerLength, at).filter((byte) => byte === 0x0a).length;
    for (let at = headerLength; at < bytes.length; at += size({ test: 23, soak: 1 })) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      for (const damaged of [changed, bytes.subarray(0, at)]) {
        const folder = tempFolder();
        writeFileSync(join(folder, name), damaged);
        const { indexes } = await found(folder);
        const touched = recordAt(at);
        // A changed line feed makes one damaged record of two.
        const expected =
          damaged === changed ? upTo(5).filter((index) => index !== touched) : upTo(5).slice(0, touched);
        const lost = bytes[at] === 0x0a && damaged === changed ? [touched + 1] : [];
        expect(indexes).toEqual(expected.filter((index) => !lost.includes(index)));
      }
    }
  },
);

test('a spool without its position is sent again under the same ids', async () => {
  const folder = tempFolder();
  await leftBehind(folder, 0, 10);
  const ids = async (mode: 'stored' | 'nothing') => {
    const target = memoryTarget();
    if (mode === 'nothing') target.close = async () => void appendFileSync(join(folder, 'closed'), '');
    const { log } = shippingLog(folder, target);
    await log.flush({ timeout: '1m' });
    await log.close();
    return target.received.map(({ id }) => id);
  };
  const copy = readFileSync(newest(folder));
  const name = newest(folder);
  const first = await ids('stored');
  writeFileSync(name, copy);
  writeFileSync(join(folder, 'position.json'), '{"version":1,"seg');
  expect((await ids('nothing')).slice(0, first.length)).toEqual(first);
  expect(first.length).toBeGreaterThanOrEqual(10);
});

test('a spool of a version that is not known is refused and left alone', async () => {
  const folder = tempFolder();
  await leftBehind(folder, 0, 10);
  const path = newest(folder);
  const text = readFileSync(path, 'utf8').replace('seaworthy-spool 1 ', 'seaworthy-spool 2 ');
  writeFileSync(path, text);
  expect(() => shippingLog(folder, memoryTarget())).toThrow(
    expect.objectContaining({ code: 'LOG_SPOOL_FORMAT' }),
  );
  expect(readFileSync(path, 'utf8')).toBe(text);
  writeFileSync(path, text.replace('seaworthy-spool 2 ', 'seaworthy-spool 1 '));
  expect((await found(folder)).indexes).toEqual(upTo(10)); // the lock was given back
});

test('a segment that somebody deletes is counted and told of, and shipping goes on', async () => {
  const folder = tempFolder();
  await leftBehind(folder, 0, 10);
  await leftBehind(folder, 10, 20);
  const target = memoryTarget();
  target.down = true;
  const deleted = newest(folder);
  const { log, shipping } = shippingLog(folder, target); // it has read the first segment, and waits
  rmSync(deleted);
  logLines(log, 20, 30);
  target.down = false;
  await waitFor(() => shipping.stats().waiting === 0, { what: 'all to be delivered' });
  await log.flush({ timeout: '1m' });
  expect(indexesOf(target.lines())).toEqual([...upTo(10), ...upTo(30, 20)]);
  expect(shipping.stats().dropped).toBeGreaterThanOrEqual(10);
  const notices = target.lines().filter(({ message }) => message === 'Log lines were dropped');
  expect(notices.map(({ dropped }) => dropped)).toEqual([shipping.stats().dropped]);
});

test.each([
  ['was never finished', 'seaworthy-sp'],
  ['a power failure left as zeros', '\0'.repeat(8_192)],
])('a segment whose header %s is no obstacle', async (_how, content) => {
  const folder = tempFolder();
  await leftBehind(folder, 0, 10);
  writeFileSync(join(folder, '000000000099.spool'), content);
  expect((await found(folder)).indexes).toEqual(upTo(10));
  expect(existsSync(join(folder, '000000000099.spool'))).toBe(false);
});

test('two that use one spool are refused: in one process, and in two', async () => {
  const folder = tempFolder();
  const { log } = shippingLog(folder, memoryTarget());
  expect(() => shippingLog(folder, memoryTarget())).toThrow(
    expect.objectContaining({ code: 'LOG_SPOOL_LOCKED' }),
  );
  const { exited, output } = startFixture('shipping', [folder, 'http://127.0.0.1:1', '0', '1', 'sync']);
  expect((await exited).code).toBe(1);
  expect(output.stderr).toContain('LOG_SPOOL_LOCKED');
  await log.close();
  await found(folder);
});

test.each(['drop-oldest', 'drop-newest'] as const)(
  '[row 89] a spool that is full keeps its bound with %s, counts what it drops exactly, and says so when it ships again',
  async (onFull) => {
    const folder = tempFolder();
    const target = memoryTarget();
    target.down = true;
    const { log, shipping } = shippingLog(folder, target, { maxBytes: '1mb', onFull });
    const count = 20_000;
    logLines(log, 0, count);
    const dropped = shipping.stats().dropped;
    expect(dropped).toBeGreaterThan(5_000);
    expect(shipping.stats().spoolBytes).toBeLessThanOrEqual(1_048_576);
    const onDisk = segments(folder).reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
    expect(onDisk).toBe(shipping.stats().spoolBytes);
    target.down = false;
    await waitFor(() => shipping.stats().waiting === 0 && shipping.stats().state === 'shipping', {
      what: 'an end',
    });
    await log.flush({ timeout: '1m' });
    const indexes = indexesOf(target.lines());
    const lines = target.lines();
    const own = lines.length - indexes.length;
    const told = lines.filter(({ message }) => message === 'Log lines were dropped');
    expect(shipping.stats().sent).toBe(indexes.length + own);
    expect(told.reduce((sum, notice) => sum + Number(notice.dropped), 0)).toBe(shipping.stats().dropped);
    expect(indexes).toEqual([...indexes].sort((one, other) => one - other));
    expect(new Set(indexes).size).toBe(indexes.length);
    if (onFull === 'drop-oldest') expect(indexes.at(-1)).toBe(count - 1);
    else expect(indexes.slice(0, 1_000)).toEqual(upTo(1_000));
    // The line that shipping fails is among what was logged, and may itself be among what was dropped.
    expect(count - indexes.length - shipping.stats().dropped).toBeGreaterThanOrEqual(-1);
    expect(count - indexes.length - shipping.stats().dropped).toBeLessThanOrEqual(0);
  },
);

test('a full disk costs counted lines and no others, and shipping goes on by itself', async (context) => {
  const folder = smallDisk();
  if (folder === undefined) return context.skip('mounting a small tmpfs needs root');
  const target = memoryTarget();
  target.down = true;
  const { log, shipping } = shippingLog(folder, target, { maxBytes: '2mb' });
  const count = 5_000;
  logLines(log, 0, count);
  expect(log.stats().sinks[0]?.lastError).toBe('ENOSPC');
  expect(shipping.stats().dropped).toBeGreaterThan(0);
  target.down = false;
  await waitFor(() => shipping.stats().waiting === 0 && shipping.stats().state === 'shipping', {
    what: 'an end',
  });
  logLines(log, count, count + 10);
  await log.flush({ timeout: '1m' });
  const lines = target.lines();
  const indexes = indexesOf(lines);
  const told = lines.filter(({ message }) => message === 'Log lines were dropped');
  expect(told.reduce((sum, notice) => sum + Number(notice.dropped), 0)).toBe(shipping.stats().dropped);
  expect(indexes).toEqual([...indexes].sort((one, other) => one - other));
  expect(count + 10 - indexes.length - shipping.stats().dropped).toBeGreaterThanOrEqual(-1);
  expect(count + 10 - indexes.length - shipping.stats().dropped).toBeLessThanOrEqual(0);
});
