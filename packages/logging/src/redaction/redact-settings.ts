import { endOfValue, isQuote, saysSomething } from './labelled-value.js';
import { replaceBehind, type ValueBehind } from './replace-behind.js';
import type { SecretNames } from './secret-names.js';

/** `--password value`, also as two entries of a list: `'--password', 'value'`. What has a `=` is a parameter. */
const flag = /(?<![\w-])--([a-z][\w.-]{0,63})(?:["'`]?\s{0,4},\s{0,4}|["'`]?\s{1,4})(?=[^\s-])/gi;

/** Flags that say where a secret comes from, or that there is none. */
const pointing = /^no-|(?:file|path|dir|stdin|env|prompt)$/i;

/** Whether the next of a command's arguments is secret: `['--password', 'x']`. */
export function isSecretFlag(flag: unknown, isSecret: (name: string) => boolean): boolean {
  if (typeof flag !== 'string' || !flag.startsWith('--')) return false;
  return /^--[a-z][\w.-]{0,63}$/i.test(flag) && !pointing.test(flag.slice(2)) && isSecret(flag);
}

/** `text` with the values of a command's secret flags replaced. */
export function redactFlags(text: string, names: SecretNames, replacement: string): string {
  if (!text.includes('--')) return text;
  const isSecret = (name: string): boolean => !pointing.test(name) && names.has(name);
  return redactNamed(flag, text, isSecret, replacement);
}

/** `text` without the values behind the places that `label` finds, whose first group is a name. */
function redactNamed(
  label: RegExp,
  text: string,
  isSecret: (name: string) => boolean,
  replacement: string,
): string {
  function valueBehind([, name = '']: RegExpExecArray, start: number): ValueBehind | undefined {
    if (!isSecret(name)) return undefined;
    const end = endOfValue(text, start);
    const first = text[start] ?? '';
    const quote = isQuote(first) ? first : '';
    return quote === '' && saysSomething(text, start, end, name) ? undefined : { end, quote };
  }

  return replaceBehind(label, text, valueBehind, replacement);
}

/** The password of an ADO.NET or ODBC connection string, in which values have blanks: it ends at `;`. */
const setting =
  /(?<=;)((?:password|pwd)=)(?:[^\s;"'`]|[ \t](?!\w{1,64}=)){1,256}|(?<=^|[\s"'`])((?:password|pwd)=)(?:[^\s;"'`]|[ \t](?!\w{1,64}=)){1,256}(?=;)/gi;

/** `cookie=a=b; c=d` and `authorization=Token x`, whose values go on behind the first word. */
const headerSetting =
  /((?<![\w-])(?:(?:set-)?cookie=)(?=[^\s;"']{0,1024};))[^\s;"']*(?:;[ \t]?[\w.-]{1,64}=[^\s;"']*)*|((?<![\w-])(?:proxy-)?authorization=)[A-Za-z][\w-]{1,31}[ \t]{1,4}[^\s;"'=]{1,4096}={0,2}(?=[\s;"']|$)/gi;

/** `['password', 'x']` in a list of its like, as `util.inspect` prints entries. */
const entry = /(?<=\[\s{0,8}|\],\s{0,8})\[\s{0,8}'([\w.-]{1,128})',\s{0,8}(?=['"`])/g;

/** `text` with the passwords of connection strings, header settings and entries of secret names replaced. */
export function redactSettings(text: string, names: SecretNames, replacement: string): string {
  let result = text;
  if (/\[\s{0,8}'/.test(result)) result = redactNamed(entry, result, names.has, replacement);
  if (/(?:cookie|authorization)=/i.test(result)) {
    result = result.replace(
      headerSetting,
      (_whole, cookie?: string, scheme?: string) => `${cookie ?? scheme}${replacement}`,
    );
  }
  if (!result.includes(';')) return result;
  return result.replace(
    setting,
    (_whole, inside?: string, first?: string) => `${inside ?? first}${replacement}`,
  );
}
