import { matchesAt } from './matches-at.js';
import { replaceBehind, type ValueBehind } from './replace-behind.js';
import { isParameterList, type SecretNames } from './secret-names.js';

/**
 * A member's name in JSON, also in JSON that stands inside a string: each level of encoding doubles the backslashes, so nobody gets beyond
 * four. A form writes its blanks as `+`.
 */
const member = /(\\{0,15}")([\w.[\] $-]{1,128})\1[\s+]*:[\s+]*(?=[\\"[{\d.-])/g;

/** `["cookie",` in a list of its like, as headers stand in JSON. */
const entry =
  /(?<=[[,][\s+]{0,4})\[[\s+]{0,4}(\\{0,15}")([\w.-]{1,128})\1[\s+]{0,4},[\s+]{0,4}(?=\\{0,15}")/g;

const opening = /\\{0,15}"/y;
const number = /-?[\d.][\w.+-]*/y;

/** `text` with the values of secret members, and of secret names in lists of pairs, replaced, at whichever level of encoding they stand. */
export function redactJson(text: string, names: SecretNames, replacement: string): string {
  let result = text;
  if (/"[\s+]*:/.test(result)) {
    const isHidden = (name: string, first: string | undefined): boolean =>
      names.has(name) || (first === '[' && isParameterList(name));
    result = redactMembers(member, result, isHidden, replacement);
  }
  if (result.includes(',') && /\[[\s+]{0,4}\\{0,15}"/.test(result)) {
    result = redactMembers(entry, result, (name) => names.has(name), replacement);
  }
  return result;
}

function redactMembers(
  label: RegExp,
  text: string,
  isHidden: (name: string, first: string | undefined) => boolean,
  replacement: string,
): string {
  const valueBehind = (
    [, quote = '"', name = '']: RegExpExecArray,
    start: number,
  ): ValueBehind | undefined =>
    isHidden(name, text[start]) ? { end: endOfValue(text, start, quote.length - 1), quote } : undefined;
  return replaceBehind(label, text, valueBehind, replacement);
}

function endOfValue(text: string, start: number, escapes: number): number {
  const first = text[start];
  if (first === '{' || first === '[') return endOfStructure(text, start, escapes);
  if (matchesAt(opening, text, start))
    return endOfString(text, opening.lastIndex, opening.lastIndex - start - 1);
  return matchesAt(number, text, start) ? number.lastIndex : start;
}

/**
 * Behind the quote that ends the string which begins at `start`; before one that ends a string around it, when this one was cut off.
 * `escapes` stand before its quotes; a backslash that belongs to the string doubles with each level of encoding, so longer runs end it too.
 */
function endOfString(text: string, start: number, escapes: number): number {
  for (let at = text.indexOf('"', start); at !== -1; at = text.indexOf('"', at + 1)) {
    const rest = backslashesBefore(text, at, start) % (2 * (escapes + 1));
    if (rest === escapes) return at + 1;
    if (rest !== 2 * escapes + 1) return at - rest;
  }
  return text.length;
}

/** Behind the bracket that closes the one at `start`, or the end of a text that was cut off. */
function endOfStructure(text: string, start: number, escapes: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const unit = text[at];
    if (unit === '"') {
      const rest = backslashesBefore(text, at, start) % (2 * (escapes + 1));
      if (rest < escapes) return at - rest;
      at = endOfString(text, at + 1, escapes) - 1;
    } else if (unit === '{' || unit === '[') depth += 1;
    else if (unit === '}' || unit === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function backslashesBefore(text: string, at: number, start: number): number {
  let first = at;
  while (first > start && text[first - 1] === '\\') first -= 1;
  return at - first;
}
