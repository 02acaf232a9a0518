import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { runInContext } from '../log-context.js';
import { createRequestLog, type RequestLogger } from '../request-log.js';
import type { RequestLogOptions } from '../request-log-options.js';

export type { RequestLogger } from '../request-log.js';
export type { RequestLogOptions } from '../request-log-options.js';

/**
 * Writes one line `Request completed` for each request of a `node:http` server, and lets every line of the request carry its id
 * and trace. It wraps the listener.
 *
 * @throws OptionsError for a wrong option.
 *
 * @example
 * const server = createServer(requestLog(log, { ignore: ['/livez'] })((request, response) => response.end('hello')));
 */
export function requestLog(
  logger: RequestLogger,
  options: RequestLogOptions = {},
): (listener: RequestListener) => RequestListener {
  const log = createRequestLog(logger, options);
  return (listener) => (request: IncomingMessage, response: ServerResponse) => {
    const details = { url: request.url ?? '/', ip: request.socket.remoteAddress };
    const context = log.begin(request, response, details);
    return runInContext(context, () => listener(request, response));
  };
}
