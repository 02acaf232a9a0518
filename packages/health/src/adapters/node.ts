import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Health } from '../health.js';
import type { HttpRecorder } from '../metrics/http-recorder.js';
import { measureResponse } from '../metrics/measure-response.js';
import { writeAnswer } from './write-answer.js';

/**
 * Answers health requests of a `node:http` or `node:http2` server; every other request goes on to `next`.
 *
 * @example
 * const endpoints = healthEndpoints(health);
 * const server = createServer((request, response) => endpoints(request, response, () => response.end('hello')));
 */
export function healthEndpoints(
  health: Pick<Health, 'answer'>,
): (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  next: () => void,
) => void {
  return (request, response, next) => {
    const answer = health.answer(request);
    if (answer === undefined) next();
    else answer.then((ready) => writeAnswer(response, ready)).catch(() => response.destroy()); // somebody wrapped it
  };
}

/**
 * Measures each request of a `node:http` or `node:http2` server.
 *
 * @param routeOf - The template of the route, such as `/orders/:id`, asked when the answer is complete; nothing for an
 * unknown path. Never the path itself: everybody could make as many series as they like.
 *
 * @example
 * const measure = measureHttp(metrics, (request) => routes.get(request));
 * const server = createServer((request, response) => measure(request, response, () => answer(request, response)));
 */
export function measureHttp(
  { http }: { readonly http: HttpRecorder },
  routeOf: (request: IncomingMessage | Http2ServerRequest) => string | undefined = () => undefined,
): (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  next: () => void,
) => void {
  return (request, response, next) => {
    measureResponse(http, request, response, () => routeOf(request));
    next();
  };
}
