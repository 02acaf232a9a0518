import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Health } from '../health.js';
import { writeAnswer } from './write-answer.js';

/**
 * Answers health requests in Express 4 or 5. Mount it first: before redirects, rate limits and authentication, which a
 * prober must not meet.
 *
 * @example
 * app.use(healthEndpoints(health));
 */
export function healthEndpoints(
  health: Pick<Health, 'answer'>,
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    const answer = health.answer(request);
    if (answer === undefined) next();
    else void answer.then((ready) => writeAnswer(response, ready));
  };
}
