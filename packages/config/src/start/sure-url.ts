import { decodes } from '../fields/password-of.js';

/** What no URL may hold, and what parsers disagree about: several hosts, wildcards, an example that nothing has filled in. */
const doubtful = ['\\', '<', '>', '"', '{', '}', '|', '^', '`', ' ', ',', '*', '..'];

/** The URL of a text that every parser reads in the same way, because it is written as a parser writes it. */
export function sureUrl(text: string): URL | undefined {
  if (!URL.canParse(text) || doubtful.some((part) => text.includes(part))) return undefined;
  const url = new URL(text);
  const { href, hostname, username, password } = url;
  if (href !== text && href !== `${text}/`) return undefined;
  if (!text.startsWith(`${url.protocol}//`) || !beginsPlainly(hostname)) return undefined;
  const at = text.indexOf('@');
  // An @ that does not end the user and the password stands in one of them, or behind the host.
  if (at !== -1 && (username + password === '' || text.includes('@', at + 1))) return undefined;
  return text.includes('%') && !decodes(text) ? undefined : url;
}

function beginsPlainly([first = '']: string): boolean {
  return (first >= 'a' && first <= 'z') || (first >= '0' && first <= '9');
}
