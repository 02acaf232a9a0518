import { invalidOption, optionsOf, parseDuration, type RequestView } from '@seaworthy/contracts';
import type { HeaderPair } from '../decision.js';
import { compileOrigins, type Environment, type OriginMatcher, splitOrigins } from './origin-list.js';

/** Names shared with the `cors` package mean what they mean there. */
export interface CorsOptions {
  /** Who may read answers: a list, or text with commas; `https://*.example.com` is any one label; `*` alone is everybody. */
  readonly origins: string | readonly string[];
  /** Whether cookies may come along. @defaultValue false */
  readonly credentials?: boolean;
  /** @defaultValue ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'] */
  readonly methods?: readonly string[];
  /** Request headers that a script may set. @defaultValue ['Content-Type', 'Authorization'] */
  readonly allowedHeaders?: readonly string[];
  /** Answer headers that a script may read, beside those of the rate limits. @defaultValue [] */
  readonly exposedHeaders?: readonly string[];
  /** How long a browser may remember a preflight, at most `'1d'`. @defaultValue '10m' */
  readonly maxAge?: string;
  /** The status of a preflight. @defaultValue 204 */
  readonly optionsSuccessStatus?: 200 | 204;
}

export interface CorsResult {
  readonly headers: readonly HeaderPair[];
  /** Set when the request is a preflight: the status to answer with. */
  readonly preflight: number | undefined;
  /** The origin was named and is not on the list. */
  readonly refused: boolean;
}

export interface CorsPlan {
  apply(view: RequestView): CorsResult;
  /** The origins that may send cookies, for the CSRF check; `undefined` when none may. */
  readonly credentialed: OriginMatcher | undefined;
}

const owner = 'createSecurity cors';

const readOptions = optionsOf<CorsOptions>(owner, {
  origins: true,
  credentials: true,
  methods: true,
  allowedHeaders: true,
  exposedHeaders: true,
  maxAge: true,
  optionsSuccessStatus: true,
});

const rememberedOrigins = 1_024;

const token = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Compiles a CORS policy. `exposed` are the headers that must stay readable on every answer, rejections among them. */
export function planCors(
  options: CorsOptions,
  environment: Environment,
  exposed: readonly string[],
): CorsPlan {
  const {
    origins,
    credentials = false,
    methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'],
    allowedHeaders = ['Content-Type', 'Authorization'],
    exposedHeaders = [],
    maxAge = '10m',
    optionsSuccessStatus = 204,
  } = readOptions(options);
  const rules = { owner, name: 'origins', environment };
  const everybody = splitOrigins(origins, rules).includes('*');
  if (everybody && credentials) {
    throw invalidOption(
      owner,
      'origins',
      'a list when credentials are on: * would let every site act as the visitor',
    );
  }
  if (everybody && splitOrigins(origins, rules).length > 1)
    throw invalidOption(owner, 'origins', '* alone, or a list');
  const allows = everybody ? () => true : compileOrigins(origins, rules);
  if (optionsSuccessStatus !== 200 && optionsSuccessStatus !== 204) {
    throw invalidOption(owner, 'optionsSuccessStatus', '200 or 204');
  }

  const readable = joinTokens('exposedHeaders', [...new Set([...exposedHeaders, ...exposed])]);
  const forAnswer: readonly HeaderPair[] = [
    ...(credentials ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
    ...(readable === '' ? [] : [['Access-Control-Expose-Headers', readable] as const]),
  ];
  const forPreflight: readonly HeaderPair[] = [
    ...(credentials ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
    ['Access-Control-Allow-Methods', joinTokens('methods', methods)],
    ['Access-Control-Allow-Headers', joinTokens('allowedHeaders', allowedHeaders)],
    ['Access-Control-Max-Age', String(maxAgeSeconds(maxAge))],
  ];
  const vary: HeaderPair = ['Vary', 'Origin'];
  const varyPreflight: HeaderPair = [
    'Vary',
    'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  ];

  const resultFor = (origin: string | undefined, preflight: boolean): CorsResult => {
    const allowed = origin !== undefined && allows(origin);
    // Vary goes on refusals and on requests without an Origin too: a cache must not give one's answer to another.
    const first = everybody ? [] : [preflight ? varyPreflight : vary];
    const allow: readonly HeaderPair[] = everybody
      ? [['Access-Control-Allow-Origin', '*']]
      : allowed
        ? [['Access-Control-Allow-Origin', origin]]
        : [];
    const rest = everybody || allowed ? (preflight ? forPreflight : forAnswer) : [];
    return {
      headers: [...first, ...allow, ...rest],
      preflight: preflight ? optionsSuccessStatus : undefined,
      refused: origin !== undefined && !allowed,
    };
  };
  /** What ordinary requests get, by their origin. */
  const known = new Map<string | undefined, CorsResult>();

  return {
    credentialed: credentials ? allows : undefined,
    apply(view) {
      const origin = view.header('origin');
      if (
        view.method === 'OPTIONS' &&
        origin !== undefined &&
        view.header('access-control-request-method') !== undefined
      ) {
        return resultFor(origin, true);
      }
      const before = known.get(origin);
      if (before !== undefined) return before;
      const result = resultFor(origin, false);
      // Refused origins are anybody's invention; those of a wildcard could be many.
      if (!result.refused && known.size < rememberedOrigins) known.set(origin, result);
      return result;
    },
  };
}

function maxAgeSeconds(maxAge: string): number {
  if (typeof maxAge !== 'string') throw invalidOption(owner, 'maxAge', "a duration such as '10m'");
  const seconds = Math.floor(parseDuration(maxAge) / 1_000);
  if (seconds > 86_400) throw invalidOption(owner, 'maxAge', 'at most a day, where browsers cut it anyway');
  return seconds;
}

function joinTokens(name: string, values: readonly string[]): string {
  if (!Array.isArray(values) || !values.every((value) => token.test(value))) {
    throw invalidOption(owner, name, 'a list of names');
  }
  return values.join(',');
}
