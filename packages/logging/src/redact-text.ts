import type { SecretNames } from './secret-names.js';

/** Text without any of these holds nothing that {@link redactText} looks for. */
const worthALook = /[=@"]/;

/** `name=value` in a query string, a form body, a connection string or a cookie; `[` and `%` because names carry them. */
const pair = /([?&;]?)([\w.[\]%-]{1,128})=('[^']*'?|"[^"]*"?|[^\s&;"']+)/g;

/** The password in `scheme://user:password@host`; the last `@` before the host counts, as in WHATWG URL. */
const userInfo = /(\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/?#:@"'<>]{0,256}:)([^\s/?#"'<>]{1,1024})(?=@)/gi;

/** A member of JSON that stands inside a string, once or twice encoded. */
const member = /(\\*")([\w.[\] $-]{1,128})\1(\s*:\s*)(\\*"(?:[^"\\]|\\.)*?(?:\1|$)|-?[\d.]+)/g;

/** JSON in a string in JSON, and so on: each level doubles the backslashes, so nobody gets far. */
const deepest = 4;

/** `text` with the values of secret names and the passwords of URLs replaced. */
export function redactText(text: string, names: SecretNames, replacement: string): string {
  if (!worthALook.test(text)) return text;
  let result = text;
  if (result.includes('://')) result = result.replace(userInfo, `$1${replacement}`);
  if (result.includes('":') || result.includes('" :')) result = redactMembers(result, names, replacement, 0);
  if (result.includes('=')) {
    result = result.replace(pair, (whole: string, before: string, name: string) => {
      const secret =
        before === '?' || before === '&' ? names.hasInQuery(decode(name)) : names.has(decode(name));
      return secret ? `${before}${name}=${replacement}` : whole;
    });
  }
  return result;
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

function decode(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
