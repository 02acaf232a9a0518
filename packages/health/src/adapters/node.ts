import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Health } from '../health.js';
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
    else void answer.then((ready) => writeAnswer(response, ready));
  };
}
