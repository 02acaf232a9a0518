import { type Clock, type RequestView, withDeadline } from '@seaworthy/contracts';
import type { Describe, Format } from './formats/format.js';
import type { HealthStatus, HealthView } from './health-view.js';
import { requestView } from './request-view.js';
import type { AnyRequest } from './server-tracker.js';

/** A complete answer, for whichever framework is to send it. */
export interface HealthAnswer {
  readonly statusCode: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Endpoint = 'livez' | 'readyz' | 'startupz' | 'health';

export interface EndpointsOptions {
  readonly prefix: string;
  readonly format: Format;
  readonly details: (request: RequestView) => boolean | PromiseLike<boolean>;
  readonly describe: Describe;
  readonly clock: Clock;
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

export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { prefix, format, describe, view } = options;

  function viewFor(path: string): HealthView | undefined {
    const endpoint = paths.get(path);
    if (endpoint !== undefined) return view(endpoint, undefined);
    return path.startsWith(single) ? view('health', path.slice(single.length)) : undefined;
  }

  async function answer(request: AnyRequest, found: HealthView): Promise<HealthAnswer> {
    const detailed = await allowed(options, request);
    const body = JSON.stringify(format.body(found, detailed ? describe : undefined));
    return {
      statusCode: codeOf(found.status),
      headers: {
        'content-type': format.contentType,
        'cache-control': 'no-store',
        'content-length': String(Buffer.byteLength(body)),
      },
      body,
    };
  }

  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const found =
      viewFor(path) ??
      (prefix !== '' && path.startsWith(prefix) ? viewFor(path.slice(prefix.length)) : undefined);
    return found === undefined ? undefined : answer(request, found);
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
