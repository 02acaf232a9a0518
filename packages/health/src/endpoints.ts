import { type Clock, type RequestView, withDeadline } from '@seaworthy/contracts';
import type { AnyRequest } from './any-request.js';
import type { Describe, Format } from './formats/format.js';
import type { HealthStatus, HealthView } from './health-view.js';
import type { MetricsSource } from './metrics/metrics-source.js';
import { statusPage } from './page/status-page.js';
import { statusScript } from './page/status-script.js';
import { statusIcon, statusStyle } from './page/status-style.js';
import { requestView } from './request-view.js';

/** A complete answer, for whichever framework is to send it. */
export interface HealthAnswer {
  readonly statusCode: 200 | 403 | 500 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Endpoint = 'livez' | 'readyz' | 'startupz' | 'health';

export interface EndpointsOptions {
  readonly prefix: string;
  readonly format: Format;
  readonly details: (request: RequestView) => boolean | PromiseLike<boolean>;
  readonly describe: Describe;
  /** Whether people are shown a page. */
  readonly page: boolean;
  readonly metrics: MetricsSource | undefined;
  readonly metricsPath: string;
  readonly clock: Clock;
  /** Told why an answer is a 500. */
  readonly onFailure: (error: unknown) => void;
  /** Told why metrics are missing in a scrape. */
  readonly onLeftOut: (error: unknown) => void;
  /** The view that an endpoint shows now; `undefined` when there is no check of that name. */
  readonly view: (endpoint: Endpoint, check: string | undefined) => HealthView | undefined;
}

/** Answers a request that is for one of the endpoints; `undefined` when it is for the application. */
export type Endpoints = (request: AnyRequest) => Promise<HealthAnswer> | undefined;

const paths: ReadonlyMap<string, Endpoint> = new Map([
  ['/livez', 'livez'],
  ['/readyz', 'readyz'],
  ['/startupz', 'startupz'],
  ['/health', 'health'],
]);
const single = '/health/';
const pagePath = '/health/status';

const pageFiles: ReadonlyMap<string, HealthAnswer> = new Map([
  [`${pagePath}.css`, answerWith(200, 'text/css; charset=utf-8', statusStyle)],
  [`${pagePath}.svg`, answerWith(200, 'image/svg+xml', statusIcon)],
  [`${pagePath}.js`, answerWith(200, 'text/javascript; charset=utf-8', statusScript)],
]);

/** An application's own policy may allow more than this page needs, and a service without one has none. */
const pagePolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { prefix, format, describe, view, page, metrics, metricsPath } = options;

  function viewFor(path: string): HealthView | undefined {
    const endpoint = paths.get(path);
    if (endpoint !== undefined) return view(endpoint, undefined);
    return path.startsWith(single) ? view('health', path.slice(single.length)) : undefined;
  }

  /** What answers that path, if anything. */
  function find(path: string): ((request: AnyRequest) => Promise<HealthAnswer>) | undefined {
    if (page && path.startsWith(pagePath)) {
      const found = view('health', undefined);
      if (found !== undefined && path === pagePath) return (request) => answerPage(request, found);
      const file = found === undefined ? undefined : pageFiles.get(path);
      if (file !== undefined) return async () => file;
    }
    if (metrics !== undefined && path === metricsPath) return (request) => answerScrape(request, metrics);
    const found = viewFor(path);
    return found === undefined ? undefined : (request) => answer(request, found);
  }

  /** A collector of the application's own may throw; a rejection that nobody handles would end the process. */
  function failed(error: unknown): HealthAnswer {
    options.onFailure(error);
    return answerWith(500, 'text/plain; charset=utf-8', 'failed\n');
  }

  async function answerScrape(request: AnyRequest, source: MetricsSource): Promise<HealthAnswer> {
    if (!(await allowed(options, request)))
      return answerWith(403, 'text/plain; charset=utf-8', 'forbidden\n');
    const { contentType, body, failures = [] } = await source.scrape();
    for (const error of failures) options.onLeftOut(error);
    return answerWith(200, contentType, body);
  }

  async function answer(request: AnyRequest, found: HealthView): Promise<HealthAnswer> {
    const detailed = await allowed(options, request);
    const body = JSON.stringify(format.body(found, detailed ? describe : undefined));
    return answerWith(codeOf(found.status), format.contentType, body);
  }

  async function answerPage(request: AnyRequest, found: HealthView): Promise<HealthAnswer> {
    const details = (await allowed(options, request))
      ? { describe, http: metrics?.httpSummary() }
      : undefined;
    const made = answerWith(codeOf(found.status), 'text/html; charset=utf-8', statusPage(found, details));
    return { ...made, headers: { ...made.headers, 'content-security-policy': pagePolicy } };
  }

  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const found =
      find(path) ?? (prefix !== '' && path.startsWith(prefix) ? find(path.slice(prefix.length)) : undefined);
    return found?.(request).catch(failed);
  };
}

function answerWith(statusCode: HealthAnswer['statusCode'], contentType: string, body: string): HealthAnswer {
  return {
    statusCode,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-store',
      'content-length': String(Buffer.byteLength(body)),
      'x-content-type-options': 'nosniff',
    },
    body,
  };
}

function codeOf(status: HealthStatus): 200 | 503 {
  return status === 'fail' ? 503 : 200;
}

/** A prober has little time, and whoever cannot be judged within it is anyone. */
const judgeMs = 1_000;

async function allowed(
  { details, clock }: Pick<EndpointsOptions, 'details' | 'clock'>,
  request: AnyRequest,
): Promise<boolean> {
  try {
    const judged = details(requestView(request));
    if (typeof judged === 'boolean') return judged;
    return (await withDeadline(() => judged, { timeoutMs: judgeMs, what: 'details', clock })) === true;
  } catch {
    return false;
  }
}
