import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SpooledRecord } from './shipping-target.js';

/** Where records go that the receiver will never take. */
export interface DeadLetters {
  /** @returns whether the record is in the file; not when the file has reached its bound or the disk refuses. */
  add(record: SpooledRecord, reason: string): boolean;
}

/** Reasons may quote a document; the line itself stands beside them. */
const maxReasonLength = 500;

/** Appends to `dead-letters.ndjson` in the spool's folder: `{ id, time, reason, line }`, one a line. */
export function deadLetters(folder: string, maxBytes: number): DeadLetters {
  const path = join(resolve(folder), 'dead-letters.ndjson');
  return {
    add({ id, timeMs, line }, reason) {
      const time = new Date(timeMs).toISOString();
      const text = Buffer.from(
        `${JSON.stringify({ id, time, reason: reason.slice(0, maxReasonLength), line })}\n`,
      );
      let fd: number | undefined;
      try {
        fd = openSync(path, 'a', 0o640);
        const { size } = fstatSync(fd);
        if (size + text.length > maxBytes) return false;
        if (writeSync(fd, text) === text.length) return true;
        ftruncateSync(fd, size); // half a line would spoil the next one
        return false;
      } catch {
        return false;
      } finally {
        if (fd !== undefined) closeSync(fd);
      }
    },
  };
}
