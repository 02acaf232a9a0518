import { bareSql } from './bare-sql.js';
import { remembered } from './remembered.js';

const reading = /^[\s(]*(?:select|with|values|table)\b/i;

/**
 * Data-changing parts of a `with`, locks, sequences, and results that go into a table, a file or a variable. After a dot
 * or a backtick they are names; `insert(` and `replace(` are functions.
 */
const writing =
  /(?<![\p{L}_"]\.|`)\b(?:update|delete|merge|into|(?:insert|replace)(?!\s*\()|for\s+(?:key\s+)?share|lock\s+in|next\s+value)\b/iu;

/** As `onlyReads`, for one reading of a text without comments and literals. */
export function bareOnlyReads(bare: string): boolean {
  return reading.test(bare) && !writing.test(bare);
}

/**
 * Whether a statement's text shows that it reads only. Functions that write cannot be seen from outside; values are never part
 * of the text, so they cannot deceive.
 */
export const onlyReads = remembered((text: string): boolean => bareSql(text).every(bareOnlyReads));
