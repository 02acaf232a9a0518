import { once } from 'node:events';
import { join } from 'node:path';
import { createProcessEvents } from '@seaworthy/contracts';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import winston from 'winston';
import TransportStream from 'winston-transport';
import { fakeProcess } from './support/fake-process.js';
import { testLogger } from './support/memory-sink.js';
import { linesOf, tempFolder } from './support/temp-folder.js';

type Info = winston.Logform.TransformableInfo;

/** A transport that takes one line a turn. */
class Slow extends TransportStream {
  readonly indexes: unknown[] = [];
  closedAfter: number | undefined;
  override log(info: Info, next: () => void): void {
    this.indexes.push(info.index);
    setImmediate(next);
  }
  override close(): void {
    this.closedAfter = this.indexes.length;
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function burst(log: winston.Logger, count: number, from = 0): void {
  for (let index = from; index < from + count; index += 1) log.info('line', { index });
}

describe('winston’s own end() in the middle of a burst', () => {
  test.each([true, false])(
    'ends a slow transport and winston’s File when they have taken every line, and finishes after them (direct: %s)',
    async (direct) => {
      const path = join(tempFolder(), 'winston.log');
      const { log } = testLogger({ direct });
      const slow = new Slow();
      const toFile = new winston.transports.File({ filename: path });
      log.add(slow).add(toFile);
      burst(log, 3_000);
      let finished = 0;
      for (const stream of [slow, toFile]) stream.once('finish', () => (finished += 1));
      log.end();
      await once(log, 'finish');
      expect(finished).toBe(2);
      expect(slow.indexes).toEqual(upTo(3_000));
      await waitFor(() => linesOf(path).length === 3_000, { what: '3,000 lines in the file' });
      expect(linesOf(path).map(({ index }) => index)).toEqual(upTo(3_000));
      expect(log.stats().transports.dropped).toBe(0);
      await log.close();
    },
  );

  test('takes a last line, and calls back', async () => {
    const { log, last } = testLogger();
    const slow = new Slow();
    log.add(slow);
    burst(log, 20);
    await new Promise<void>((resolve) =>
      log.end({ level: 'info', message: 'the last', index: 20 }, () => resolve()),
    );
    expect(slow.indexes).toEqual(upTo(21));
    expect(last()).toMatchObject({ message: 'the last' });
  });

  test('is not held up by what is logged after it: sinks get it, transports do not, and it is counted', async () => {
    const { log, texts } = testLogger();
    const slow = new Slow();
    log.add(slow);
    burst(log, 20);
    log.end();
    await new Promise(setImmediate);
    burst(log, 5, 20);
    await once(log, 'finish');
    expect(slow.indexes).toEqual(upTo(20));
    expect(texts).toHaveLength(25);
    expect(log.stats().transports.dropped).toBe(5);
  });

  test('does not wait for a transport that was ended or destroyed before; what it did not take is counted', async () => {
    const { log } = testLogger();
    const ended = new Slow();
    const destroyed = new Slow();
    log.add(ended).add(destroyed);
    burst(log, 5);
    destroyed.destroy();
    ended.end();
    const finished = once(log, 'finish');
    log.end();
    await finished;
    await log.close();
    expect([ended.indexes, destroyed.indexes]).toEqual([[0], [0]]);
    expect(log.stats().transports.dropped).toBe(8);
  });
});

describe('a transport that is removed in the middle of a burst', () => {
  test.each<[string, (log: winston.Logger, transports: readonly TransportStream[]) => void]>([
    ['by remove()', (log, transports) => transports.forEach((each) => void log.remove(each))],
    ['by clear()', (log) => void log.clear()],
    ['by configure()', (log) => log.configure({ transports: [new Slow()] })],
    ['by close()', (log) => void log.close()],
  ])(
    '%s is closed when it has taken the lines that were logged before, and gets none after',
    async (_how, remove) => {
      const path = join(tempFolder(), 'winston.log');
      const { log } = testLogger();
      const slow = new Slow();
      log.add(slow).add(new winston.transports.File({ filename: path }));
      const transports = log.transports.slice(1);
      burst(log, 1_000);
      remove(log, transports);
      await waitFor(() => slow.closedAfter !== undefined, { what: 'the transport to be closed' });
      expect(log.transports).not.toContain(slow);
      log.info('later', { index: 1_000 });
      await log.close();
      expect(slow.indexes).toEqual(upTo(1_000));
      expect(slow.closedAfter).toBe(1_000);
      await waitFor(() => linesOf(path).length === 1_000, { what: '1,000 lines in the file' });
    },
  );

  test('and is stuck, is closed after 5 s, and holds up neither flush() nor close() any more', async () => {
    const clock = createFakeClock();
    const { log } = testLogger({ clock });
    let closed = false;
    const stuck = new TransportStream({ log: () => undefined, close: () => (closed = true) });
    log.add(stuck);
    burst(log, 11);
    log.remove(stuck);
    await clock.advance(4_999);
    expect(closed).toBe(false);
    await clock.advance(1);
    expect(closed).toBe(true);
    expect(log.stats().transports.dropped).toBe(10);
    await log.flush();
  });

  test('and one that reports an error, keep their order and lose no line', async () => {
    const { log } = testLogger();
    log.on('error', () => undefined);
    const slow = new Slow();
    log.add(slow);
    burst(log, 50);
    slow.emit('error', new Error('a moment'));
    burst(log, 50, 50);
    await log.close();
    expect(slow.indexes).toEqual(upTo(100));
    expect(slow.closedAfter).toBe(100);
  });
});

describe('a transport that does not take its lines', () => {
  test('costs no more memory than 8 MB of text and 10,000 lines; the others are counted', () => {
    const { log } = testLogger({ limits: { maxStringLength: 65_536 } });
    const heard: number[] = [];
    log.add(new TransportStream({ log: (info: Info) => void heard.push(Number(info.index)) }));
    const text = 'x'.repeat(27 * 1_024);
    for (let index = 0; index < 1_000; index += 1) log.info('line', { index, text });
    const kept = 1_000 - log.stats().transports.dropped;
    expect(kept * 27 * 1_024).toBeLessThanOrEqual(8 * 1_048_576);
    expect(kept).toBeGreaterThan(250);
  });

  test('has them counted when close() gives them up', async () => {
    const { log } = testLogger();
    log.add(new TransportStream({ log: () => undefined }));
    burst(log, 11);
    await expect(log.close({ timeout: '20ms' })).rejects.toMatchObject({ code: 'LOG_FLUSH_INCOMPLETE' });
    expect(log.stats().transports.dropped).toBe(10); // the transport has the first
  });

  test('because it answers with errors has them counted', async () => {
    const { log } = testLogger();
    log.on('error', () => undefined);
    log.add(
      new TransportStream({ log: (_info: Info, next: (error: Error) => void) => next(new Error('refused')) }),
    );
    burst(log, 5);
    await log.close();
    expect(log.stats().transports.dropped).toBe(5);
  });
});

test('after end() lines are counted as late, and a crash goes to stderr', async () => {
  const { host, emit } = fakeProcess();
  const stderr: string[] = [];
  const clock = createFakeClock();
  const events = createProcessEvents(host, { clock, writeError: (text) => void stderr.push(text) });
  const { log, texts } = testLogger({ process: events });
  log.info('before');
  log.end();
  await once(log, 'finish');
  log.info('after');
  expect(texts).toHaveLength(1);
  expect(log.stats().late).toBe(1);
  emit('uncaughtException', new Error('boom'));
  expect(stderr.join('')).toContain('Error: boom');
});
