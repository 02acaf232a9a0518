import { redactJson } from './redact-json.js';
import { labelled, redactLabelled } from './redact-labelled.js';
import { redactPairs } from './redact-pairs.js';
import { redactSql } from './redact-sql.js';
import type { SecretNames } from './secret-names.js';

/**
 * The password in `scheme://user:password@host`; the last `@` before the host counts, as in WHATWG URL. Where `/`, `?` or `#` stand in it,
 * it is no URL, and up to the last `@` before a blank may be password, unless a port stands there.
 */
const userInfo =
  /(\b[a-z][a-z0-9+.-]{0,31}:\/\/(?!\[)[^\s/?#:@"'<>]{0,256}:)(?:[^\s/?#"'<>]{1,1024}(?=@)|(?!\d{1,5}(?:[^\w@%.~!$*+-]|$))[^\s"]{1,1024}(?=@))/gi;

/** What is in every text that holds user information, JSON or SQL. Most texts that come here are addresses with a query. */
const elaborate = new RegExp(`[@"'$(\\n]|${labelled}`);
const hasLabel = new RegExp(labelled);

/** What is in every elaborate text that holds a secret. A name in quotes has none of it, and stands in lines more often than SQL does. */
const telling = /[:=<>~($@\n[-]|word|ident|like|regexp|similar|distinct|duplicate|failing/i;

/** `text` with the values of secret names and the passwords of URLs replaced. */
export function redactText(text: string, names: SecretNames, replacement: string): string {
  return redactAt(text, 0);

  function redactAt(from: string, depth: number): string {
    let result = from;
    if (elaborate.test(result) && telling.test(result)) {
      if (result.includes('@') && result.includes('://'))
        result = result.replace(userInfo, `$1${replacement}`);
      if (result.includes('"')) result = redactJson(result, names, replacement);
      if (/['"$(\n]/.test(result)) result = redactSql(result, names, replacement);
      if (hasLabel.test(result)) result = redactLabelled(result, names, replacement);
    }
    return result.includes('=') ? redactPairs(result, names, replacement, depth, redactAt) : result;
  }
}
