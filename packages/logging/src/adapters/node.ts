import type { IncomingMessage, ServerResponse } from 'node:http';
import { runInContext } from '../log-context.js';
import { createRequestLog, type RequestLogger } from '../request-log.js';
import type { RequestLogOptions } from '../request-log-options.js';

export type { RequestLogger } from '../request-log.js';
export type { RequestLogOptions } from '../request-log-options.js';

/**
 * Writes one line `Request completed` for each request of a `node:http` server, and lets every line of the request carry its id
 * and trace: what handles the request runs inside `next`.
 *
 * @throws OptionsError for a wrong option.
 *
 * @example
 * const log = requestLog(logger, { ignore: ['/livez'] });
 * const server = createServer((request, response) => log(request, response, () => response.end('hello')));
 */
export function requestLog(
  logger: RequestLogger,
  options: RequestLogOptions = {},
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  const log = createRequestLog(logger, options);
  return (request, response, next) => {
    const details = { url: request.url ?? '/', ip: request.socket.remoteAddress };
    const context = log.begin(request, response, details);
    runInContext(context, next);
  };
}
