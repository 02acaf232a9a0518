import { type Environment, invalidOption, optionsOf, parseDuration } from '@seaworthy/contracts';
import { type CorsPlan, corsPlan } from './cors-plan.js';
import { compileOrigins, splitOrigins } from './origin-list.js';

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

  return corsPlan({
    allows: everybody ? '*' : allows,
    credentials,
    methods: joinTokens('methods', methods),
    allowedHeaders: joinTokens('allowedHeaders', allowedHeaders),
    exposedHeaders: joinTokens('exposedHeaders', [...new Set([...exposedHeaders, ...exposed])]),
    maxAgeSeconds: maxAgeSeconds(maxAge),
    preflightStatus: optionsSuccessStatus,
  });
}

function maxAgeSeconds(maxAge: string): number {
  if (typeof maxAge !== 'string') throw invalidOption(owner, 'maxAge', "a duration such as '10m'");
  const seconds = Math.floor(parseDuration(maxAge) / 1_000);
  if (seconds > 86_400) throw invalidOption(owner, 'maxAge', 'at most a day, where browsers cut it anyway');
  return seconds;
}

export function joinTokens(name: string, values: readonly string[]): string {
  if (!Array.isArray(values) || !values.every((value) => token.test(value))) {
    throw invalidOption(owner, name, 'a list of names');
  }
  return values.join(',');
}
