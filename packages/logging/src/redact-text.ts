import { labelled, redactLabelled } from './redact-labelled.js';
import { redactSql } from './redact-sql.js';
import { isParameterList, type SecretNames } from './secret-names.js';

/** `name=value` in a query string, a form body, a connection string or a cookie; `[` and `%` because names carry them. */
const pair = /([?&;]?)([\w.[\]%-]{1,128})=('[^']*'?|"[^"]*"?|[^\s&;"']+)/g;

/** The password in `scheme://user:password@host`; the last `@` before the host counts, as in WHATWG URL. */
const userInfo = /(\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/?#:@"'<>]{0,256}:)([^\s/?#"'<>]{1,1024})(?=@)/gi;

/** A member of JSON that stands inside a string, once or twice encoded. */
const member = /(\\*")([\w.[\] $-]{1,128})\1(\s*:\s*)(\\*"(?:[^"\\]|\\.)*?(?:\1|$)|-?[\d.]+)/g;

/** A member whose value is an object or a list. */
const structure = /(\\{0,15}")([\w.[\] $-]{1,128})\1\s*:\s*(?=[{[])/g;

/** What is in every text that holds user information, JSON or SQL. Most texts that come here are addresses with a query. */
const elaborate = new RegExp(`[@"'(\\n]|${labelled}`);
const hasLabel = new RegExp(labelled);

/** `["cookie","a=b"]` in a list of its like, as headers stand in JSON. */
const listEntry =
  /(?<=[[,]\s{0,4})(\[\s{0,4}(\\*")([\w.-]{1,128})\2\s{0,4},\s{0,4})(\\*"(?:[^"\\]|\\.)*?(?:\2|$))/g;

/** JSON in a string in JSON, and so on: each level doubles the backslashes, so nobody gets far. */
const deepest = 4;

/** `text` with the values of secret names and the passwords of URLs replaced. */
export function redactText(text: string, names: SecretNames, replacement: string): string {
  let result = text;
  if (elaborate.test(result)) {
    if (result.includes('@') && result.includes('://')) result = result.replace(userInfo, `$1${replacement}`);
    if (result.includes('":') || result.includes('" :')) {
      if (/":\s*[{[]|" :\s*[{[]/.test(result)) result = redactStructures(result, names, replacement);
      result = redactMembers(result, names, replacement, 0);
    }
    if (result.includes(',') && /\[\s*\\*"/.test(result)) result = redactEntries(result, names, replacement);
    if (/['(\n]/.test(result)) result = redactSql(result, names, replacement);
    if (hasLabel.test(result)) result = redactLabelled(result, names, replacement);
  }
  if (holdsSecretPair(result, names)) result = redactPairs(result, names, replacement, 0);
  return result;
}

/** Whether a secret name stands before a `=`: most parameters are none, and looking is cheaper than replacing. */
function holdsSecretPair(text: string, names: SecretNames): boolean {
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', at + 1)) {
    let from = at;
    while (from > 0 && at - from < 128 && isNameUnit(text.charCodeAt(from - 1))) from -= 1;
    if (from < at && isSecretIn(text.slice(from, at), text[from - 1], names)) return true;
    // A parameter may hold a whole encoded query: `next=%2Fcb%3Ftoken%3D…`.
    if (text.charCodeAt(at + 1) !== 0x3d && text.includes('%3', at)) return true;
  }
  return false;
}

/** `[\w.[\]%-]` */
function isNameUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) ||
    (unit >= 0x41 && unit <= 0x5d && unit !== 0x5c) ||
    (unit >= 0x30 && unit <= 0x39) ||
    unit === 0x5f ||
    unit === 0x2e ||
    unit === 0x25 ||
    unit === 0x2d
  );
}

function isSecretIn(name: string, before: string | undefined, names: SecretNames): boolean {
  const plain = decode(name) ?? name;
  return before === '?' || before === '&' ? names.hasInQuery(plain) : names.has(plain);
}

function redactPairs(text: string, names: SecretNames, replacement: string, depth: number): string {
  return text.replace(pair, (whole: string, before: string, name: string, value: string) => {
    if (isSecretIn(name, before, names)) return `${before}${name}=${replacement}`;
    if (depth >= deepest) return whole;
    const inner = redactValue(value, names, replacement, depth + 1);
    return inner === value ? whole : `${before}${name}=${inner}`;
  });
}

/** A parameter's value may be a URL with parameters of its own, plain or encoded. */
function redactValue(value: string, names: SecretNames, replacement: string, depth: number): string {
  if (value.includes('=')) {
    const redacted = redactPairs(value, names, replacement, depth);
    if (redacted !== value) return redacted;
  }
  if (!/%3d/i.test(value)) return value;
  const plain = decode(value);
  if (plain === undefined) return value;
  const redacted = redactPairs(plain, names, replacement, depth);
  return redacted === plain ? value : encodeURIComponent(redacted);
}

function redactMembers(text: string, names: SecretNames, replacement: string, depth: number): string {
  return text.replace(member, (whole: string, quote: string, name: string, colon: string, value: string) => {
    const label = `${quote}${name}${quote}${colon}`;
    if (names.has(name)) return `${label}${quote}${replacement}${quote}`;
    if (depth < deepest && value.includes('\\"')) {
      return `${label}${redactMembers(value, names, replacement, depth + 1)}`;
    }
    return whole;
  });
}

function redactEntries(text: string, names: SecretNames, replacement: string): string {
  return text.replace(listEntry, (whole: string, start: string, quote: string, name: string) =>
    names.has(name) ? `${start}${quote}${replacement}${quote}` : whole,
  );
}

/** Objects and lists under secret names, whole, at whichever level of encoding they stand. */
function redactStructures(text: string, names: SecretNames, replacement: string): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(structure)) {
    const [whole, quote = '"', name = ''] = match;
    const start = match.index + whole.length;
    const isHidden = names.has(name) || (text[start] === '[' && isParameterList(name));
    if (match.index < from || !isHidden) continue;
    result += `${text.slice(from, start)}${quote}${replacement}${quote}`;
    from = endOfStructure(text, start, quote.length - 1);
  }
  return from === 0 ? text : result + text.slice(from);
}

/** Behind the bracket that closes the one at `start`, or the end of a text that was cut off. `escapes` stand before each quote. */
function endOfStructure(text: string, start: number, escapes: number): number {
  let depth = 0;
  let inString = false;
  let backslashes = 0;
  for (let at = start; at < text.length; at += 1) {
    const unit = text[at];
    // A backslash that belongs to a string doubles with each level of encoding, so longer runs end strings too.
    if (unit === '"' && backslashes % (2 * (escapes + 1)) === escapes) inString = !inString;
    backslashes = unit === '\\' ? backslashes + 1 : 0;
    if (inString) continue;
    if (unit === '{' || unit === '[') depth += 1;
    else if (unit === '}' || unit === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
