import type { SecretNames } from './secret-names.js';

/**
 * The sign behind a label: `name: value` and `name = value`, as headers, YAML, `util.inspect` and settings have them. `name=value` without
 * blanks is a parameter. Signs are rare, names are not: a stack has two hundred words and one of these.
 */
const sign = /:(?=[\s"'`[{])|\s=(?![=>])/g;

/** What has to be in a text with a label that this file looks for. */
export const labelled = ':[\\s"\'`[{]|\\s=';

/** An expression for {@link labelled} in texts without quotes and `=`. */
export const labelTrigger = ':\\s';

/** Header fields are told by their hyphen, and take the rest of the line. */
const headers: ReadonlySet<string> = new Set(['cookie', 'authorization']);

/** `text` with what stands behind the label of a secret name replaced: a quoted text, brackets, a header's line, or one word. */
export function redactLabelled(text: string, names: SecretNames, replacement: string): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(sign)) {
    if (match.index < from) continue;
    const name = nameBefore(text, match.index);
    if (name === '' || !names.has(name)) continue;
    const start = skipBlanks(text, match.index + match[0].length);
    const end = endOfValue(text, start, name, match[0] === ':');
    if (end === undefined) continue;
    const quote = /["'`]/.test(text[start] ?? '') ? text[start] : '';
    result += `${text.slice(from, start)}${quote}${replacement}${quote}`;
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}

/** What stands before the sign at `at`, without a quote and a few blanks behind it. */
function nameBefore(text: string, at: number): string {
  let end = at;
  while (at - end < 4 && /\s/.test(text[end - 1] ?? '')) end -= 1;
  if (/["'`]/.test(text[end - 1] ?? '')) end -= 1;
  let start = end;
  while (end - start < 128 && /[\w.-]/.test(text[start - 1] ?? '')) start -= 1;
  return text.slice(start, end);
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (next - at < 4 && /\s/.test(text[next] ?? '')) next += 1;
  return next;
}

function endOfValue(text: string, start: number, name: string, isColon: boolean): number | undefined {
  const first = text[start] ?? '';
  if (first === '"' || first === "'" || first === '`') return endOfQuoted(text, start);
  if (isColon && (name.includes('-') || headers.has(name.toLowerCase())))
    return endOf(/[\r\n'"]/g, text, start);
  if (first === '{' || first === '[') return endOfBrackets(text, start);
  const end = endOf(/[\s,;)\]}'"]/g, text, start);
  if (!isColon) return end > start ? end : undefined;
  // `password: must be longer` says nothing that is secret; a value has a digit or a sign in it.
  return /[\d_+/=.~$!#^&*-]/.test(text.slice(start, end).replace(/\.$/, '')) ? end : undefined;
}

function endOf(stop: RegExp, text: string, start: number): number {
  stop.lastIndex = start;
  return stop.exec(text)?.index ?? text.length;
}

/** Behind the quote that closes the one at `start`, or the end of a text that was cut off. */
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
    if (/["'`]/.test(unit)) at = endOfQuoted(text, at) - 1;
    else if (unit === '{' || unit === '[') depth += 1;
    else if (unit === '}' || unit === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
