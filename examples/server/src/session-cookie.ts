import { parseCookie, stringifySetCookie } from 'cookie';

export interface SessionCookieOptions {
  readonly name: string;
  /** Whether pages come over TLS; the name then gets the `__Host-` prefix, which binds it to this very host. */
  readonly secure: boolean;
  readonly maxAgeMs: number;
}

/** The browser's session: a word that scripts cannot read and that no other site's form sends along. */
export interface SessionCookie {
  /** The Set-Cookie header that begins a session. */
  set(token: string): string;
  /** The Set-Cookie header that ends it. */
  clear(): string;
  /** The word in a Cookie header. */
  read(header: string | undefined): string | undefined;
}

export function sessionCookie({ name, secure, maxAgeMs }: SessionCookieOptions): SessionCookie {
  const fullName = secure ? `__Host-${name}` : name;
  const header = (value: string, maxAge: number): string =>
    stringifySetCookie({ name: fullName, value, httpOnly: true, sameSite: 'lax', secure, path: '/', maxAge });
  return {
    set: (token) => header(token, Math.floor(maxAgeMs / 1_000)),
    clear: () => header('', 0),
    read: (cookies) => (cookies === undefined ? undefined : parseCookie(cookies)[fullName]),
  };
}
