import {
  type Clock,
  type Environment,
  invalidOption,
  optionsOf,
  type RequestView,
  wholeNumber,
  withDeadline,
} from '@seaworthy/contracts';
import cors from 'cors';
import type { HeaderPair } from '../decision.js';
import { type CorsPlan, type CorsResult, corsPlan } from './cors-plan.js';
import { joinTokens } from './cors-policy.js';
import { compileOrigins } from './origin-list.js';

/** What the `cors` package takes for one origin or several. */
export type CorsPackageOrigin = boolean | string | RegExp | ReadonlyArray<boolean | string | RegExp>;

/** Decides by origin, through a callback, at once or later. */
export type CorsOriginFunction = (
  origin: string | undefined,
  callback: (
    error: Error | null,
    allowed?: boolean | string | RegExp | Array<boolean | string | RegExp>,
  ) => void,
) => void;

/**
 * The options of the `cors` package, by their names and with their defaults. Patterns and `true` are refused at start: they let in
 * more than they seem to. A function is asked as `cors` asks it.
 */
export interface CorsPackageOptions {
  readonly origin?: CorsPackageOrigin | CorsOriginFunction | undefined;
  readonly methods?: string | readonly string[] | undefined;
  readonly allowedHeaders?: string | readonly string[] | undefined;
  readonly exposedHeaders?: string | readonly string[] | undefined;
  readonly credentials?: boolean | undefined;
  /** Seconds. */
  readonly maxAge?: number | undefined;
  readonly preflightContinue?: boolean | undefined;
  readonly optionsSuccessStatus?: number | undefined;
}

const owner = 'createSecurity cors';

const readOptions = optionsOf<CorsPackageOptions>(owner, {
  origin: true,
  methods: true,
  allowedHeaders: true,
  exposedHeaders: true,
  credentials: true,
  maxAge: true,
  preflightContinue: true,
  optionsSuccessStatus: true,
});

const functionTimeoutMs = 5_000;

export interface CorsContext {
  readonly environment: Environment;
  /** Headers that must stay readable on every answer. */
  readonly exposed: readonly string[];
  readonly clock: Clock;
}

/** The plan of static options is our own; only a function of the origin goes through `cors` for every request. */
export function planCorsPackage(options: CorsPackageOptions, context: CorsContext): CorsPlan | undefined {
  const { origin = '*', credentials = false, maxAge, preflightContinue = false } = readOptions(options);
  const { optionsSuccessStatus = 204 } = options;
  if (maxAge !== undefined) wholeNumber(owner, 'maxAge', maxAge, { min: 0, max: 86_400 });
  wholeNumber(owner, 'optionsSuccessStatus', optionsSuccessStatus, { min: 200, max: 299 });
  const methods = joinTokens('methods', listOf(options.methods ?? 'GET,HEAD,PUT,PATCH,POST,DELETE'));
  const named = listOf(options.allowedHeaders ?? []);
  const allowedHeaders = named.length === 0 ? undefined : joinTokens('allowedHeaders', named);
  const readable = [...new Set([...listOf(options.exposedHeaders ?? []), ...context.exposed])];
  const exposedHeaders = joinTokens('exposedHeaders', readable);
  const preflightStatus = preflightContinue ? undefined : optionsSuccessStatus;
  if (origin === false) return undefined; // as `cors` does: no header at all
  if (typeof origin === 'function') {
    return askedPlan(
      origin,
      { ...plain(options), exposedHeaders, credentials },
      preflightStatus,
      context.clock,
    );
  }
  const allows =
    origin === '*' ? origin : compileOrigins(asTexts(origin), { ...context, owner, name: 'origin' });
  if (allows === '*' && credentials) {
    throw invalidOption(
      owner,
      'origin',
      'a list when credentials are on: * would let every site act as the visitor',
    );
  }
  return corsPlan({
    allows,
    credentials,
    methods,
    allowedHeaders,
    exposedHeaders,
    maxAgeSeconds: maxAge,
    preflightStatus,
  });
}

/** `cors` wants mutable lists, and none of the names that it does not know as undefined. */
function plain({ methods, allowedHeaders, maxAge }: CorsPackageOptions): cors.CorsOptions {
  return {
    ...(methods === undefined ? {} : { methods: [...listOf(methods)] }),
    ...(allowedHeaders === undefined ? {} : { allowedHeaders: [...listOf(allowedHeaders)] }),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

/**
 * Runs `cors` for each request with an origin, and mends what it leaves out: Vary whatever the function says, an answer to refused
 * preflights, nothing for `null`, and no `*` with credentials.
 */
function askedPlan(
  origin: CorsOriginFunction,
  options: cors.CorsOptions,
  preflightStatus: number | undefined,
  clock: Clock,
): CorsPlan {
  const middleware = cors({ ...options, origin });

  function ask(view: RequestView, named: string, preflight: boolean): CorsResult | Promise<CorsResult> {
    const response = new Recorder();
    let settled: CorsResult | undefined;
    let failure: { readonly error: unknown } | undefined;
    let later: { resolve(result: CorsResult): void; reject(error: unknown): void } | undefined;
    const settle = (error?: unknown): void => {
      if (error !== undefined && error !== null) {
        failure = { error };
        later?.reject(error);
        return;
      }
      settled = response.result(
        preflight ? preflightStatus : undefined,
        preflight,
        options.credentials === true,
      );
      later?.resolve(settled);
    };
    response.end = () => settle();
    const headers = {
      origin: named,
      'access-control-request-headers': view.header('access-control-request-headers'),
    };
    middleware({ method: preflight ? 'OPTIONS' : 'GET', headers }, response, settle);
    if (failure !== undefined) throw failure.error;
    if (settled !== undefined) return settled;
    const answer = new Promise<CorsResult>((resolve, reject) => {
      later = { resolve, reject };
    });
    return withDeadline(() => answer, { timeoutMs: functionTimeoutMs, what: 'cors origin function', clock });
  }

  return {
    credentialed: undefined,
    apply(view) {
      const named = view.header('origin');
      const preflight =
        view.method === 'OPTIONS' &&
        named !== undefined &&
        view.header('access-control-request-method') !== undefined;
      if (named !== undefined && named !== 'null') return ask(view, named, preflight);
      return new Recorder().result(preflight ? preflightStatus : undefined, preflight, false);
    },
  };
}

/** A response for `cors` that goes nowhere. */
class Recorder {
  statusCode = 200;
  readonly #headers = new Map<string, string>();

  getHeader(name: string): string | undefined {
    return this.#headers.get(name);
  }
  setHeader(name: string, value: string): void {
    this.#headers.set(name, String(value));
  }
  end(): void {}

  result(preflightStatus: number | undefined, preflight: boolean, credentials: boolean): CorsResult {
    const allowed = this.#headers.get('Access-Control-Allow-Origin');
    const refused = allowed === undefined || (allowed === '*' && credentials);
    const vary: HeaderPair = [
      'Vary',
      preflight ? 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' : 'Origin',
    ];
    const shared = [...this.#headers].filter(([name]) => name.startsWith('Access-Control-'));
    return { headers: refused ? [vary] : [vary, ...shared], preflight: preflightStatus, refused };
  }
}

function asTexts(origin: Exclude<CorsPackageOrigin, false>): readonly string[] {
  const list: readonly unknown[] = Array.isArray(origin) ? origin : [origin];
  return list.map((each) => {
    if (typeof each === 'string' && each !== '*') return each;
    throw invalidOption(
      owner,
      'origin',
      'made of origins as text: true and patterns let in more than they seem to, and * stands alone',
    );
  });
}

function listOf(value: string | readonly string[]): readonly string[] {
  const list = typeof value === 'string' ? value.split(',') : value;
  return list.map((each) => each.trim()).filter((each) => each !== '');
}
