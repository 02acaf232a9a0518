/**
 * How many backslashes are one in the text: none escapes in standard SQL, one does in MySQL, and each level of JSON around a statement
 * doubles them. Which one holds cannot be told from a text.
 */
const readings = [0, 1, 2, 4, 8, 16];

/** A text in `'` or `"`, with its prefix (`E'…'`, `_utf8mb4'…'`) or between dollars, a call, brackets or a CASE. */
export const sqlOperand =
  /(case\b)|(?:[enxbu]&?|_\w{1,32}|[\w.]{1,64}[\s+]{1,8})?(\\{0,15}')|(?:[\w.]{1,64}[\s+]{0,8})?(\()|(\\{0,15}")|(\$(?:[a-z_]\w{0,62})?\$)/iy;

/** The type, and what joins an operand to the next. */
const joint = /(?:\s{0,8}::[\w.]{1,64}(?:\([\d, ]{1,16}\))?)*\s{0,8}(\|\||\+)?\s{0,8}/y;

const adjacent = /\\{0,15}'/y;

/** What matters between brackets. */
const tokens = /\\{0,15}["'`]|[()]|\$(?:[a-z_]\w{0,62})?\$|\b(?:case|end)\b/gi;

/** Where a value ends that cannot be read in one way only. */
export interface SqlValue {
  /** Whether a text or a number stands in it, not only names and places. */
  readonly isLiteral: boolean;
  /** Its first text's quote, as it stands there. */
  readonly quote: string;
  /** The nearest end: what is behind it may be a statement. */
  readonly nearest: number;
  /** The farthest end: what is before it may be the value. */
  readonly farthest: number;
}

/** The value that begins at `start`, or `undefined` when none does. */
export function sqlValueAt(text: string, start: number): SqlValue | undefined {
  sqlOperand.lastIndex = start;
  const match = sqlOperand.exec(text);
  if (match === null) return undefined;
  let farthest = endOfValue(text, start, 0);
  let nearest = farthest;
  if (text.slice(start, farthest).includes('\\')) {
    for (const reading of readings) {
      const end = endOfValue(text, start, reading);
      nearest = Math.min(nearest, end);
      farthest = Math.max(farthest, end);
    }
  }
  const quote = match[4] ?? match[2] ?? "'";
  const isLiteral = /['"]|(?<![\w$:@.])\d|\$\w*\$/.test(text.slice(start, farthest));
  return { isLiteral, quote, nearest, farthest };
}

/** The farthest end of the brackets that open at `start`, in any reading. */
export function endOfBrackets(text: string, start: number): number {
  const plain = endOfGroup(text, start, 0);
  if (!text.slice(start, plain).includes('\\')) return plain;
  return Math.max(...readings.map((reading) => endOfGroup(text, start, reading)));
}

/** Behind all operands of the expression at `start`; `start` when there is none. */
function endOfValue(text: string, start: number, reading: number): number {
  let end = start;
  let next = start;
  let isJoined = true;
  for (;;) {
    const expected = isJoined ? sqlOperand : adjacent;
    expected.lastIndex = next;
    const match = expected.exec(text);
    if (match === null) return end;
    end = endOfOperand(text, next, expected.lastIndex, match, reading);
    joint.lastIndex = end;
    isJoined = joint.exec(text)?.[1] !== undefined;
    next = joint.lastIndex;
  }
}

function endOfOperand(
  text: string,
  start: number,
  behind: number,
  [whole, isCase, , bracket, , dollars]: RegExpExecArray,
  reading: number,
): number {
  if (isCase !== undefined) return endOfGroup(text, start, reading);
  if (bracket !== undefined) return endOfGroup(text, behind - 1, reading);
  if (dollars !== undefined) return behindNext(text, dollars, behind);
  return endOfText(text, behind, /\\*["']$/.exec(whole)?.[0] ?? "'", reading);
}

/** Behind the bracket or END that closes what opens at `start`, or the end of a text that was cut off. */
function endOfGroup(text: string, start: number, reading: number): number {
  let brackets = 0;
  let cases = 0;
  tokens.lastIndex = start;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const [token] = match;
    const at = tokens.lastIndex;
    if (token === '(') brackets += 1;
    else if (token === ')') brackets -= 1;
    else if (/^c/i.test(token)) cases += 1;
    else if (/^e/i.test(token)) cases = Math.max(0, cases - 1);
    else if (token.startsWith('$')) tokens.lastIndex = behindNext(text, token, at);
    else tokens.lastIndex = endOfText(text, at, token, reading);
    if (brackets <= 0 && cases === 0) return tokens.lastIndex;
  }
  return text.length;
}

/** Behind the quote that closes a text, which begins at `start`, behind `opening`; a doubled quote belongs to the text. */
function endOfText(text: string, start: number, opening: string, reading: number): number {
  const quote = opening.slice(-1);
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at)) {
    let run = at;
    while (run > start && text[run - 1] === '\\') run -= 1;
    const backslashes = at - run;
    if (quote === '"' && opening.length > 1) {
      // JSON escapes this one: it ends at its like, and is doubled by its like.
      const isLike = backslashes === opening.length - 1;
      const isDoubled = isLike && text.startsWith(opening, at + 1);
      if (isLike && !isDoubled) return at + 1;
      at += isDoubled ? opening.length + 1 : 1;
    } else if (reading > 0 && Math.floor(backslashes / reading) % 2 === 1) at += 1;
    else if (text[at + 1] === quote) at += 2;
    else return at + 1;
  }
  return text.length;
}

function behindNext(text: string, searched: string, from: number): number {
  const at = text.indexOf(searched, from);
  return at === -1 ? text.length : at + searched.length;
}
