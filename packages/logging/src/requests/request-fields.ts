import type { LogFields } from '@seaworthy/contracts';
import type { SchemaName } from '../lines/line-schema.js';

/** What a request's line says. */
export interface RequestFacts {
  readonly method: string | undefined;
  readonly url: string;
  readonly statusCode: number;
  readonly durationMs: number;
  readonly userAgent: string | null;
  readonly ip: string | null;
  readonly route: string | undefined;
  /** `true`, or absent. */
  readonly aborted: true | undefined;
}

/** The facts under the names of a schema. */
export const requestFields: Readonly<Record<SchemaName, (facts: RequestFacts) => LogFields>> = {
  winston: ({ method, url, statusCode, durationMs, userAgent, ip, route, aborted }) => ({
    method,
    url,
    statusCode,
    duration: durationMs,
    userAgent,
    ip,
    route,
    aborted,
  }),
  /** OpenTelemetry's semantic conventions for HTTP servers; the duration is in seconds, as in their metric. */
  otel: ({ method, url, statusCode, durationMs, userAgent, ip, route, aborted }) => {
    const query = url.indexOf('?');
    return {
      'http.request.method': method,
      'url.path': query === -1 ? url : url.slice(0, query),
      'url.query': query === -1 ? undefined : url.slice(query + 1),
      'http.response.status_code': statusCode,
      'http.server.request.duration': durationMs / 1_000,
      'user_agent.original': userAgent,
      'client.address': ip,
      'http.route': route,
      aborted,
    };
  },
  /** ECS; `event.duration` is in nanoseconds. */
  ecs: ({ method, url, statusCode, durationMs, userAgent, ip, route, aborted }) => ({
    'http.request.method': method,
    'url.original': url,
    'http.response.status_code': statusCode,
    'event.duration': Math.round(durationMs * 1_000_000),
    'user_agent.original': userAgent,
    'client.ip': ip,
    'http.route': route,
    aborted,
  }),
};
