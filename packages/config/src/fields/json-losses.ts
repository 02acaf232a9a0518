/** A text with, as a key, the colon behind it; a number; what opens or closes. */
const token = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d[\d.eE+-]*|[{}[\]]/g;

export const repeatedKey = 'holds a key twice in one object';

/** What `JSON.parse` has lost of a text that it could read: all but the last of equal keys, and digits of numbers. */
export function* jsonLosses(text: string): Generator<string> {
  const open: (Set<unknown> | undefined)[] = [];
  for (const [whole, string, colon] of text.matchAll(token)) {
    if (whole === '{') open.push(new Set());
    else if (whole === '[') open.push(undefined);
    else if (whole === '}' || whole === ']') open.pop();
    else if (string === undefined) {
      const fault = numberLoss(whole);
      if (fault !== undefined) yield `holds a number that is ${fault} to be held exactly`;
    } else if (colon !== undefined) {
      const keys = open.at(-1);
      const key: unknown = JSON.parse(string); // two spellings of one key are one
      if (keys?.has(key) === true) yield repeatedKey;
      keys?.add(key);
    }
  }
}

/** What `JSON.stringify` writes is never one: an exponent says that digits do not matter. */
function numberLoss(text: string): 'too large' | 'too small' | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return 'too large';
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !/e/i.test(text) && String(value) !== text) {
    return BigInt(text.replace(/\.\d+$/, '')) === BigInt(value) ? undefined : 'too large';
  }
  return value === 0 && /^[^e]*[1-9]/i.test(text) ? 'too small' : undefined;
}
