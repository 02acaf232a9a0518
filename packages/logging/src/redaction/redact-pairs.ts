import { matchesAt } from './matches-at.js';
import { isNameUnit } from './name-unit.js';
import type { SecretNames } from './secret-names.js';

/** What ends a value, and what ends one behind a quote that belongs to it. */
const separator = /[\s&;"']/g;
const closing = /[\s&;"',)\]}<>]/g;

/** In a query an apostrophe is a character like others, but for one that ends what the URL stands in. */
const queryValue = /"[^"]*"?|'[^'\s&;"]*'?(?:[^\s&;"]*[^\s&;"'`,)\]}>])?|[^\s&;"]*[^\s&;"'`,)\]}>]/y;

/** What may hold encoded texts, to its last quote. */
const wholeQueryValue = /[^\s&;"]+/y;

/** Signs without which nothing is secret, escaped: `"`, `%`, `'`, `:`, `=` and `@`; and those that need no escape. */
const telling = /%(?:2[257]|3[ad]|40)|['$]/i;

/** Escaped ASCII each by itself and what else stands together, so that a mistake in one is none in the others. */
const encoded = /(?:%[89a-f][\da-f])+|%[0-7][\da-f]/gi;

/** What is nested deeper is not decoded. */
const deepest = 4;

/** Takes out what is secret in a text that was encoded in another. */
type RedactNested = (text: string, depth: number) => string;

/**
 * `text` with the values of secret names replaced in `name=value`, as a query string, a form body, a connection string or a cookie has
 * it. A value may hold anything, encoded.
 */
export function redactPairs(
  text: string,
  names: SecretNames,
  replacement: string,
  depth: number,
  redactNested: RedactNested | undefined,
): string {
  let result = '';
  let from = 0;
  let searched = 0;
  const lastEscape = text.lastIndexOf('%');
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', Math.max(at + 1, from))) {
    const start = nameStart(text, at);
    if (start === at) continue;
    const before = start === 0 ? 0 : text.charCodeAt(start - 1);
    const isQuery = before === 0x3f || before === 0x26 || before === 0x23; // ? & #
    const name = text.slice(start, at);
    const isHidden =
      (isQuery ? names.hasInQuery(name) : names.has(name)) ||
      (before === 0x5c && names.has(name.slice(1))) || // behind a line's end that JSON has escaped
      (start <= lastEscape && name.includes('%') && isSecretDecoded(name, isQuery, names));
    if (!isHidden && (at > lastEscape || at < searched || redactNested === undefined)) continue;
    // What was redacted before is replaced by itself.
    const least = text.startsWith(replacement, at + 1) ? replacement.length : 0;
    const found = isQuery
      ? endOfMatch(isHidden ? queryValue : wholeQueryValue, text, at + 1)
      : endOfValue(text, at + 1);
    const end = Math.max(found, at + 1 + least);
    if (end === at + 1) continue;
    let shown = replacement;
    if (!isHidden) {
      searched = end;
      const whole = text.slice(at + 1, end);
      if (redactNested === undefined || !isTelling(whole)) continue;
      // What is not encoded keeps its looks.
      const plain = whole.includes('=') ? redactPairs(whole, names, replacement, depth, undefined) : whole;
      shown = redactEncoded(plain, depth + 1, redactNested);
      if (shown === whole) continue;
    }
    result += text.slice(from, at + 1) + shown;
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}

function redactEncoded(text: string, depth: number, redactNested: RedactNested): string {
  if (depth > deepest || !isTelling(text)) return text;
  const plain = decode(text);
  const redacted = redactEncoded(redactNested(plain, depth), depth + 1, redactNested);
  // Half a surrogate pair has no encoding.
  return redacted === plain ? text : encodeURIComponent(redacted.replace(/[\ud800-\udfff]/gu, '\ufffd'));
}

function isTelling(text: string): boolean {
  return text.includes('%') && telling.test(text);
}

/** A value in quotes, also where more follows without a blank; else up to a separator. An apostrophe inside belongs to it. */
function endOfValue(text: string, start: number): number {
  const first = text[start];
  const isQuoted = first === "'" || first === '"';
  let end = isQuoted
    ? firstOf(closing, text, text.indexOf(first, start + 1) + 1 || text.length)
    : firstOf(separator, text, start);
  while (end > start && text[end] === "'" && firstOf(closing, text, end + 1) > end + 1) {
    end = firstOf(closing, text, end + 1);
  }
  return end;
}

function firstOf(stop: RegExp, text: string, start: number): number {
  stop.lastIndex = start;
  return stop.exec(text)?.index ?? text.length;
}

function endOfMatch(expression: RegExp, text: string, start: number): number {
  return matchesAt(expression, text, start) ? expression.lastIndex : start;
}

function nameStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && end - start < 128 && isQueryNameUnit(text.charCodeAt(start - 1))) start -= 1;
  return start;
}

/** `[` and `%` too, because names in queries carry them. */
function isQueryNameUnit(unit: number): boolean {
  return isNameUnit(unit) || unit === 0x5b || unit === 0x5d || unit === 0x25;
}

function isSecretDecoded(name: string, isQuery: boolean, names: SecretNames): boolean {
  const plain = decode(name);
  const last = plain.slice(plain.search(/[^?&#;]*$/));
  return last === plain && !isQuery ? names.has(plain) : names.hasInQuery(last);
}

function decode(text: string): string {
  return text.replace(encoded, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
