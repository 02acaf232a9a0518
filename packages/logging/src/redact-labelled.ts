import type { SecretNames } from './secret-names.js';

/** `name:` and `name =`, as headers, YAML, `util.inspect` and settings have them; `name=value` without blanks is a parameter. */
const label = /(?<![\w.-])([A-Za-z_][\w.-]{0,127})["'`]?(\s{0,4}(?::|=(?![=>]))\s{0,4})/g;

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
  for (const match of text.matchAll(label)) {
    const [whole, name = '', sign = ''] = match;
    if (match.index < from || !names.has(name)) continue;
    const start = match.index + whole.length;
    const end = endOfValue(text, start, name, sign);
    if (end === undefined) continue;
    const quote = /["'`]/.test(text[start] ?? '') ? text[start] : '';
    result += `${text.slice(from, start)}${quote}${replacement}${quote}`;
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}

function endOfValue(text: string, start: number, name: string, sign: string): number | undefined {
  const first = text[start] ?? '';
  if (first === '"' || first === "'" || first === '`') return endOfQuoted(text, start);
  const isHeader = name.includes('-') || headers.has(name.toLowerCase());
  if (sign.startsWith(':') && isHeader) return endOf(/[\r\n'"]/g, text, start);
  if (first === '{' || first === '[') return endOfBrackets(text, start);
  const end = endOf(/[\s,;)\]}'"]/g, text, start);
  if (sign.includes('=')) return sign.length > 1 && end > start ? end : undefined;
  // `password: must be longer` says nothing that is secret; a value has a digit or a sign in it.
  return /\s$/.test(sign) && /[\d_+/=.~$!#^&*-]/.test(text.slice(start, end).replace(/\.$/, ''))
    ? end
    : undefined;
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
