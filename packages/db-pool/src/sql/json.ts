import { randomUUID } from 'node:crypto';
import { DbError } from '../db-error.js';

/** Stands before what is a bigint while the text passes through JSON; fresh in every process, so that no data can look so. */
const mark = `bigint ${randomUUID()} `;

const marked = new RegExp(`"${mark}(-?\\d+)"`, 'g');

/** A number that a double may not hold: 16 digits and more. */
const long = /[\d.]{16}/;

const tokens = /"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const longInteger = /^-?\d{16,}$/;

/**
 * JSON text; a bigint is written as the whole number that it is. Inside lists and objects, what JSON has no word for is left out or
 * `null`, as `JSON.stringify` has it.
 *
 * @throws DbError `invalid_value` for what JSON has no word for, what it writes as `{}` however much is in it (a Map, a Set, a Promise
 * that nobody awaited), and an object that holds itself.
 */
export function encodeJson(value: unknown): string {
  const text = isWritable(value) ? stringify(value) : undefined;
  if (text !== undefined) return text;
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  throw new DbError(
    'invalid_value',
    `A value of the statement is of the kind ${kind}, which cannot be one. Pass a plain object, a Buffer, or what is inside; await a Promise.`,
  );
}

const writableKinds = new Set(
  ['Object', 'Array', 'String', 'Number', 'Boolean', 'BigInt', 'Null'].map((kind) => `[object ${kind}]`),
);

function isWritable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return (
    writableKinds.has(Object.prototype.toString.call(value)) ||
    typeof Reflect.get(value, 'toJSON') === 'function'
  );
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return encodeWithBigints(value);
  }
}

/** Apart, because a replacer makes JSON.stringify several times slower. */
function encodeWithBigints(value: unknown): string {
  try {
    const text = JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'bigint' ? mark + String(part) : part,
    );
    return text.replace(marked, '$1');
  } catch {
    throw new DbError(
      'invalid_value',
      'A value cannot be written as JSON: it holds itself, or its toJSON() throws.',
    );
  }
}

/**
 * The value of a JSON text. A whole number that a number would round is a bigint; fractions are doubles, as everywhere in
 * JavaScript.
 *
 * @throws DbError `data` for what is no JSON: MariaDB takes `1.` for it, and whatever else it may, an answer is no reason to end a process.
 */
export function decodeJson(text: string): unknown {
  try {
    return parse(text);
  } catch {
    // The parser's own words repeat the value.
    throw new DbError(
      'data',
      'A JSON value in the answer cannot be read as JSON. Read it as text (cast it to char or text), and correct it.',
    );
  }
}

function parse(text: string): unknown {
  if (!long.test(text)) return JSON.parse(text);
  const guarded = guardIntegers(text);
  if (guarded === text) return JSON.parse(text);
  return JSON.parse(guarded, (_key, part: unknown) =>
    typeof part === 'string' && part.startsWith(mark) ? BigInt(part.slice(mark.length)) : part,
  );
}

/** Marks the whole numbers that a double does not hold. Texts are passed over: a pattern for them would need a stack as long as they are. */
function guardIntegers(text: string): string {
  let guarded = '';
  let kept = 0;
  tokens.lastIndex = 0;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token] = found;
    if (token === '"') tokens.lastIndex = endOfText(text, found.index);
    else if (longInteger.test(token) && !isExact(token)) {
      guarded += `${text.slice(kept, found.index)}"${mark}${token}"`;
      kept = tokens.lastIndex;
    }
  }
  return kept === 0 ? text : guarded + text.slice(kept);
}

const quoteOrEscape = /["\\]/g;

/** Behind the quote that ends the text which begins at `at`. */
function endOfText(text: string, at: number): number {
  quoteOrEscape.lastIndex = at + 1;
  for (let found = quoteOrEscape.exec(text); found !== null; found = quoteOrEscape.exec(text)) {
    if (found[0] === '"') return quoteOrEscape.lastIndex;
    quoteOrEscape.lastIndex += 1;
  }
  return text.length;
}

/** Whether the number that JavaScript reads is the one that it would write: `1e23` comes back from the server with 24 digits. */
function isExact(digits: string): boolean {
  const number = Number(digits);
  if (Number.isSafeInteger(number)) return true;
  const [mantissa = '', exponent = '0'] = String(Math.abs(number)).split('e+');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const written = whole + fraction.padEnd(Number(exponent), '0');
  return written === digits.replace('-', '');
}
