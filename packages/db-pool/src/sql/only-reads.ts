const leading = /^(?:\s+|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;
const reading = /^\(*\s*(?:select|with|values|table)\b/i;

/** Data-changing parts of a `with`, locks, and results that go into a table, a file or a variable. */
const writing =
  /\b(?:insert\s+into|update\s+(?:only\s+)?[\w"`.]+\s+(?:as\s+)?[\w"`]*\s*set|delete\s+from|merge\s+into|replace\s+into|into\s+(?:outfile|dumpfile|temp|table|@)|for\s+(?:no\s+key\s+)?update|for\s+(?:key\s+)?share|lock\s+in\s+share\s+mode)\b/i;

/**
 * Whether a statement's text shows that it reads only. Functions that write cannot be seen from outside; values are never part
 * of the text, so they cannot deceive.
 */
export function onlyReads(text: string): boolean {
  const body = text.slice(leading.exec(text)?.[0].length ?? 0);
  return reading.test(body) && !writing.test(body);
}
