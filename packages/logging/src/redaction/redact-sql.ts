import { matchesAt } from './matches-at.js';
import type { SecretNames } from './secret-names.js';
import { columnsBefore } from './sql-columns.js';
import { endOfBrackets, type SqlValue, sqlOperand, sqlValueAt } from './sql-value.js';

/** What stands between a column and its value, with the blanks behind it; a form writes blanks as `+`. */
const sign =
  /(?:=>?|<>|~\*?|\b((?:[ir]?like|regexp|(?:similar|distinct)[\s+](?:to|from))\b)|\b(in)(?=[\s+]{0,8}\())[\s+]{0,8}/gi;

/** A value that follows a word: in prose, a word stands between. */
const glued = /(?:[enxbu]&?|_\w{1,32})?\\{0,15}["']|[\w.]{0,64}\(|\$\w{0,63}\$/iy;

/** `ALTER USER … PASSWORD 'x'`, `IDENTIFIED BY 'x' REPLACE 'y'`, `PASSWORD('x')`, `SET PASSWORD FOR a = 'x'`. */
const account = new RegExp(
  [
    'password[\\s+]{1,8}(?:for[\\s+][^=\\n]{1,256}=[\\s+]{0,8}(?:password[\\s+]{0,8}\\([\\s+]{0,8})?)?',
    'password\\([\\s+]{0,8}',
    'identified[\\s+]{1,8}(?:(?:with|via)[\\s+]{1,8}["\'`]?\\w{1,64}["\'`]?[\\s+]{1,8})?(?:by|as|using)[\\s+]{0,8}',
    "(?<='[\\s+]{1,8})replace[\\s+]{1,8}",
  ]
    .map((lead) => `\\b${lead}`)
    .join('|'),
  'gi',
);
const accountText = /(?:[enxbu]&?|_\w{1,32})?(?:\\{0,15}'|(\\{0,15}"))|\$(?:[a-z_]\w{0,62})?\$/iy;

/** PostgreSQL's `Key (email, token)=(a, b) already exists.`; a bracket in a value is not marked. */
const keyDetail = /\(([\w", ]{1,256})\)=(?=\()/g;
const endOfDetail = /\)(?= (?:already exists|is not present|is still referenced|conflicts with))/g;

/** MySQL's `Duplicate entry 'value' for key 'users.users_token_unique'`; a quote in the value is not doubled. */
const duplicateEntry = /(Duplicate entry ')((?:[^']|'(?! for key ')){0,1024})(' for key '([^']{1,256})')/g;

/** PostgreSQL's `Failing row contains (1, ada, …).`: all columns of the row, without their names. */
const failingRow = /(Failing row contains \()[\s\S]*?(?=\n {4}at |$)/;

/** `(name, password) values`, of an INSERT. */
const insertColumns = /\(([\w"`,.\s[\]\\+]{1,4096})\)[\s+]{0,64}values[\s+]{0,64}(?=\()/gi;
const nextRow = /[\s+]{0,64},[\s+]{0,64}(?=\()/y;

/** Drizzle's message: `Failed query: …`, and the values of the statement's parameters up to the end or the stack. */
const drizzleParameters = /(\nparams: )[\s\S]*?(?=\n {4}at |$)/g;

/** An expression that finds something in every text that this file changes and in which no `=`, quote or line end is. */
export const sqlTriggers =
  "Failing row|Duplicate entry|[Vv](?:alues|ALUES)[\\s+]*\\(|'(?<=[(\\s+>~](?:[ENXBUenxbu]&?|_\\w{1,32})?')|\\$(?=\\w{0,63}\\$)";

/** A stack below a message is none of the statement's, even where its end is in doubt. */
const frame = /\n {4}at [^\n]{0,1024}(?::\d+:\d+|<anonymous>)\)?(?=\n|$)/g;

/** What databases and drivers say of values, looked for at once. */
const toldByServer = /\)=\(|Duplicate entry|Failing row|Failed query: /;

/** So many values of which the end or the beginning is in doubt are read; whoever writes more of them has a reason. */
const mostDoubts = 16;

/** `text` with the values of secret columns taken out of statements and of what databases say about them. */
export function redactSql(text: string, names: SecretNames, replacement: string): string {
  const isSecret = (name: string): boolean =>
    names.has(name.replace(/^.*\./, '').replaceAll(/["`[\]\\]/g, ''));
  let result = text;
  const isTold = toldByServer.test(result);
  if (isTold && result.includes(')=(')) result = redactKeyDetails(result, isSecret, replacement);
  if (/['"$]/.test(result)) {
    result = redactComparisons(result, names, replacement);
    result = redactAccounts(result, replacement);
  }
  if (isTold) {
    result = result
      .replace(duplicateEntry, (whole: string, start: string, _value: string, end: string, key: string) =>
        [key, ...key.split(/[._-]/)].some(isSecret) ? `${start}${replacement}${end}` : whole,
      )
      .replace(failingRow, `$1${replacement})`)
      .replace(drizzleParameters, `$1${replacement}`);
  }
  if (!result.includes('(') || !/values[\s+]*\(/i.test(result)) return result;
  return redactInserts(result, isSecret, replacement);
}

/** `password = 'x'`, `token in ('x')`, `lower(token) like concat('x')`, at whatever level of escaping. */
function redactComparisons(text: string, names: SecretNames, replacement: string): string {
  return redactValues(text, sign, replacement, ({ index, 1: like }, start) => {
    if (!matchesAt(like === undefined ? sqlOperand : glued, text, start)) return undefined;
    // Names before values: a value may reach to the end of the text.
    return columnsBefore(text, index).some((name) => names.has(name)) ? sqlValueAt(text, start) : undefined;
  });
}

function redactAccounts(text: string, replacement: string): string {
  if (!/password|identified/i.test(text)) return text;
  return redactValues(text, account, replacement, ([lead], start) => {
    accountText.lastIndex = start;
    const found = accountText.exec(text);
    // `the password "must"` is no statement.
    if (found === null || (found[1] !== undefined && /^password[\s+]*$/i.test(lead))) return undefined;
    return sqlValueAt(text, start);
  });
}

/** The values that `find` finds behind what `lead` matches. What may be the end of one may be the beginning of another. */
function redactValues(
  text: string,
  lead: RegExp,
  replacement: string,
  find: (match: RegExpExecArray, start: number) => SqlValue | undefined,
): string {
  if (text.search(lead) === -1) return text; // at a third of what the first step of `matchAll` costs
  let result = '';
  let shown = 0;
  let next = 0;
  let doubts = 0;
  for (const match of text.matchAll(lead)) {
    if (match.index < next) continue;
    const start = match.index + match[0].length;
    const value = find(match, start);
    if (value === undefined) continue;
    next = Math.max(value.nearest, start);
    if (!value.isLiteral) continue;
    if (start < shown || value.farthest === text.length) doubts += 1;
    if (start >= shown) {
      const hidden = `${value.quote}${replacement}${value.quote}`;
      result += text.slice(shown, start) + (match[2] === undefined ? hidden : `(${hidden})`);
    }
    if (doubts > mostDoubts) return result;
    shown = Math.max(shown, beforeStack(text, start, value.farthest));
  }
  return shown === 0 ? text : result + text.slice(shown);
}

function redactKeyDetails(text: string, isSecret: (name: string) => boolean, replacement: string): string {
  let result = '';
  let from = 0;
  let mayEnd = true;
  for (const match of text.matchAll(keyDetail)) {
    const [whole, columns = ''] = match;
    if (match.index < from || !columns.split(',').some((name) => isSecret(name.trim()))) continue;
    const start = match.index + whole.length;
    endOfDetail.lastIndex = start;
    mayEnd &&= endOfDetail.test(text);
    result += `${text.slice(from, start)}(${replacement})`;
    from = mayEnd ? endOfDetail.lastIndex : endOfBrackets(text, start);
  }
  return from === 0 ? text : result + text.slice(from);
}

/** The rows of an INSERT that has a secret column, whole: which of a row's values is whose needs a parser of expressions. */
function redactInserts(text: string, isSecret: (name: string) => boolean, replacement: string): string {
  let result = '';
  let from = 0;
  let doubts = 0;
  for (const match of text.matchAll(insertColumns)) {
    const [whole, columns = ''] = match;
    if (match.index < from || !columns.split(',').some((name) => isSecret(name.trim()))) continue;
    const start = match.index + whole.length;
    result += `${text.slice(from, start)}(${replacement})`;
    from = endOfBrackets(text, start);
    while (matchesAt(nextRow, text, from)) from = endOfBrackets(text, nextRow.lastIndex);
    if (from === text.length) doubts += 1;
    if (doubts <= mostDoubts) from = beforeStack(text, start, from);
  }
  return from === 0 ? text : result + text.slice(from);
}

function beforeStack(text: string, start: number, end: number): number {
  if (end < text.length) return end;
  frame.lastIndex = start;
  return frame.exec(text)?.index ?? end;
}
