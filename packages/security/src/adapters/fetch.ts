import { invalidOption, optionsOf, type RequestView } from '@seaworthy/contracts';
import type { Decision } from '../decision.js';
import type { Security } from '../security.js';
import { SecurityError } from '../security-error.js';
import type { RequestSecurity } from './exchange.js';

export type { RequestSecurity } from './exchange.js';

/** A Web-standard handler, such as `app.fetch` of Hono; what else its host gives it is passed on. */
export type FetchHandler<Rest extends readonly unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

export interface FetchOptions<Rest extends readonly unknown[]> {
  /** The address of the socket's other end, which a Request does not know: `(request, env) => env.incoming.socket.remoteAddress`. */
  readonly peer: (request: Request, ...rest: Rest) => string | undefined;
  /** Told what the handler or a function of the options threw; the client gets a 500 with the headers. */
  readonly onError: (error: unknown, request: Request) => void;
}

const readOptions = optionsOf<FetchOptions<readonly unknown[]>>('secure', { peer: true, onError: true });

const known = new WeakMap<Request, RequestSecurity>();

/**
 * Puts a {@link Security} in front of a Web-standard handler: Hono, or anything from Request to Response.
 *
 * @example
 * const fetch = secure(security, app.fetch, { peer: (_request, env) => env.incoming.socket.remoteAddress, onError });
 * serve({ fetch, port: 3000 }); // of @hono/node-server
 */
export function secure<Rest extends readonly unknown[]>(
  security: Security,
  handler: FetchHandler<Rest>,
  options: FetchOptions<Rest>,
): FetchHandler<Rest> {
  const { peer, onError } = options;
  readOptions({ ...options, peer: () => undefined });
  for (const [name, value] of Object.entries({ peer, onError })) {
    if (typeof value !== 'function') throw invalidOption('secure', name, 'a function');
  }
  const failed = (error: unknown, request: Request): Response => {
    onError(error, request);
    return new Response(
      '{"type":"about:blank","title":"Internal Server Error","status":500,"code":"INTERNAL_ERROR"}',
      {
        status: 500,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      },
    );
  };
  return async (request, ...rest) => {
    let decision: Decision;
    try {
      decision = await security.decide(
        viewOf(
          request,
          once(() => peer(request, ...rest)),
        ),
      );
    } catch (error) {
      return failed(error, request);
    }
    const { verdict } = decision;
    if (verdict.kind === 'failed') return withHeaders(failed(verdict.error, request), decision);
    if (verdict.kind === 'deny') {
      const headers = { 'content-type': verdict.contentType, 'cache-control': 'no-store' };
      return withHeaders(new Response(verdict.body, { status: verdict.status, headers }), decision);
    }
    if (verdict.kind !== 'pass') return withHeaders(new Response(null, { status: verdict.status }), decision);
    known.set(request, { client: verdict.client, nonce: verdict.nonce });
    try {
      return withHeaders(await handler(request, ...rest), decision);
    } catch (error) {
      return withHeaders(failed(error, request), decision);
    }
  };
}

/** The client and the nonce of a request that {@link secure} let through. */
export function securityOf(request: Request): RequestSecurity {
  const security = known.get(request);
  if (security !== undefined) return security;
  throw new SecurityError('This request was not decided. Put secure() around the handler that asks.', {
    code: 'SECURITY_NOT_MOUNTED',
  });
}

/** On the other hosts a handler comes later and may replace a header of ours; so here what it has set stays. */
function withHeaders(response: Response, { headers, remove }: Decision): Response {
  const all = new Headers(response.headers);
  for (const name of remove) all.delete(name);
  for (const [name, value] of headers) {
    if (name === 'Vary') all.append(name, value);
    else if (!all.has(name)) all.set(name, value);
  }
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers: all });
}

/** What is thrown is thrown where the view is read: in the decision, whose headers are on the answer all the same. */
function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}

function viewOf(request: Request, peerOf: () => string | undefined): RequestView {
  const { pathname, search, host, protocol } = new URL(request.url);
  return {
    method: request.method,
    url: pathname + search,
    host: request.headers.get('host') ?? host,
    get peer() {
      return peerOf();
    },
    encrypted: protocol === 'https:',
    header: (name) => request.headers.get(name) ?? undefined,
  };
}
