import type { SecretNames } from './secret-names.js';

/** `name = 'value'` in SQL, where blanks may stand around the sign and a quote is doubled. */
const comparison = /([\w."`[\]]{1,128})(\s{0,8}(?:=|:=|<>|\blike\b)\s{0,8})('(?:[^']|'')*(?:'|$))/gi;

/** `ALTER USER … PASSWORD 'x'`, `IDENTIFIED BY 'x'`, `PASSWORD('x')`. */
const accountPassword =
  /\b((?:password|identified\s{1,8}(?:with\s{1,8}\w{1,64}\s{1,8})?(?:by|as))(?:\s{1,8}|\s{0,8}\(\s{0,8}))'(?:[^']|'')*(?:'|$)/gi;

/** PostgreSQL's `Key (email, token)=(a, b) already exists.` */
const keyDetail = /\(([\w", ]{1,256})\)=\(([^)]*)\)/g;

/** MySQL's `Duplicate entry 'value' for key 'users.token'`; a quote in the value is not doubled. */
const duplicateEntry = /(Duplicate entry ')((?:[^']|'(?! for key ')){0,1024})(' for key '([^']{1,256})')/g;

/** PostgreSQL's `Failing row contains (1, ada, …).`: all columns of the row, without their names. */
const failingRow = /(Failing row contains \()[\s\S]*?(?=\n {4}at |$)/;

/** `(name, password) values`, of an INSERT. */
const insertColumns = /\(([\w"`,.\s]{1,4096})\)\s{0,64}values\s{0,64}(?=\()/gi;

/** Drizzle's message: `Failed query: …`, and the values of the statement's parameters up to the end or the stack. */
const drizzleParameters = /(\nparams: )[\s\S]*?(?=\n {4}at |$)/g;

/** An expression that finds something in every text that this file changes and in which no `=`, quote or line end is. */
export const sqlTriggers = `Failing row|Duplicate entry|[Vv](?:alues|ALUES)\\s*\\(|'(?<=[(\\s]')`;

/** `text` with the values of secret columns taken out of statements and of what databases say about them. */
export function redactSql(text: string, names: SecretNames, replacement: string): string {
  const isSecret = (name: string): boolean => names.has(name.replace(/^.*\./, '').replaceAll(/["`[\]]/g, ''));
  let result = text;
  if (result.includes("'")) {
    result = result.replace(comparison, (whole: string, name: string, sign: string) =>
      isSecret(name) ? `${name}${sign}'${replacement}'` : whole,
    );
    result = result.replace(accountPassword, `$1'${replacement}'`);
    if (result.includes('Duplicate entry')) {
      result = result.replace(
        duplicateEntry,
        (whole: string, start: string, _value: string, end: string, key: string) =>
          isSecret(key) ? `${start}${replacement}${end}` : whole,
      );
    }
  }
  if (result.includes(')=(')) {
    result = result.replace(keyDetail, (whole: string, columns: string) =>
      columns.split(',').some((name) => names.has(name.replaceAll('"', '').trim()))
        ? `(${columns})=(${replacement})`
        : whole,
    );
  }
  if (result.includes('Failing row')) result = result.replace(failingRow, `$1${replacement})`);
  if (result.includes('Failed query: ')) result = result.replace(drizzleParameters, `$1${replacement}`);
  return /values\s*\(/i.test(result) ? redactInserts(result, isSecret, replacement) : result;
}

/** The rows of an INSERT that has a secret column, whole: which of a row's values is whose needs a parser of expressions. */
function redactInserts(text: string, isSecret: (name: string) => boolean, replacement: string): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(insertColumns)) {
    const [whole, columns = ''] = match;
    if (match.index < from || !columns.split(',').some((name) => isSecret(name.trim()))) continue;
    const start = match.index + whole.length;
    result += `${text.slice(from, start)}(${replacement})`;
    from = endOfRows(text, start);
  }
  return from === 0 ? text : result + text.slice(from);
}

/** Behind the last of the rows `(…), (…)` that begin at `start`, or the end of a text that was cut off. */
function endOfRows(text: string, start: number): number {
  let depth = 0;
  let quote = '';
  for (let at = start; at < text.length; at += 1) {
    const unit = text[at] ?? '';
    if (quote !== '') {
      if (unit === '\\') at += 1;
      else if (unit === quote) quote = ''; // a doubled one closes and opens again
    } else if (unit === "'" || unit === '"' || unit === '`') quote = unit;
    else if (unit === '(') depth += 1;
    else if (unit === ')') depth -= 1;
    if (quote !== '' || depth !== 0 || unit !== ')') continue;
    const more = /^\s{0,64},\s{0,64}(?=\()/.exec(text.slice(at + 1, at + 131));
    if (more === null) return at + 1;
    at += more[0].length;
  }
  return text.length;
}
