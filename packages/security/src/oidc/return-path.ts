import { urlOf } from '@seaworthy/contracts';

/** So that the longest one fits a header beside others. */
const longest = 2_048;

/** What no path needs and parsers read in different ways: blanks, control characters, backslashes. */
const tricks = /[\s\\\p{Cc}]/u;

/** Nobody owns it (RFC 2606). */
const base = 'http://return.invalid';

/**
 * The place in this application that a client asks to be sent back to; `fallback` for everything that is, or that some
 * browser could take for, another site.
 *
 * @example
 * safeReturnPath('/invoices?page=2'); // itself
 * safeReturnPath('//evil.example'); // '/'
 */
export function safeReturnPath(input: unknown, fallback = '/'): string {
  if (typeof input !== 'string' || input.length > longest || !input.startsWith('/') || tricks.test(input)) {
    return fallback;
  }
  const url = urlOf(input, base);
  if (url === undefined) return fallback;
  const { origin, pathname, search, hash } = url;
  // `/.//evil.example` becomes `//evil.example` when its dot is taken out.
  const path = pathname + search + hash; // escaped, so it may be several times as long
  return origin === base && !pathname.startsWith('//') && path.length <= longest ? path : fallback;
}
