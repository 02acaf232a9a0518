import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What a route of the suite sees, the same on every host. */
export interface RouteRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON, `undefined` without a body. */
  readonly body: unknown;
  readonly raw: IncomingMessage;
  /** The host's own request object: where an Express or Fastify adapter hangs its things. */
  readonly native: object;
}

export interface RouteReply {
  /** @defaultValue 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes as text, an async iterable in chunks as it yields, anything else as JSON. */
  readonly body?: unknown;
}

/** A route that every host serves in its own way. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/users/:user` */
  readonly path: string;
  /** Where the router that holds it is mounted: `/tenants/:tenant`. A nested router in Express, a plugin with a prefix in Fastify. */
  readonly under?: string;
  readonly handle: (request: RouteRequest) => RouteReply | Promise<RouteReply>;
}

/** What a host makes of a reply. */
export interface PlainReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<string>;
}

export function plainReply({ status = 200, headers = {}, body }: RouteReply): PlainReply {
  const type = (value: string): Readonly<Record<string, string>> => ({ 'content-type': value, ...headers });
  if (body === undefined) return { status, headers, body: '' };
  if (typeof body === 'string') return { status, headers: type('text/plain; charset=utf-8'), body };
  if (isChunks(body)) return { status, headers: type('text/plain; charset=utf-8'), body };
  return { status, headers: type('application/json; charset=utf-8'), body: JSON.stringify(body) };
}

function isChunks(value: unknown): value is AsyncIterable<string> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
