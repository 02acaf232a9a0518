import {
  type Clock,
  type Closable,
  type Environment,
  type HealthCheck,
  type Logger,
  type Metrics,
  optionsOf,
  type RequestView,
  readEnvironment,
  silentLogger,
  silentMetrics,
  systemClock,
} from '@seaworthy/contracts';
import type { BreakerChange } from './breaker.js';
import { type ClientIp, clientIp, stranger } from './client-ip/client-ip.js';
import { ClientView } from './client-view.js';
import { type CorsPackageOptions, planCorsPackage } from './cors/cors-package.js';
import type { CorsResult } from './cors/cors-plan.js';
import { type CorsOptions, planCors } from './cors/cors-policy.js';
import { type CsrfOptions, csrfRejection, planCsrf } from './csrf.js';
import type { Client, Decision, HeaderPair, Verdict } from './decision.js';
import {
  type HeadersOptions,
  type HttpExchange,
  planHeaders,
  type ResponseHeaders,
} from './headers/response-headers.js';
import { createLimiter, type LimitResult, type LimitsOptions } from './limits/limiter.js';
import { deny } from './problem.js';
import { report } from './report.js';
import type { SecurityEvent } from './security-event.js';
import { type HttpsRedirectOptions, planHttpsRedirect } from './transport/https-redirect.js';

export interface SecurityOptions {
  /** @defaultValue the strict `html` profile */
  readonly headers?: HeadersOptions;
  /** How the client's address is found. @defaultValue the socket's other end, no header believed */
  readonly clientIp?: ClientIp;
  /**
   * Sends requests that came over plain HTTP to https; health paths are answered. `true` for its defaults. Behind a proxy
   * that ends TLS, name the proxy in `clientIp`, or everything is redirected for ever.
   * @defaultValue false
   */
  readonly httpsRedirect?: HttpsRedirectOptions | boolean;
  /** Who may read answers from another origin: our options with `origins`, or those of the `cors` package with `origin`. @defaultValue nobody */
  readonly cors?: CorsOptions | CorsPackageOptions;
  /** @defaultValue no limit */
  readonly limits?: LimitsOptions;
  /** `false` where no request carries a cookie. @defaultValue {} */
  readonly csrf?: CsrfOptions | false;
  /** `staging` and `production` refuse `http:` origins. @defaultValue 'production' */
  readonly environment?: Environment;
  /** Called for every refusal and every change of the store. What it throws is logged and changes nothing. */
  readonly onEvent?: (event: SecurityEvent) => void;
  /** @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue silentMetrics */
  readonly metrics?: Metrics;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export interface Security extends Closable {
  /**
   * Decides one request: which headers its answer carries, and whether it passes, is a preflight, or is refused. Answers
   * in the same turn unless a limit is kept outside the process. Never waits longer than that store's deadline.
   *
   * @param exchange - needed only where a CSP directive is a function of request and response.
   * What functions in the options throw is a verdict, `failed`, and so is an exchange that is needed and not there.
   */
  decide(view: RequestView, exchange?: HttpExchange): Decision | Promise<Decision>;
  /** Degraded while limits are counted in this process because their store is down. Asks nothing. */
  healthCheck(): HealthCheck<'local'>;
}

const readOptions = optionsOf<SecurityOptions>('createSecurity', {
  headers: true,
  clientIp: true,
  httpsRedirect: true,
  cors: true,
  limits: true,
  csrf: true,
  environment: true,
  onEvent: true,
  logger: true,
  metrics: true,
  clock: true,
});

/**
 * Puts headers, client address, CORS, rate limits and CSRF together in the one right order, for any framework.
 *
 * @throws OptionsError for every option that is unknown or unsafe; helmet's own errors for its options.
 *
 * @example
 * const security = createSecurity({
 *   clientIp: clientIp({ trust: ['10.0.0.0/8'] }),
 *   cors: { origins: 'https://app.example.com', credentials: true },
 *   limits: { policies: [policy('ip', { limit: 100, per: '1m' })] },
 * });
 * app.use(secure(security)); // from '@seaworthy/security/express'
 */
export function createSecurity(options: SecurityOptions = {}): Security {
  const {
    clientIp: findClient = clientIp({ trust: [] }),
    csrf = {},
    logger = silentLogger,
    metrics = silentMetrics,
    clock = systemClock,
  } = readOptions(options);
  const environment = readEnvironment('createSecurity', options.environment);
  const tell = report({ onEvent: options.onEvent, logger, metrics });
  const onStoreChange = (change: BreakerChange): void =>
    change.state === 'down'
      ? tell({ type: 'limit-store-down', reason: change.reason })
      : tell({ type: 'limit-store-up', downMs: change.downMs });
  const headers = planHeaders(options.headers);
  const { httpsRedirect = false } = options;
  const redirect =
    httpsRedirect === false ? undefined : planHttpsRedirect(httpsRedirect === true ? {} : httpsRedirect);
  const limiter = options.limits && createLimiter(options.limits, { clock, metrics, onStoreChange });
  const exposed = limiter?.headerNames ?? [];
  const cors =
    options.cors &&
    (usesCorsPackage(options.cors)
      ? planCorsPackage(options.cors, { environment, exposed, clock })
      : planCors(options.cors, environment, exposed));
  const crossSite = csrf === false ? undefined : planCsrf(csrf, environment, cors?.credentialed);

  function judge(
    view: RequestView,
    client: Client,
    nonce: string | undefined,
    limits: LimitResult | undefined,
  ): Verdict {
    const refused = limits?.refused;
    if (refused?.kind === 'limited') {
      tell({ type: 'limited', policy: refused.policy, client, retryAfterMs: refused.retryAfterMs });
      const seconds = Math.max(1, Math.ceil(refused.retryAfterMs / 1_000));
      const detail = `Too many requests. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
      return deny(client, { status: 429, code: 'RATE_LIMITED', detail, message: limiter?.message });
    }
    if (refused?.kind === 'unavailable') {
      tell({ type: 'limit-unavailable', policy: refused.policy, client });
      const detail = 'The request could not be counted and was not run. Try again shortly.';
      return deny(client, { status: 503, code: 'RATE_LIMIT_UNAVAILABLE', detail });
    }
    const reason = crossSite?.(view, client);
    if (reason !== undefined) {
      tell({ type: 'csrf', reason, client });
      return deny(client, csrfRejection(reason));
    }
    return { kind: 'pass', client, nonce };
  }

  function afterCors(
    view: RequestView,
    client: Client,
    set: readonly HeaderPair[],
    nonce: string | undefined,
    shared: CorsResult | undefined,
  ): Decision | Promise<Decision> {
    const base: readonly HeaderPair[] = shared === undefined ? set : [...set, ...shared.headers];
    if (shared?.preflight !== undefined) {
      if (shared.refused)
        tell({ type: 'cors-refused', origin: (view.header('origin') ?? '').slice(0, 256), client });
      return {
        headers: base,
        remove: headers.remove,
        verdict: { kind: 'preflight', client, status: shared.preflight },
      };
    }
    const conclude = (limits: LimitResult | undefined): Decision => ({
      headers: limits === undefined ? base : [...base, ...limits.headers],
      remove: headers.remove,
      verdict: judge(view, client, nonce, limits),
    });
    const failed = (error: unknown): Decision => failure(client, base, error);
    try {
      const limits = limiter?.check(new ClientView(view, client));
      return limits instanceof Promise ? limits.then(conclude).catch(failed) : conclude(limits);
    } catch (error) {
      return failed(error);
    }
  }

  /** The error of a function in the options belongs to the host, and its answer still gets the headers. */
  function failure(client: Client, set: readonly HeaderPair[], error: unknown): Decision {
    return { headers: set, remove: headers.remove, verdict: { kind: 'failed', client, error } };
  }

  const close = async (): Promise<void> => undefined; // nothing is held between requests, neither timers nor connections

  return {
    decide(view, exchange) {
      let client: Client | undefined;
      let said: ResponseHeaders;
      try {
        client = findClient(view);
        said = headers.headers(client.secure, exchange);
      } catch (error) {
        const asker = client ?? stranger(view);
        return failure(asker, headers.withoutFunctions(asker.secure).set, error);
      }
      const { set, nonce } = said;
      const elsewhere = redirect?.(view, client);
      if (elsewhere === 'no host') {
        const detail =
          'The Host header is no name of this service, so there is nowhere to send this request to.';
        const verdict = deny(client, { status: 400, code: 'INVALID_HOST', detail });
        return { headers: set, remove: headers.remove, verdict };
      }
      if (elsewhere !== undefined) {
        const { status, location } = elsewhere;
        return {
          headers: [...set, ['Location', location]],
          remove: headers.remove,
          verdict: { kind: 'redirect', client, status },
        };
      }
      try {
        const shared = cors?.apply(view);
        return shared instanceof Promise
          ? shared.then(
              (known) => afterCors(view, client, set, nonce, known),
              (error: unknown) => failure(client, set, error),
            )
          : afterCors(view, client, set, nonce, shared);
      } catch (error) {
        return failure(client, set, error);
      }
    },
    healthCheck: () => ({
      kind: 'local',
      probe: async () =>
        (limiter?.storeUp ?? true)
          ? undefined
          : {
              status: 'degraded',
              reason: 'the store of the rate limits is down; they follow their onStoreDown',
            },
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Our options are told by `origins`. */
function usesCorsPackage(options: CorsOptions | CorsPackageOptions): options is CorsPackageOptions {
  return 'origin' in options;
}
