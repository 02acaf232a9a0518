import { createFakeClock, size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineQueue } from '../src/sinks/line-queue.js';

type Answer = number | 'EAGAIN' | 'ENOSPC' | 'EPIPE';

/** A descriptor that takes as many bytes as it is told, or fails. */
function descriptor(answers: Answer[]) {
  let text = Buffer.alloc(0);
  return {
    answers,
    text: () => text.toString('utf8'),
    write(chunk: Uint8Array, offset: number): number {
      const answer = answers.shift() ?? Number.POSITIVE_INFINITY;
      if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
      const part = chunk.subarray(offset, offset + answer);
      text = Buffer.concat([text, part]);
      return part.length;
    },
  };
}

function queueOver(answers: Answer[], maxLength = 1_000_000) {
  const target = descriptor(answers);
  const clock = createFakeClock();
  const notices = { made: 0 };
  const queue = createLineQueue({
    name: 'target',
    write: target.write,
    when: 'line',
    maxLength,
    clock,
    droppedNotice(count) {
      notices.made += 1;
      return `dropped ${count}\n`;
    },
  });
  return { queue, target, clock, notices };
}

describe('a line queue', () => {
  test('goes on by itself when a full disk has room again, and says how many lines are missing', async () => {
    const { queue, target, clock } = queueOver(['ENOSPC', 'ENOSPC', 'ENOSPC', 'ENOSPC'], 12);
    for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) queue.push(line);
    expect(queue.stats()).toMatchObject({ written: 0, buffered: 2, dropped: 2, lastError: 'ENOSPC' });
    await clock.advance(10_000);
    expect(target.text()).toBe('one\ntwo\ndropped 2\n');
    expect(queue.stats()).toMatchObject({ written: 3, buffered: 0, dropped: 2 });
    queue.push('five\n');
    expect(target.text()).toBe('one\ntwo\ndropped 2\nfive\n');
  });

  test('asks a slow pipe again soon and a failing disk less often', async () => {
    const { queue, target, clock } = queueOver(['EAGAIN']);
    queue.push('one\n');
    await clock.advance(5);
    expect(target.text()).toBe('one\n');
    target.answers.push('ENOSPC');
    queue.push('two\n');
    await clock.advance(999);
    expect(target.text()).toBe('one\n');
    await clock.advance(1);
    expect(target.text()).toBe('one\ntwo\n');
  });

  test('gives up when the reader has gone, and counts what is lost', async () => {
    const { queue, target, clock } = queueOver(['EPIPE']);
    queue.push('one\n');
    queue.push('two\n');
    await clock.advance(60_000);
    expect(target.text()).toBe('');
    expect(queue.stats()).toMatchObject({ written: 0, buffered: 0, dropped: 2, lastError: 'EPIPE' });
    await queue.flush(0);
  });

  test('counts as lost only the lines that are not out whole', () => {
    const { queue, target } = queueOver(['EAGAIN', 'EAGAIN', 'EAGAIN', 4, 5, 'EAGAIN']);
    for (const line of ['one\n', 'two\n', 'three\n']) queue.push(line);
    queue.flushSync(0);
    expect(target.text()).toBe('one\ntwo\nt');
    expect(queue.stats()).toMatchObject({ written: 2, buffered: 1, dropped: 0 });
    target.answers.push('EPIPE');
    queue.flushSync(0);
    expect(queue.stats()).toMatchObject({ written: 2, buffered: 0, dropped: 1 });
  });

  test('keeps its text where writing makes another queue write', () => {
    const other = queueOver(['EAGAIN', 'EAGAIN']);
    other.queue.push('begun\n');
    other.queue.push('other\n'.repeat(3));
    const own: string[] = [];
    const queue = createLineQueue({
      name: 'own',
      when: 'line',
      maxLength: 1_000,
      clock: createFakeClock(),
      droppedNotice: String,
      write(chunk) {
        other.queue.flushSync(0);
        own.push(Buffer.from(chunk).toString());
        return chunk.length;
      },
    });
    queue.push('our own line\n');
    expect(other.target.text()).toBe(`begun\n${'other\n'.repeat(3)}`);
    expect(own).toEqual(['our own line\n']);
  });

  test('fails a flush at its deadline, naming what waits', async () => {
    const { queue, clock } = queueOver(Array.from({ length: 1_000 }, () => 'ENOSPC' as const));
    queue.push('one\n');
    const flushed = queue.flush(2_000).then(
      () => 'flushed',
      (error: Error) => error,
    );
    await clock.advance(2_500);
    expect(await flushed).toMatchObject({
      code: 'LOG_FLUSH_INCOMPLETE',
      message: expect.stringContaining('1 lines are still waiting (ENOSPC)'),
    });
  });

  test('starts a half-written line again for a new descriptor', () => {
    const { queue, target } = queueOver([2, 'ENOSPC']);
    queue.push('three\n');
    expect(target.text()).toBe('th');
    queue.rewindLine();
    queue.flushSync(0);
    expect(target.text()).toBe('ththree\n');
  });

  test('loses, repeats, reorders and tears no line, whatever the descriptor does', async () => {
    const answer: fc.Arbitrary<Answer> = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }) },
      { weight: 1, arbitrary: fc.constantFrom<Answer>('EAGAIN', 'ENOSPC') },
    );
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ push: fc.string({ unit: 'grapheme', maxLength: 20 }) }) },
      { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 1_500 }) }) },
      { weight: 1, arbitrary: fc.record({ flushSync: fc.constant(true) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 60 }),
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 10, max: 200 }),
        async (answers, steps, maxLength) => {
          const { queue, target, clock, notices: said } = queueOver(answers, maxLength);
          const pushed: string[] = [];
          for (const each of steps) {
            if ('push' in each) {
              const line = `${pushed.length}:${each.push.replaceAll('\n', ' ')}\n`;
              pushed.push(line);
              queue.push(line);
            } else if ('advance' in each) await clock.advance(each.advance);
            else queue.flushSync(0);
            const { written, buffered, dropped } = queue.stats();
            expect(written + buffered + dropped).toBe(pushed.length + said.made);
          }
          target.answers.length = 0;
          await clock.advance(5_000);
          const lines = target.text().split('\n').slice(0, -1);
          const notices = lines.filter((line) => line.startsWith('dropped '));
          const arrived = lines.filter((line) => !line.startsWith('dropped ')).map((line) => `${line}\n`);
          const told = notices.reduce((sum, line) => sum + Number(line.slice(8)), 0);
          // In order and whole: what arrived is what was pushed without the dropped ones.
          let at = 0;
          for (const line of arrived) {
            const found = pushed.indexOf(line, at);
            expect(found).toBeGreaterThanOrEqual(at);
            at = found + 1;
          }
          const stats = queue.stats();
          expect(stats).toMatchObject({
            buffered: 0,
            written: lines.length,
            dropped: pushed.length - arrived.length,
          });
          expect(told).toBeLessThanOrEqual(stats.dropped);
          expect(stats.bytes).toBe(Buffer.byteLength(target.text()));
        },
      ),
      { numRuns: size({ test: 500, soak: 50_000 }) },
    );
  });
});
