import { deserialize, serialize } from 'node:v8';
import type { SqlResult } from '@seaworthy/contracts';

/** Copied: v8 hands out a buffer that may be twice as long as what it holds. */
export function bytesOf(rows: readonly object[]): Buffer {
  const written = serialize(rows);
  const bytes = Buffer.allocUnsafeSlow(written.byteLength);
  written.copy(bytes);
  return bytes;
}

/** Copied: v8 reads binary columns as views of what it is given, and a caller may write into them. */
export function answerOf(bytes: Buffer): SqlResult<never> {
  // Rows of this very process come back as they went in; that they are a `Row` is the caller's claim.
  const rows = deserialize(Buffer.from(bytes)) as never[];
  return { rows, rowCount: rows.length };
}
