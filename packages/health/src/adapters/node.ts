import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Health } from '../health.js';
import { writeAnswer } from './write-answer.js';

/**
 * Answers health requests of a `node:http` or `node:http2` server; returns `false` for every other request.
 *
 * @example
 * const endpoints = healthEndpoints(health);
 * const server = createServer((request, response) => {
 *   if (endpoints(request, response)) return;
 *   response.end('hello');
 * });
 */
export function healthEndpoints(
  health: Pick<Health, 'answer'>,
): (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => boolean {
  return (request, response) => {
    const answer = health.answer(request);
    if (answer === undefined) return false;
    void answer.then((ready) => writeAnswer(response, ready));
    return true;
  };
}
