import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { systemClock } from '@seaworthy/contracts';

/** A read that brings less has emptied the pipe: Node reads 64 KiB at once, and a program writes 4 to 10. */
const emptiedBytes = 32 * 1024;

/** The pipe of a child holds 200 kB, which no dumper fills in that time while others work as well. */
const restMs = 1;

/**
 * Copies a dump into its compressor, at the compressor's pace, and shows each chunk to `see`.
 *
 * Whoever reads as soon as there is something wakes up for every 4 KiB that a dumper writes, and waking up costs more than the
 * bytes. So an emptied pipe is left alone until something has gathered in it. Rejects when either end breaks.
 */
export async function feed(from: Readable, to: Writable, see: (chunk: Buffer) => void): Promise<void> {
  const flow = (): void => void from.resume();
  from.on('data', (chunk: Buffer) => {
    see(chunk);
    if (!to.write(chunk)) to.once('drain', flow);
    else if (chunk.length < emptiedBytes) systemClock.schedule(flow, restMs, { keepAlive: true });
    else return;
    from.pause();
  });
  from.once('end', () => to.end());
  try {
    await Promise.all([finished(from, { writable: false }), finished(to, { readable: false })]);
  } catch (error) {
    from.destroy();
    to.destroy();
    throw error;
  }
}
