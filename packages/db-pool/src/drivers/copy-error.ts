import { DbError } from '../db-error.js';
import { withoutComments } from '../sql/without-comments.js';

const standIns = { literal: "''", name: '"_"' } as const;
const clientCopy = /(?:^|;)\s*copy\b[^;]*\b(?:from\s+stdin|to\s+stdout)\b/i;

/** Whether it is `copy … from stdin` or `to stdout`, which speak another protocol than statements. */
export function isClientCopy(text: string): boolean {
  return /\bstd(?:in|out)\b/i.test(text) && clientCopy.test(withoutComments(text, 'postgres', standIns));
}

export function copyError(): DbError {
  return new DbError(
    'invalid_value',
    'COPY from stdin and to stdout is no statement with rows. Read with stream(), write with sql.rows(), or use a client of pg itself.',
  );
}
