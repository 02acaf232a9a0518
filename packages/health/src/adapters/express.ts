import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Health } from '../health.js';
import { expressRoute } from '../metrics/express-route.js';
import type { HttpRecorder } from '../metrics/http-recorder.js';
import { measureResponse } from '../metrics/measure-response.js';
import { writeAnswer } from './write-answer.js';

/**
 * Answers health requests in Express 4 or 5. Mount it right after `secure(security)`, whose limits leave probers out:
 * before redirects and authentication, which a prober must not meet.
 *
 * @example
 * app.use(healthEndpoints(health));
 */
export function healthEndpoints(
  health: Pick<Health, 'answer'>,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  return (request, response, next) => {
    const answer = health.answer(request);
    if (answer === undefined) next();
    else answer.then((ready) => writeAnswer(response, ready)).catch(next); // a middleware may have wrapped the response
  };
}

/**
 * Measures each request in Express 4 or 5 by the template of its route, nested routers included. Mount it right after the
 * health endpoints: what stands before it is not measured.
 *
 * @example
 * app.use(measureHttp(metrics));
 */
export function measureHttp({
  http,
}: {
  readonly http: HttpRecorder;
}): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    measureResponse(http, request, response, () => expressRoute(request));
    next();
  };
}
