import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LoggingError } from '../logging-error.js';

/** One file of a spool. */
export interface Segment {
  /** Rises, and is its place in the order. */
  readonly number: number;
  readonly path: string;
  /** Random: with an offset it makes an id that no other record ever has, also when files were lost with the power. */
  readonly id: string;
  /** Bytes, header and a record that is being written included. */
  size: number;
  /** Whole records behind the place from which it is read. */
  records: number;
}

const header = /^seaworthy-spool (\d{1,9}) ([0-9a-f]{16})\n/;
const version = 1;
const fileName = /^(\d{12})\.spool$/;
const lineFeed = 0x0a;

/** Every header has this length, so that a record's offset says whether it is the first. */
export const headerLength = `seaworthy-spool ${version} ${'0'.repeat(16)}\n`.length;

/** Makes a segment and opens it. @throws the system's error, and then nothing is left of it. */
export function createSegment(
  folder: string,
  number: number,
): { readonly segment: Segment; readonly fd: number } {
  const path = join(folder, `${String(number).padStart(12, '0')}.spool`);
  const id = randomBytes(8).toString('hex');
  const fd = openSync(path, 'wx', 0o640);
  try {
    const text = `seaworthy-spool ${version} ${id}\n`;
    if (writeSync(fd, text) < text.length) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  } catch (error) {
    closeSync(fd);
    rmSync(path, { force: true });
    throw error;
  }
  return { segment: { number, path, id, size: headerLength, records: 0 }, fd };
}

/**
 * The segments that an earlier process left, oldest first. One whose header was never finished holds no record and is deleted.
 *
 * @param from - the place up to which everything has been delivered; what lies before it is deleted.
 * @throws LoggingError `LOG_SPOOL_FORMAT` for a segment that this version cannot read.
 */
export function leftSegments(
  folder: string,
  from: { readonly segment: number; readonly offset: number },
): Segment[] {
  const segments: Segment[] = [];
  for (const name of readdirSync(folder).sort()) {
    const number = Number(fileName.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) continue;
    const path = join(folder, name);
    const id = number < from.segment ? undefined : idOf(path);
    if (id === undefined) rmSync(path, { force: true });
    else {
      const start = number === from.segment ? from.offset : headerLength;
      segments.push({ number, path, id, size: statSync(path).size, records: recordsFrom(path, start) });
    }
  }
  return segments;
}

/** `undefined` when the file ends inside its header, or begins with zeros in its place: what a power failure leaves of a file. */
function idOf(path: string): string | undefined {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(64);
    const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
    const [, found, id] = header.exec(text) ?? [];
    if (Number(found) === version) return id;
    if (found === undefined && !text.includes('\n') && text.length < headerLength) return undefined;
    if (text.startsWith('\0')) return undefined;
    throw new LoggingError(
      `The spool segment ${path} has a format that this version does not know. Ship it with the version that wrote it, or move it away.`,
      { code: 'LOG_SPOOL_FORMAT' },
    );
  } finally {
    closeSync(fd);
  }
}

/** How many records end behind `start`; one that was torn off has no end. */
function recordsFrom(path: string, start: number): number {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(1_048_576);
    let count = 0;
    let position = start;
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, position);
      if (length === 0) return count;
      count += lineFeedsIn(buffer.subarray(0, length));
      position += length;
    }
  } finally {
    closeSync(fd);
  }
}

export function lineFeedsIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}
