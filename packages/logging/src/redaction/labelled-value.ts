import { isProse, isVerb } from './prose-words.js';

/** What may stand behind a value that ended. */
const afterValue = /\s{0,64}(?:$|[\r\n,;)}\]])/y;

/** The name of a class before an object, as `util.inspect` writes it: `Map(1) {`, `Login [`. */
const className = /(?:\[?[A-Z][\w$]{0,63}(?:\(\d{1,9}\))?:?\s)(?=["'`[{])/y;

/** A tag or an anchor of YAML, and what it belongs to: `!!str x`, `&a x`. */
const tagged = /[!&][\w!.-]{0,64}[ \t]{1,4}(?=[^\s])/y;

/** What stands between two parts of a text that `util.inspect` has broken at its line ends. */
const nextPart = /\s{0,8}\+\s{1,64}(?=["'`])/y;

/** One word; signs that end a sentence or a list are part of it as long as it goes on behind them. */
const oneWord = /(?:[^\s,;)\]}'"]|[,;)\]}'"](?![\s,;)\]}'":]|$))*/y;

const following = /\s{1,4}([A-Za-z]{1,32})(?![A-Za-z])/y;

/** Behind the quoted text, the brackets or the word that begins at `start`. */
export function endOfValue(text: string, from: number): number {
  const start = ending(className, text, from) ?? ending(tagged, text, from) ?? from;
  const first = text[start] ?? '';
  if (isQuote(first)) return endOfText(text, start);
  if (first === '{' || first === '[') return endOfBrackets(text, start);
  if (first === '<') return text.indexOf('>', start) + 1 || text.length;
  let end = ending(oneWord, text, start) ?? start;
  // The backslash before a quote that ends a text in JSON.
  while (end > start && isQuote(text[end]) && text[end - 1] === '\\') end -= 1;
  return end;
}

/** Behind the value at `start` when nothing but it is there, up to the end of a line or a list. */
export function endOfWhole(text: string, start: number): number | undefined {
  const first = text[start] ?? '';
  if (!isQuote(first) && first !== '{' && first !== '[') return undefined;
  const end = endOfValue(text, start);
  return ending(afterValue, text, end) === undefined ? undefined : end;
}

/** Names of which people choose the value. */
const chosen = /pass|pwd|pin|secret|otp/i;

/** Names whose values are never one word without a sign. */
const neverAWord = /^(?:auth|bearer|jwt|dsn|sid|connect\.sid)$/i;

/** Whether the word from `start` to `end` says something about what `name` means, instead of being it. */
export function saysSomething(text: string, start: number, end: number, name: string): boolean {
  if (end - start > 48) return false;
  const word = text
    .slice(start, end)
    .replace(/^[(<[]/, '')
    .replace(/[.!?:…)>\]]{1,3}$/, '');
  if (word === '') return true;
  if (!/^\p{L}+(?:['’]\p{L}+)?$/u.test(word)) return false;
  if (isProse(word) || neverAWord.test(name)) return true;
  following.lastIndex = end;
  const next = chosen.test(name) ? undefined : following.exec(text)?.[1];
  return next !== undefined && isVerb(next);
}

export function isQuote(unit: string | undefined): boolean {
  return unit === '"' || unit === "'" || unit === '`';
}

function ending(expression: RegExp, text: string, start: number): number | undefined {
  expression.lastIndex = start;
  return expression.test(text) ? expression.lastIndex : undefined;
}

/** Behind the quote that closes the one at `start`, with the parts that follow behind `+`; or the end of a text that was cut off. */
function endOfText(text: string, start: number): number {
  let end = endOfQuoted(text, start);
  for (let next = ending(nextPart, text, end); next !== undefined; next = ending(nextPart, text, end)) {
    end = endOfQuoted(text, next);
  }
  return end;
}

function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === text[start]) return at + 1;
  }
  return text.length;
}

function endOfBrackets(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const unit = text[at] ?? '';
    if (isQuote(unit)) at = endOfQuoted(text, at) - 1;
    else if (unit === '{' || unit === '[') depth += 1;
    else if (unit === '}' || unit === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
