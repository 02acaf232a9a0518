import { decodes } from '../fields/password-of.js';

/** What no URL may hold, and what parsers disagree about: several hosts, wildcards, an example that nothing has filled in. */
const doubtful = ['\\', '<', '>', '"', '{', '}', '|', '^', '`', ' ', ',', '*', '..'];

/** The parts of `protocol://user@place`; `user` is empty when nobody is named, and holds the password behind a colon. */
interface SureUrl {
  readonly protocol: string;
  readonly user: string;
  readonly place: string;
}

/**
 * A URL that every parser reads in the same way, because it is written as a parser writes it. That it is one `URL` decides;
 * where its parts are is then plain to see, and asking `URL` for each of them takes longer.
 */
export function sureUrl(text: string): SureUrl | undefined {
  for (const part of doubtful) if (text.includes(part)) return undefined;
  const href = hrefOf(text);
  if (href !== text && href !== `${text}/`) return undefined;
  const protocol = text.slice(0, text.indexOf(':') + 1);
  const rest = text.slice(protocol.length + 2);
  const at = rest.indexOf('@');
  const user = rest.slice(0, Math.max(at, 0));
  const place = rest.slice(at + 1);
  if (!text.startsWith('//', protocol.length) || place.includes('@')) return undefined;
  // Then the @ stands behind the host.
  if (user.includes('/') || user.includes('?') || user.includes('#')) return undefined;
  const first = place.charAt(0);
  if (!(first >= 'a' && first <= 'z') && !(first >= '0' && first <= '9')) return undefined;
  return text.includes('%') && !decodes(text) ? undefined : { protocol, user, place };
}

function hrefOf(text: string): string | undefined {
  try {
    return new URL(text).href;
  } catch {
    return undefined;
  }
}

/** The password in a URL that is sure. */
export function surePassword(text: string): string {
  const { user = '' } = sureUrl(text) ?? {};
  const colon = user.indexOf(':');
  return colon === -1 ? '' : decodeURIComponent(user.slice(colon + 1));
}
