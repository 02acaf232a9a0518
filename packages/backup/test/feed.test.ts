import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { waitFor } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { drain, feed } from '../src/pipeline/feed.js';
import { type OutputPipe, openOutputPipe } from '../src/tools/output-pipe.js';
import { spawnTool, type ToolProcess } from '../src/tools/tool-process.js';
import { temporaryFolder } from './support/fixtures.js';

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

describe('what a program prints into a pipe of ours', () => {
  async function started(script: string): Promise<{ readonly pipe: OutputPipe; readonly tool: ToolProcess }> {
    const pipe = await openOutputPipe();
    if (pipe === undefined) throw new Error('no socket in the temporary folder');
    onTestFinished(() => pipe.close());
    const spec = {
      name: 'sh',
      path: '/bin/sh',
      args: ['-c', script],
      stage: 'dump',
      subject: 'a test',
    } as const;
    return { pipe, tool: spawnTool({ ...spec, output: pipe }) };
  }
  /** A hundred thousand lines that differ. */
  const script = 'seq 100000 199999';
  const all = Array.from({ length: 100_000 }, (_, at) => `${100_000 + at}\n`).join('');

  it('comes whole and in order, at the pace of who takes it', async () => {
    const { pipe, tool } = await started(script);
    let text = '';
    let isTaking = false;
    await drain(
      tool.stdout,
      async (chunk) => {
        expect(isTaking).toBe(false);
        isTaking = true;
        await new Promise((resolve) => setImmediate(resolve));
        text += chunk.toString();
        isTaking = false;
      },
      pipe,
    );
    await tool.exited;
    expect(text).toBe(all);
  });

  it('comes whole when nobody took it before the program had ended', async () => {
    const { pipe, tool } = await started('seq 100000 109999');
    await tool.exited;
    let text = '';
    const take = async (chunk: Buffer): Promise<void> => {
      text += chunk.toString();
    };
    await drain(tool.stdout, take, pipe);
    expect(text).toBe(all.slice(0, 70_000));
  });

  it('comes whole through a compressor that takes its time', async () => {
    const { pipe, tool } = await started(`${script}; sleep 0.05; ${script}`);
    const { to, taken } = slowWriter();
    const copies: Buffer[] = [];
    await feed(tool.stdout, to, (chunk) => void copies.push(Buffer.from(chunk)), pipe);
    expect(Buffer.concat(copies).toString()).toBe(all + all);
    expect(taken.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(2 * all.length);
  });

  it('breaks off with a program that is killed, and with who takes it', async () => {
    const { pipe, tool } = await started(`${script}; exec sleep 100`);
    let bytes = 0;
    const count = async ({ length }: Buffer): Promise<void> => {
      bytes += length;
    };
    const drained = drain(tool.stdout, count, pipe);
    await waitFor(() => bytes === all.length, { what: 'the lines' });
    tool.kill();
    await drained;
    await expect(tool.exited).rejects.toMatchObject({ code: 'BACKUP_TOOL_FAILED', exitCode: 'SIGTERM' });

    const other = await started(script);
    await expect(
      drain(other.tool.stdout, () => Promise.reject(new Error('disk full')), other.pipe),
    ).rejects.toThrow('disk full');
  });

  it('goes the usual way where the temporary folder has too long a name or is not there', async () => {
    vi.stubEnv('TMPDIR', join(await temporaryFolder(), 'x'.repeat(100)));
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await openOutputPipe()).toBeUndefined();
    await mkdir(process.env.TMPDIR ?? '');
    expect(await openOutputPipe()).toBeUndefined();
    expect(await readdir(process.env.TMPDIR ?? '')).toEqual([]);
  });
});
