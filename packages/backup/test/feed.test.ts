import { randomBytes } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import { waitFor } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';
import { feed } from '../src/pipeline/feed.js';

/** A compressor that takes its time, and counts what it was given before it had asked for more. */
function slowWriter(): { readonly to: Writable; readonly taken: Buffer[]; readonly most: () => number } {
  const taken: Buffer[] = [];
  let most = 0;
  const to: Writable = new Writable({
    highWaterMark: 100_000,
    write(chunk: Buffer, _encoding, done) {
      most = Math.max(most, to.writableLength);
      taken.push(chunk);
      setImmediate(done);
    },
  });
  return { to, taken, most: () => most };
}

describe('a dump on its way into its compressor', () => {
  it.each([1, 4_096, 10_240, 65_536, 200_000])(
    'arrives whole and in order, and is seen, in pieces of %i bytes',
    async (length) => {
      const pieces = Array.from({ length: 40 }, () => randomBytes(length));
      const { to, taken, most } = slowWriter();
      const seen: Buffer[] = [];
      await feed(Readable.from(pieces), to, (chunk) => void seen.push(chunk));
      expect(Buffer.concat(taken).equals(Buffer.concat(pieces))).toBe(true);
      expect(Buffer.concat(seen).equals(Buffer.concat(pieces))).toBe(true);
      expect(most()).toBeLessThanOrEqual(100_000 + length); // what is not taken yet is not read either
    },
  );

  it('keeps what comes last, when its dumper ends while the pipe rests', async () => {
    const from = new PassThrough();
    const { to, taken } = slowWriter();
    const fed = feed(from, to, () => undefined);
    from.write('first');
    await waitFor(() => from.isPaused(), { what: 'the rest' });
    from.end('last');
    await fed;
    expect(Buffer.concat(taken).toString()).toBe('firstlast');
  });

  it('fails when either end breaks, and closes the other', async () => {
    for (const side of ['dumper', 'compressor'] as const) {
      const from = new PassThrough();
      const { to } = slowWriter();
      const fed = expect(feed(from, to, () => undefined)).rejects.toThrow();
      from.write(randomBytes(10));
      await waitFor(() => from.isPaused(), { what: 'the rest' });
      (side === 'dumper' ? from : to).destroy();
      await fed;
      expect([from.destroyed, to.destroyed]).toEqual([true, true]);
    }
  });
});
