import type { RequestView } from '@seaworthy/contracts';
import type { HeaderPair } from '../decision.js';
import type { OriginMatcher } from './origin-list.js';

export interface CorsResult {
  readonly headers: readonly HeaderPair[];
  /** Set when the request is a preflight: the status to answer with. */
  readonly preflight: number | undefined;
  /** The origin was named and is not on the list. */
  readonly refused: boolean;
}

export interface CorsPlan {
  apply(view: RequestView): CorsResult | Promise<CorsResult>;
  /** The origins that may send cookies, for the CSRF check; `undefined` when none may. */
  readonly credentialed: OriginMatcher | undefined;
}

/** A policy that is read and checked. */
export interface CorsSettings {
  readonly allows: OriginMatcher | '*';
  readonly credentials: boolean;
  readonly methods: string;
  /** `undefined` allows whatever a preflight names. */
  readonly allowedHeaders: string | undefined;
  readonly exposedHeaders: string;
  readonly maxAgeSeconds: number | undefined;
  /** `undefined` leaves answering preflights to the application. */
  readonly preflightStatus: number | undefined;
}

const rememberedOrigins = 1_024;

/** What may be echoed into a header: names and commas. */
const fieldNames = /^[!#$%&'*+.^_`|~\w-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~\w-]+)*$/;

/** Works the headers out once per origin. */
export function corsPlan({
  allows,
  credentials,
  methods,
  allowedHeaders,
  exposedHeaders,
  maxAgeSeconds,
  preflightStatus,
}: CorsSettings): CorsPlan {
  const everybody = allows === '*';
  const forAnswer: readonly HeaderPair[] = [
    ...(credentials ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
    ...(exposedHeaders === '' ? [] : [['Access-Control-Expose-Headers', exposedHeaders] as const]),
  ];
  const forPreflight: readonly HeaderPair[] = [
    ...(credentials ? [['Access-Control-Allow-Credentials', 'true'] as const] : []),
    ['Access-Control-Allow-Methods', methods],
    ...(allowedHeaders === undefined || allowedHeaders === ''
      ? []
      : [['Access-Control-Allow-Headers', allowedHeaders] as const]),
    ...(maxAgeSeconds === undefined ? [] : [['Access-Control-Max-Age', String(maxAgeSeconds)] as const]),
  ];
  const vary: HeaderPair = ['Vary', 'Origin'];
  const varyHeaders: HeaderPair = ['Vary', 'Access-Control-Request-Headers'];
  const varyPreflight: HeaderPair = [
    'Vary',
    'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  ];

  const resultFor = (
    origin: string | undefined,
    preflight: boolean,
    wanted: string | undefined,
  ): CorsResult => {
    const allowed = origin !== undefined && (everybody || allows(origin));
    // Vary goes on refusals and on requests without an Origin too: a cache must not give one's answer to another.
    const asked = allowedHeaders === undefined && wanted !== undefined && fieldNames.test(wanted);
    const first = everybody
      ? preflight && allowedHeaders === undefined
        ? [varyHeaders]
        : []
      : [preflight ? varyPreflight : vary];
    const allow: readonly HeaderPair[] = everybody
      ? [['Access-Control-Allow-Origin', '*']]
      : allowed
        ? [['Access-Control-Allow-Origin', origin]]
        : [];
    const rest = everybody || allowed ? (preflight ? forPreflight : forAnswer) : [];
    const granted: readonly HeaderPair[] =
      preflight && asked && (everybody || allowed) ? [['Access-Control-Allow-Headers', wanted]] : [];
    return {
      headers: [...first, ...allow, ...rest, ...granted],
      preflight: preflight ? preflightStatus : undefined,
      refused: origin !== undefined && !allowed,
    };
  };
  /** What ordinary requests get, by their origin. */
  const known = new Map<string | undefined, CorsResult>();

  return {
    credentialed: credentials && !everybody ? allows : undefined,
    apply(view) {
      const origin = view.header('origin');
      if (
        view.method === 'OPTIONS' &&
        origin !== undefined &&
        view.header('access-control-request-method') !== undefined
      ) {
        return resultFor(origin, true, view.header('access-control-request-headers'));
      }
      const before = known.get(origin);
      if (before !== undefined) return before;
      const result = resultFor(origin, false, undefined);
      // Refused origins are anybody's invention; those of a wildcard could be many.
      if (!result.refused && known.size < rememberedOrigins) known.set(origin, result);
      return result;
    },
  };
}
