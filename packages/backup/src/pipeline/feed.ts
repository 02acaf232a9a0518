import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { systemClock } from '@seaworthy/contracts';
import type { OutputPipe } from '../tools/output-pipe.js';

/** A read that brings less has emptied the pipe: programs write 4 to 10 kB at once. */
const emptiedBytes = 32 * 1024;

/** A pipe holds 200 kB, which no dumper fills in that time while others work as well. */
const restMs = 1;

/**
 * Copies a dump into its compressor, at the compressor's pace, and shows each chunk to `see`.
 *
 * Whoever reads as soon as there is something wakes up for every 4 KiB that a dumper writes, and waking up costs more than the
 * bytes. So an emptied pipe is left alone until something has gathered in it. Rejects when either end breaks.
 *
 * @param pipe - What `from` comes through, where a program writes to it by itself.
 */
export async function feed(
  from: Readable,
  to: Writable,
  see: (chunk: Buffer) => void,
  pipe?: OutputPipe,
): Promise<void> {
  const flow = (): void => void from.resume();
  /** `from` is paused, and the chunk may be reused once it flows. */
  function copy(chunk: Buffer): void {
    see(chunk);
    const isEmptied = chunk.length < emptiedBytes;
    to.write(chunk, (error) => {
      if (error !== null && error !== undefined) return; // told below
      if (isEmptied) systemClock.schedule(flow, restMs, { keepAlive: true });
      else flow();
    });
  }
  if (pipe?.reader === from) pipe.onChunk(copy);
  else {
    from.on('data', (chunk: Buffer) => {
      from.pause();
      copy(chunk);
    });
  }
  from.once('end', () => to.end());
  try {
    await Promise.all([finished(from, { writable: false }), finished(to, { readable: false })]);
  } catch (error) {
    from.destroy();
    to.destroy();
    throw error;
  }
}

/** Gives what comes out of `from` to `take`, one chunk after the other. Rejects when it breaks, or with what `take` rejects with. */
export async function drain(
  from: Readable,
  take: (chunk: Buffer) => Promise<void>,
  pipe?: OutputPipe,
): Promise<void> {
  if (pipe?.reader !== from) {
    for await (const chunk of from) await take(chunk);
    return;
  }
  const failed = new Promise<never>((_resolve, reject) => {
    pipe.onChunk((chunk) => void take(chunk).then(() => from.resume(), reject));
  });
  await Promise.race([finished(from, { writable: false }), failed]);
}
