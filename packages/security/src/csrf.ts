import { type Environment, invalidOption, optionsOf, type RequestView, urlOf } from '@seaworthy/contracts';
import { compileOrigins, type OriginMatcher } from './cors/origin-list.js';
import type { CsrfTokens } from './csrf-tokens.js';
import type { Client } from './decision.js';
import type { Rejection } from './problem.js';

export interface CsrfOptions {
  /** Other origins whose pages may send writes. @defaultValue the origins that `cors` lets send credentials */
  readonly trustedOrigins?: string | readonly string[];
  /**
   * Refuses a write with a cookie and without `Sec-Fetch-Site` and `Origin`. No browser since 2020 sends one; scripts with
   * a cookie jar do. @defaultValue false
   */
  readonly requireOrigin?: boolean;
  /** Double-submit tokens, of `createCsrfTokens`. @defaultValue none are asked for */
  readonly tokens?: CsrfTokens;
  /**
   * Which writes of a session need a token: those whose origin the browser does not prove, or all. A valid one also stands in
   * for the origin that `requireOrigin` asks for; it never makes up for an origin that is foreign. @defaultValue 'unproven'
   */
  readonly requireToken?: 'unproven' | 'always';
}

/** Why a write was refused, or `undefined`. */
export type CsrfCheck = (view: RequestView, client: Client) => CsrfRefusal | undefined;

export type CsrfRefusal = 'cross-site' | 'foreign-origin' | 'no-origin' | 'no-token' | 'foreign-token';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const readOptions = optionsOf<CsrfOptions>('createSecurity csrf', {
  trustedOrigins: true,
  requireOrigin: true,
  tokens: true,
  requireToken: true,
});

/**
 * Refuses writes that another site's page makes a browser send, without tokens: by `Sec-Fetch-Site`, and where a browser
 * sends none, by comparing Origin with Host.
 *
 * The order is the one of `CrossOriginProtection` in Go's net/http (1.25); `same-site` is refused, because a neighbouring
 * subdomain is somebody else. A request with `Authorization: Bearer` passes: no other site can make a browser add it.
 */
export function planCsrf(
  options: CsrfOptions,
  environment: Environment,
  credentialed: OriginMatcher | undefined,
): CsrfCheck {
  const { trustedOrigins, requireOrigin = false, tokens, requireToken = 'unproven' } = readOptions(options);
  if (requireToken !== 'unproven' && requireToken !== 'always') {
    throw invalidOption('createSecurity csrf', 'requireToken', "'unproven' or 'always'");
  }
  const trusts =
    trustedOrigins === undefined
      ? (credentialed ?? (() => false))
      : compileOrigins(trustedOrigins, { owner: 'createSecurity csrf', name: 'trustedOrigins', environment });

  /** What the browser itself says. */
  function originOf(
    view: RequestView,
    client: Client,
  ): 'proven' | 'unproven' | 'cross-site' | 'foreign-origin' {
    const site = view.header('sec-fetch-site');
    if (site === 'same-origin' || site === 'none') return 'proven';
    const origin = view.header('origin');
    if (site === undefined || site === '') {
      if (origin === undefined || origin === '') return 'unproven';
      if (isOurHost(origin, view, client)) return 'proven';
    }
    if (origin !== undefined && trusts(origin)) return 'proven';
    return site === undefined || site === '' ? 'foreign-origin' : 'cross-site';
  }

  return (view, client) => {
    if (safeMethods.has(view.method)) return undefined;
    if (/^bearer +\S/i.test(view.header('authorization') ?? '')) return undefined;
    const origin = originOf(view, client);
    if (origin === 'cross-site' || origin === 'foreign-origin') return origin;
    if (origin === 'proven' && (tokens === undefined || requireToken === 'unproven')) return undefined;
    const token = tokens?.check(view) ?? 'none';
    if (token === 'missing') return 'no-token';
    if (token === 'foreign') return 'foreign-token';
    if (token === 'valid' || origin === 'proven') return undefined;
    return requireOrigin && view.header('cookie') !== undefined ? 'no-origin' : undefined;
  };
}

/** What the client of a refused write is told. */
export function csrfRejection(reason: CsrfRefusal): Rejection {
  if (reason === 'no-token' || reason === 'foreign-token') {
    const detail =
      'This write needs the token of its session, in its cookie and in its header. Ask for a new one.';
    return { status: 403, code: 'CSRF_TOKEN_REQUIRED', detail };
  }
  const detail =
    'A write from another origin was refused. If that origin is yours, add it to csrf.trustedOrigins.';
  return { status: 403, code: 'CROSS_ORIGIN_REQUEST', detail };
}

/** The scheme is left out, as Go does: behind a proxy that ends TLS the process cannot know it. */
function isOurHost(origin: string, view: RequestView, client: Client): boolean {
  const url = urlOf(origin);
  if (url === undefined) return false;
  const { host, protocol } = url;
  const forwarded = client.viaProxy ? view.header('x-forwarded-host') : undefined;
  return [view.host, forwarded].some((ours) => {
    if (ours === undefined || ours === '') return false;
    return urlOf(`${protocol}//${ours}`)?.host === host;
  });
}
