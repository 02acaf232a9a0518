import { includesAny } from '../ascii.js';
import { decodes } from '../fields/password-of.js';

/** What no URL may hold, and what parsers disagree about: several hosts, wildcards, an example that nothing has filled in. */
const doubtful = ['\\', '<', '>', '"', '{', '}', '|', '^', '`', ' ', ',', '*', '..'];

/**
 * Whether this is a URL with a host that every parser reads in the same way, because it is written as a parser writes it.
 * That it is one `URL` decides; where its parts are is then plain to see, and asking `URL` for each of them takes longer.
 */
export function isSureUrl(text: string): boolean {
  if (includesAny(text, doubtful)) return false;
  const href = hrefOf(text);
  if (href !== text && href !== `${text}/`) return false;
  const start = protocolOf(text).length;
  if (!text.startsWith('//', start)) return false;
  const at = text.indexOf('@');
  if (at !== -1 && (text.includes('@', at + 1) || !isBehindUser(text, at, start + 2))) return false;
  const first = text.charCodeAt(at === -1 ? start + 2 : at + 1);
  const isPlain = (first >= 0x61 && first <= 0x7a) || (first >= 0x30 && first <= 0x39);
  return isPlain && (!text.includes('%') || decodes(text));
}

/** Whether the @ stands behind a user, and not behind the host. */
function isBehindUser(text: string, at: number, start: number): boolean {
  const user = text.slice(start, at);
  return !user.includes('/') && !user.includes('?') && !user.includes('#');
}

function hrefOf(text: string): string | undefined {
  try {
    return new URL(text).href;
  } catch {
    return undefined;
  }
}

/** With the colon. */
export function protocolOf(url: string): string {
  return url.slice(0, url.indexOf(':') + 1);
}

/** Of a URL that is sure. */
export function isOrigin(url: string): boolean {
  const protocol = protocolOf(url);
  if (protocol !== 'https:' && protocol !== 'http:') return false;
  return !url.includes('@') && !url.includes('/', protocol.length + 2);
}

/** Whether a password may stand in its query, as drivers of databases take it. */
export function mayAskPassword(url: string): boolean {
  const from = url.indexOf('?');
  return from !== -1 && (url.includes('password=', from) || url.includes('%', from));
}

/** The password in a URL that is sure. */
export function surePassword(url: string): string {
  const start = protocolOf(url).length;
  const user = url.slice(start + 2, Math.max(url.indexOf('@'), start + 2));
  const colon = user.indexOf(':');
  return colon === -1 ? '' : decodeURIComponent(user.slice(colon + 1));
}
