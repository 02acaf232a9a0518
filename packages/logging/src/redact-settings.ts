import { endOfValue, saysSomething } from './labelled-value.js';
import type { SecretNames } from './secret-names.js';

/** `--password value`, also as two entries of a list: `'--password', 'value'`. What has a `=` is a parameter. */
const flag = /(?<![\w-])--([a-z][\w.-]{0,63})(?:["'`]?\s{0,4},\s{0,4}|["'`]?\s{1,4})(?=[^\s-])/gi;

/** Flags that say where a secret comes from, or that there is none. */
const pointing = /^no-|(?:file|path|dir|stdin|env|prompt)$/i;

/** `text` with the values of a command's secret flags replaced. */
export function redactFlags(text: string, names: SecretNames, replacement: string): string {
  if (!text.includes('--')) return text;
  let result = '';
  let from = 0;
  for (const match of text.matchAll(flag)) {
    const [whole, name = ''] = match;
    const start = match.index + whole.length;
    if (match.index < from || pointing.test(name) || !names.has(name)) continue;
    const end = endOfValue(text, start);
    const quote = /["'`]/.test(text[start] ?? '') ? text[start] : '';
    if (end === start || (quote === '' && saysSomething(text, start, end, name))) continue;
    result += `${text.slice(from, start)}${quote}${replacement}${quote}`;
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}

/** The password of an ADO.NET or ODBC connection string, in which values have blanks: it ends at `;`. */
const setting =
  /(?<=;)((?:password|pwd)=)(?:[^\s;"'`]|[ \t](?!\w{1,64}=)){1,256}|(?<=^|[\s"'`])((?:password|pwd)=)(?:[^\s;"'`]|[ \t](?!\w{1,64}=)){1,256}(?=;)/gi;

/** `text` with the passwords of connection strings replaced. */
export function redactSettings(text: string, replacement: string): string {
  if (!text.includes(';')) return text;
  return text.replace(
    setting,
    (_whole, inside?: string, first?: string) => `${inside ?? first}${replacement}`,
  );
}
