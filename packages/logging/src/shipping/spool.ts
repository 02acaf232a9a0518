import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCode, lockForProcess } from '@seaworthy/contracts';
import { LoggingError } from '../logging-error.js';
import { type ReadLimits, readRecords } from './read-records.js';
import type { SpooledRecord } from './shipping-target.js';
import { readPosition, savePosition } from './spool-position.js';
import { createSegment, headerLength, leftSegments, lineFeedsIn, type Segment } from './spool-segment.js';

export interface SpoolOptions {
  readonly folder: string;
  /** All segments together, in bytes. */
  readonly maxBytes: number;
  readonly onFull: 'drop-oldest' | 'drop-newest';
}

/** Records that were read together, all from one segment. */
export interface Batch {
  readonly records: readonly SpooledRecord[];
  readonly segment: Segment;
  readonly end: number;
}

/** Records on a disk, in order, between one writer and one reader in the same process. */
export interface Spool {
  /** Writes framed records from `offset` on, as a line queue asks for. @throws `SPOOL_FULL` or the system's error */
  write(chunk: Uint8Array, offset: number): number;
  /** The next records, or `undefined` when there are none. The ones before must be done. */
  next(limits: ReadLimits): Batch | undefined;
  /** All of a batch is where it should be: it is not read again, also not by the next process. */
  done(batch: Batch): void;
  /** Whether the place from which a batch was read has been given up to make room. */
  isGone(batch: Batch): boolean;
  /** Hands over the number of lines that were dropped and not told of yet; they count as told. */
  takeUntold(): number;
  readonly bytes: number;
  /** Records that wait and are in no batch. */
  readonly waiting: number;
  /** Records that were dropped to make room. */
  readonly dropped: number;
  /** Records whose checksum was wrong, or whose file is gone. */
  readonly damaged: number;
  close(): void;
}

/** A spool has at least this many segments when it is full, so that the oldest is a small part of it. */
const segmentsInSpool = 16;

/**
 * Opens a spool, with what an earlier process left in it.
 *
 * @throws LoggingError `LOG_SPOOL_OPEN`, `LOG_SPOOL_LOCKED` or `LOG_SPOOL_FORMAT`.
 */
export function openSpool({ folder: given, maxBytes, onFull }: SpoolOptions): Spool {
  const folder = resolve(given);
  const unlock = lockFolder(folder);
  const segmentBytes = Math.floor(maxBytes / segmentsInSpool);
  const start = readPosition(folder, headerLength);
  let segments: Segment[];
  try {
    segments = leftSegments(folder, start);
  } catch (error) {
    unlock();
    throw error;
  }
  // Not appended to: what a power failure took from its end may have been sent under the ids that would come next.
  let lastNumber = Math.max(start.segment, ...segments.map(({ number }) => number));
  let active: { readonly segment: Segment; readonly fd: number } | undefined;
  let reading: { readonly segment: Segment; readonly fd: number } | undefined;
  let offset = segments[0]?.number === start.segment ? start.offset : headerLength;
  let bytes = segments.reduce((sum, { size }) => sum + size, 0);
  let untold = start.untold;
  let dropped = 0;
  let damaged = 0;

  function save(segment: Segment | undefined, at: number): void {
    savePosition(folder, { segment: segment?.number ?? lastNumber + 1, offset: at, untold });
  }

  function removeFirst(): void {
    const [first] = segments;
    if (first === undefined) return;
    if (reading?.segment === first) {
      closeSync(reading.fd);
      reading = undefined;
    }
    segments = segments.slice(1);
    bytes -= first.size;
    offset = headerLength;
    rmSync(first.path, { force: true });
  }

  function endActive(): void {
    if (active !== undefined) closeSync(active.fd);
    active = undefined;
  }

  function makeRoom(length: number): void {
    while (bytes + length + headerLength > maxBytes && segments.length > 0) {
      if (onFull === 'drop-newest')
        throw Object.assign(new Error('The spool is full.'), { code: 'SPOOL_FULL' });
      const first = segments[0];
      if (first === active?.segment) endActive();
      dropped += first?.records ?? 0;
      untold += first?.records ?? 0;
      removeFirst();
      save(segments[0], headerLength);
    }
  }

  function write(chunk: Uint8Array, from: number): number {
    const length = chunk.length - from;
    if (from === 0) {
      makeRoom(length);
      if (active !== undefined && active.segment.size + length > segmentBytes) endActive();
    }
    if (active === undefined) {
      active = createSegment(folder, lastNumber + 1);
      lastNumber += 1;
      segments.push(active.segment);
      bytes += headerLength;
    }
    const taken = writeSync(active.fd, chunk, from, length);
    active.segment.size += taken;
    active.segment.records += lineFeedsIn(chunk.subarray(from, from + taken));
    bytes += taken;
    return taken;
  }

  function next(limits: ReadLimits): Batch | undefined {
    for (;;) {
      const [first] = segments;
      if (first === undefined) return undefined;
      if (reading?.segment !== first) {
        const fd = openedForReading(first.path);
        if (fd === undefined) {
          damaged += first.records;
          untold += first.records;
          if (first === active?.segment) endActive();
          removeFirst();
          continue;
        }
        reading = { segment: first, fd };
      }
      const read = readRecords(reading.fd, first, offset, limits);
      first.records -= read.records.length + read.damaged;
      damaged += read.damaged;
      untold += read.damaged;
      offset = read.end;
      if (read.records.length > 0) return { records: read.records, segment: first, end: read.end };
      if (read.damaged > 0) continue;
      if (first === active?.segment) return undefined;
      removeFirst();
    }
  }

  return {
    write,
    next,
    done: ({ segment, end }) => {
      if (segments.includes(segment)) save(segment, end);
    },
    isGone: ({ segment }) => !segments.includes(segment),
    takeUntold() {
      const count = untold;
      untold = 0;
      return count;
    },
    get bytes() {
      return bytes;
    },
    get waiting() {
      return segments.reduce((sum, { records }) => sum + records, 0);
    },
    get dropped() {
      return dropped;
    },
    get damaged() {
      return damaged;
    },
    close() {
      endActive();
      if (reading !== undefined) closeSync(reading.fd);
      reading = undefined;
      unlock();
    },
  };
}

/** `undefined` when somebody has deleted it. */
function openedForReading(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function lockFolder(folder: string): () => void {
  let lock: ReturnType<typeof lockForProcess>;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    lock = lockForProcess(join(folder, 'spool.lock'), { ofOtherHost: 'stale' });
  } catch (cause) {
    throw new LoggingError(
      `The spool folder ${folder} cannot be used (${errorCode(cause) ?? 'unknown'}). Make it writable for this user, or free the disk.`,
      { code: 'LOG_SPOOL_OPEN', cause },
    );
  }
  if ('unlock' in lock) return lock.unlock;
  throw new LoggingError(
    `Another process or logger uses the spool folder ${folder}. Give each its own, for example with the worker's number in its name.`,
    { code: 'LOG_SPOOL_LOCKED' },
  );
}
