import { decodes } from '../fields/password-of.js';

/** What no URL may hold, and what parsers disagree about: several hosts, wildcards, an example that nothing has filled in. */
const doubtful = ['\\', '<', '>', '"', '{', '}', '|', '^', '`', ' ', ',', '*', '..'];

/** The URL of a text that every parser reads in the same way, because it is written as a parser writes it. */
export function sureUrl(text: string): URL | undefined {
  const url = parsed(text);
  if (url === undefined) return undefined;
  for (const part of doubtful) if (text.includes(part)) return undefined;
  const { href, hostname, username, password } = url;
  if (href !== text && href !== `${text}/`) return undefined;
  if (!text.startsWith(`${url.protocol}//`) || !beginsPlainly(hostname)) return undefined;
  const at = text.indexOf('@');
  // An @ that does not end the user and the password stands in one of them, or behind the host.
  if (at !== -1 && (username + password === '' || text.includes('@', at + 1))) return undefined;
  return text.includes('%') && !decodes(text) ? undefined : url;
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function beginsPlainly(host: string): boolean {
  const first = host.charAt(0);
  return (first >= 'a' && first <= 'z') || (first >= '0' && first <= '9');
}
