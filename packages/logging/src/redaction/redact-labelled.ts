import { endOfValue, endOfWhole, isQuote, saysSomething } from './labelled-value.js';
import { matchesAt } from './matches-at.js';
import { isNameUnit } from './name-unit.js';
import { redactElements } from './redact-elements.js';
import { redactFlags, redactSettings } from './redact-settings.js';
import type { SecretNames } from './secret-names.js';
import { type Span, yamlBlock } from './yaml-block.js';

/**
 * The sign behind a label: `name: value`, `name:value`, `name = value` and `'name' => value`, as headers, YAML, `util.inspect` and settings
 * have them. `name=value` without blanks is a parameter. Signs are rare, names are not: a stack has two hundred words and one of these,
 * beside its `file.js:1:2`, which are passed over at once.
 */
const sign = /:(?<!\.[cm]?[jt]sx?:|[:(]\d{1,7}:)=?(?![/:\\])|\s=(?![=>])|=>|=(?=[ \t])/g;

/** A colon without a blank behind it, when letters stand before it that are no digits of an IPv6 address. */
const tight = '(?![/:])(?<=[A-Za-z_-][G-Zg-z][A-Za-z]{0,3}\\d?[\\s)\\]"\'`]?:)';

/** An expression for {@link labelled} in texts without quotes and `=`. */
export const labelTrigger = `:(?:\\s|${tight})|--[A-Za-z]|'(?<=\\[')|<\\\\?/`;

/**
 * What has to be in a text with a label that this file looks for. Its alternatives begin with few characters, and what stands before a `=`
 * is asked behind it: each address that is logged is looked through.
 */
export const labelled = `:(?:[\\s"'\`[{]|${tight})|=(?:[> \\t]|(?<=(?:\\s|[Ss][Ww]ord|SWORD|wd|WD|ookie|OOKIE|ization|IZATION)=))|--[A-Za-z]|<\\\\?/|\\[\\s{0,8}'`;

/** Header fields are told by their hyphen, and take the rest of the line. */
const headers: ReadonlySet<string> = new Set(['cookie', 'authorization']);

/** Names of classes, which stand before messages: `CsrfError: …`. */
const className =
  /^[A-Z]\w*(?:Error|Exception|Warning|Service|Provider|Manager|Handler|Module|Controller|Strategy|Guard|Middleware)$/;

/** Names of files, which stand before lines and columns in a stack. */
const fileName = /\.(?:[cm]?[jt]sx?|vue|json|md|ya?ml|html?|css|py|rb|go|java|log|txt)$/i;

/** `credentials-api:443`; a header begins otherwise and holds no number of a port. */
const hostName = /^(?!x-)(?=.*[.-])[a-z\d.-]+(?<!pin|otp|cvv|cvc|code)$/;

const port = /\d{2,5}(?![\w.-])/y;

const parameter = /[\w.[\]-]{1,64}=/y;

/** What may stand behind a word that is alone in its line. */
const lineEnd = /[ \t]{0,16}[,;]?(?:[\r\n]|$)/y;

interface Label {
  readonly name: string;
  /** Where it begins, behind its quote. */
  readonly start: number;
  readonly isQuoted: boolean;
  /** Whether `[` or a quote stands before it. */
  readonly isEnclosed: boolean;
}

/** `text` with what stands behind the label of a secret name replaced: a quoted text, brackets, a header's line, lines of YAML, or one word. */
export function redactLabelled(text: string, names: SecretNames, replacement: string): string {
  let result = '';
  let from = 0;
  const isInText = textsOf(text);
  for (const { 0: found, index } of text.matchAll(sign)) {
    if (index < from) continue;
    const label = labelBefore(text, index);
    const { name } = label;
    if (name === '' || !names.has(name) || className.test(name) || fileName.test(name)) continue;
    const value = valueBehind(text, index, found, label, isInText);
    if (value === undefined || isReplaced(text, value.start, replacement)) continue;
    // Behind a name in quotes it stays JSON.
    const isJson = found === ':' && text[index - 1] === '"' && text[index - 2] !== '\\';
    const quote = isQuote(text[value.start]) ? text[value.start] : isJson ? '"' : '';
    result += `${text.slice(from, value.start)}${quote}${replacement}${quote}`;
    from = value.end;
  }
  const labelsDone = from === 0 ? text : result + text.slice(from);
  const flagsDone = redactFlags(labelsDone, names, replacement);
  return redactElements(redactSettings(flagsDone, names, replacement), names, replacement);
}

function valueBehind(
  text: string,
  at: number,
  found: string,
  label: Label,
  isInText: (at: number) => boolean,
): Span | undefined {
  const { name } = label;
  const behind = at + found.length;
  const before = text[label.start - 1] ?? '';
  // "`token:` is missing": the label is named, and nothing is behind it.
  if (isQuote(before) && text[behind] === before && behind - at === 1) return undefined;
  if (found === '=>') return isEntry(text, label) ? wordOrMore(text, skipBlanks(text, behind)) : undefined;
  if (found !== ':') {
    const value = wordOrMore(text, skipBlanks(text, behind));
    // `token= user=ada`: a setting without a value, and the next one.
    return value !== undefined && found === '=' && matchesAt(parameter, text, value.start)
      ? undefined
      : value;
  }
  if (hostName.test(name) && matchesAt(port, text, behind)) return undefined;
  const isInPath = before === '/' || (before === '#' && /\S/.test(text[label.start - 2] ?? ' '));
  if (!label.isQuoted && !isInPath && (name.includes('-') || headers.has(name.toLowerCase()))) {
    const start = skipBlanks(text, behind);
    const end = endOfWhole(text, start) ?? endOfHeader(text, start, label, isInText);
    return end > start ? { start, end } : undefined;
  }
  const block = yamlBlock(text, behind, label.start);
  if (block !== undefined) return block;
  const start = skipBlanks(text, behind);
  const isTight = start === behind && !/["'`[{]/.test(text[start] ?? '');
  if (isTight && (isInPath || before === ':' || before === '@')) return undefined;
  const value = wordOrMore(text, start);
  if (value === undefined || /["'`[{<]/.test(text[start] ?? '')) return value;
  // A word in the next line is a value only when it is alone there.
  if (/[\r\n]/.test(text.slice(behind, start)) && !matchesAt(lineEnd, text, value.end)) return undefined;
  return saysSomething(text, start, value.end, name) ? undefined : value;
}

/** Whether JSON with the blanks of a form, or with escaped quotes, was redacted here already. */
function isReplaced(text: string, start: number, replacement: string): boolean {
  let at = start;
  while (at - start < 16 && /[+\\"]/.test(text[at] ?? '')) at += 1;
  return text.startsWith(replacement, at) && text[start] !== '"';
}

function wordOrMore(text: string, start: number): Span | undefined {
  const end = endOfValue(text, start);
  return end > start ? { start, end } : undefined;
}

/** What stands before the sign at `at`, without quotes, brackets and a few blanks behind it. */
function labelBefore(text: string, at: number): Label {
  let end = at;
  while (at - end < 4 && isBlank(text[end - 1])) end -= 1;
  const isQuoted = isQuote(text[end - 1]);
  // `[Symbol(password)]`, `user[password]`, `'password'`, `\"password\"`
  while (at - end < 12 && /["'`)\]\\]/.test(text[end - 1] ?? '')) end -= 1;
  let start = end;
  while (end - start < 128 && isNameUnit(text.charCodeAt(start - 1))) start -= 1;
  // The letter of an escaped line end in a text of JSON.
  if (text[start - 1] === '\\' && /[nrt]/.test(text[start] ?? '')) start += 1;
  let name = text.slice(start, end);
  if (/^(?:keys?|id|string|number|code|is|was)$/i.test(name) && text[start - 1] === ' ') {
    const stop = /^(?:is|was)$/i.test(name) ? start - 1 : end;
    for (start -= 1; stop - start < 48 && isNameUnit(text.charCodeAt(start - 1)); ) start -= 1;
    name = text.slice(start, stop); // `API key`, `Session ID`; `the password is`
  }
  return { name, start, isQuoted, isEnclosed: /["'`[]/.test(text[start - 1] ?? '') };
}

/** Whether `name =>` is an entry and no function: quoted, in brackets, a symbol of Ruby, or at the beginning of a line or a list. */
function isEntry(text: string, { start, isEnclosed }: Label): boolean {
  if (isEnclosed) return true;
  let before = start;
  if (text[before - 1] === ':') before -= 1;
  while (start - before < 16 && (text[before - 1] === ' ' || text[before - 1] === '\t')) before -= 1;
  return before === 0 || /[\n{,[]/.test(text[before - 1] ?? '');
}

/**
 * The end of the line, real or escaped, or of the quoted text in which the whole header stands: quotes in its value, as in
 * `Cookie: a="b"; c=d`, end nothing.
 */
function endOfHeader(text: string, start: number, label: Label, isInText: (at: number) => boolean): number {
  const before = text[label.start - 1];
  const quote = isQuote(before) ? before : isInText(label.start) ? '"' : undefined;
  let escapes = 0;
  while (isQuote(before) && escapes < 15 && text[label.start - 2 - escapes] === '\\') escapes += 1;
  const isEscaped = quote !== undefined || before === '\\' || text[label.start - 2] === '\\';
  let backslashes = 0;
  for (let at = start; at < text.length; at += 1) {
    const unit = text[at];
    if (unit === '\n' || unit === '\r') return at;
    if (unit === quote && backslashes <= escapes) return at - backslashes;
    if (isEscaped && backslashes > 0 && (unit === 'n' || unit === 'r')) return at - backslashes;
    backslashes = unit === '\\' ? backslashes + 1 : 0;
  }
  return text.length;
}

/** Tells whether a place stands between `"` and `"` in its line; asked from left to right. */
function textsOf(text: string): (at: number) => boolean {
  let read = 0;
  let isInside = false;
  return (at) => {
    for (; read < at; read += 1) {
      if (text[read] === '\n') isInside = false;
      else if (text[read] === '"' && text[read - 1] !== '\\') isInside = !isInside;
    }
    return isInside;
  };
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (next - at < 4 && isBlank(text[next])) next += 1;
  return next;
}

function isBlank(unit: string | undefined): boolean {
  return unit !== undefined && /\s/.test(unit);
}
