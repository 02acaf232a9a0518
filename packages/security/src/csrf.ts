import { type Environment, optionsOf, type RequestView } from '@seaworthy/contracts';
import { compileOrigins, type OriginMatcher } from './cors/origin-list.js';
import type { Client } from './decision.js';

export interface CsrfOptions {
  /** Other origins whose pages may send writes. @defaultValue the origins that `cors` lets send credentials */
  readonly trustedOrigins?: string | readonly string[];
  /**
   * Refuses a write with a cookie and without `Sec-Fetch-Site` and `Origin`. No browser since 2020 sends one; scripts with
   * a cookie jar do. @defaultValue false
   */
  readonly requireOrigin?: boolean;
}

/** Why a write was refused, or `undefined`. */
export type CsrfCheck = (view: RequestView, client: Client) => CsrfRefusal | undefined;

export type CsrfRefusal = 'cross-site' | 'foreign-origin' | 'no-origin';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const readOptions = optionsOf<CsrfOptions>('createSecurity csrf', {
  trustedOrigins: true,
  requireOrigin: true,
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
  const { trustedOrigins, requireOrigin = false } = readOptions(options);
  const trusts =
    trustedOrigins === undefined
      ? (credentialed ?? (() => false))
      : compileOrigins(trustedOrigins, { owner: 'createSecurity csrf', name: 'trustedOrigins', environment });

  return (view, client) => {
    if (safeMethods.has(view.method)) return undefined;
    if (/^bearer +\S/i.test(view.header('authorization') ?? '')) return undefined;
    const site = view.header('sec-fetch-site');
    if (site === 'same-origin' || site === 'none') return undefined;
    const origin = view.header('origin');
    if (site === undefined || site === '') {
      if (origin === undefined || origin === '') {
        return requireOrigin && view.header('cookie') !== undefined ? 'no-origin' : undefined;
      }
      if (isOurHost(origin, view, client)) return undefined;
    }
    if (origin !== undefined && trusts(origin)) return undefined;
    return site === undefined || site === '' ? 'foreign-origin' : 'cross-site';
  };
}

/** The scheme is left out, as Go does: behind a proxy that ends TLS the process cannot know it. */
function isOurHost(origin: string, view: RequestView, client: Client): boolean {
  if (!URL.canParse(origin)) return false;
  const { host, protocol } = new URL(origin);
  const forwarded = client.viaProxy ? view.header('x-forwarded-host') : undefined;
  return [view.host, forwarded].some((ours) => {
    if (ours === undefined || ours === '') return false;
    return URL.canParse(`${protocol}//${ours}`) && new URL(`${protocol}//${ours}`).host === host;
  });
}
