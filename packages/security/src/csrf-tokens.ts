import { randomBytes } from 'node:crypto';
import { invalidOption, optionsOf, type RequestView } from '@seaworthy/contracts';
import { parseCookie, stringifySetCookie } from 'cookie';
import { createKeyring, type KeyInput } from './keyring.js';

export interface CsrfTokensOptions {
  /** At least 32 characters each, the newest first: it signs, all are believed. */
  readonly keys: readonly KeyInput[];
  /**
   * What the token of a request has to belong to: something that no other user's request has and that changes at login;
   * `undefined` for a request without a session, which needs no token.
   */
  readonly bindingOf: (view: RequestView) => string | undefined;
  /** @defaultValue 'x-csrf-token' */
  readonly header?: string;
  /** @defaultValue '__Host-csrf' */
  readonly cookie?: string;
  /** `false` for plain HTTP in development; the cookie's name then has no `__Host-`. @defaultValue true */
  readonly secure?: boolean;
}

export interface CsrfToken {
  /** For a page that reads no cookies. */
  readonly token: string;
  /** A Set-Cookie line; scripts of the page read it and send its value in the header. */
  readonly cookie: string;
}

/** Whether a request carries the token of its session; `none`: it has no session. */
export type CsrfTokenState = 'none' | 'valid' | 'missing' | 'foreign';

export interface CsrfTokens {
  /** A new token for what `bindingOf` will say of the requests to come. */
  issue(binding: string): CsrfToken;
  check(view: RequestView): CsrfTokenState;
}

const readOptions = optionsOf<CsrfTokensOptions>('createCsrfTokens', {
  keys: true,
  bindingOf: true,
  header: true,
  cookie: true,
  secure: true,
});

const owner = 'createCsrfTokens';
const purpose = 'csrf-token-1';

/** The longest lifetime of a session: a token that ended before its session would lock its user out, and after it is worth nothing. */
const lifetimeSeconds = 366 * 86_400;

const shape = /^1\.([\w-]{22})\.([\w-]{43})$/;

/**
 * Signed double-submit tokens (OWASP, Cross-Site Request Forgery Prevention Cheat Sheet): a cookie and a header that are
 * equal and signed for this session. For clients whose browser sends neither `Sec-Fetch-Site` nor `Origin`, or where a second
 * line of defence is asked for; give them to `createSecurity({ csrf: { tokens } })`.
 *
 * @throws OptionsError
 *
 * @example
 * const tokens = createCsrfTokens({ keys: [config.SESSION_KEY], bindingOf: (view) => sessions.bindingOf(view.header('cookie')) });
 * const security = createSecurity({ csrf: { tokens } });
 * await session.login(user.id);
 * res.append('Set-Cookie', tokens.issue(session.handle).cookie);
 * // on pages with forms, that of the login among them: the session of this cookie may have ended, and its token is asked for all the same
 * const binding = sessions.bindingOf(req.headers.cookie);
 * if (binding !== undefined) res.append('Set-Cookie', tokens.issue(binding).cookie);
 */
export function createCsrfTokens(options: CsrfTokensOptions): CsrfTokens {
  const { keys, bindingOf, header = 'x-csrf-token', secure = true } = readOptions(options);
  const { cookie = secure ? '__Host-csrf' : 'csrf' } = options;
  if (typeof bindingOf !== 'function') throw invalidOption(owner, 'bindingOf', 'a function of the request');
  if (!/^[a-z0-9-]{1,64}$/.test(header)) throw invalidOption(owner, 'header', 'a name in lower case');
  if (!/^(?:__Host-)?[a-zA-Z0-9-][\w-]{0,63}$/.test(cookie) || cookie.startsWith('__Host-') !== secure) {
    throw invalidOption(
      owner,
      'cookie',
      secure ? 'a name that begins with __Host-' : 'a name without __Host-',
    );
  }
  const keyring = createKeyring(owner, 'keys', keys);
  return {
    issue(binding) {
      const nonce = randomBytes(16).toString('base64url');
      const token = `1.${nonce}.${keyring.sign(purpose, `${nonce}.${binding}`)}`;
      // Readable by scripts of the page, which is what it is for: another site's can neither read nor send it.
      const attributes = { maxAge: lifetimeSeconds, path: '/', secure, sameSite: 'strict' } as const;
      return { token, cookie: stringifySetCookie(cookie, token, attributes) };
    },
    check(view) {
      const binding = bindingOf(view);
      if (binding === undefined) return 'none';
      const given = view.header(header);
      if (given === undefined || given === '') return 'missing';
      const [, nonce, signature] = shape.exec(given) ?? [];
      if (nonce === undefined || signature === undefined) return 'foreign';
      if (parseCookie(view.header('cookie') ?? '')[cookie] !== given) return 'foreign';
      return keyring.verify(purpose, `${nonce}.${binding}`, signature) ? 'valid' : 'foreign';
    },
  };
}
