import { readSync } from 'node:fs';
import type { SpooledRecord } from './shipping-target.js';
import { unframed } from './spool-record.js';
import type { Segment } from './spool-segment.js';

export interface ReadLimits {
  readonly maxRecords: number;
  /** Of a batch, unless a single record is longer. */
  readonly maxBytes: number;
}

export interface ReadRecords {
  readonly records: readonly SpooledRecord[];
  /** Records whose checksum is wrong. */
  readonly damaged: number;
  /** The offset behind the last one read. */
  readonly end: number;
}

const lineFeed = 0x0a;

/** Whole records of a segment from `start` on, as many as the limits allow. */
export function readRecords(fd: number, segment: Segment, start: number, limits: ReadLimits): ReadRecords {
  const bytes = wholeRecords(fd, segment, start, limits.maxBytes);
  const records: SpooledRecord[] = [];
  let damaged = 0;
  let at = 0;
  while (at < bytes.length && records.length < limits.maxRecords) {
    const end = bytes.indexOf(lineFeed, at);
    const content = unframed(bytes.toString('utf8', at, end));
    if (content === undefined) damaged += 1;
    else records.push({ id: `${segment.id}-${start + at}`, ...content });
    at = end + 1;
  }
  return { records, damaged, end: start + at };
}

/** What ends in a line feed; nothing when a record is torn off or still being written. */
function wholeRecords(fd: number, segment: Segment, start: number, maxBytes: number): Buffer {
  for (let length = maxBytes; ; length *= 2) {
    const wanted = Math.min(length, segment.size - start);
    const buffer = Buffer.allocUnsafe(Math.max(wanted, 0));
    const bytes = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
    const end = bytes.lastIndexOf(lineFeed) + 1;
    if (end > 0 || wanted < length) return bytes.subarray(0, end);
  }
}
