import type { IncomingMessage, ServerResponse } from 'node:http';
import { expressRoute, type RoutedRequest } from '../express-route.js';
import { runInContext } from '../log-context.js';
import { createRequestLog, type RequestLogger } from '../request-log.js';
import type { RequestLogOptions } from '../request-log-options.js';

export type { RequestLogger } from '../request-log.js';
export type { RequestLogOptions } from '../request-log-options.js';

/** The part of an Express 4 or 5 request that is read. */
export interface ExpressRequestLike extends IncomingMessage, RoutedRequest {
  readonly ip?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Writes one line `Request completed` for each request of an Express 4 or 5 application, and lets every line of the request
 * carry its id and trace. Mount it first. `ip` is Express's, so it follows the application's `trust proxy`.
 *
 * @throws OptionsError for a wrong option.
 *
 * @example
 * app.use(requestLog(log, { ignore: ['/livez', '/readyz'] }));
 */
export function requestLog(
  logger: RequestLogger,
  options: RequestLogOptions = {},
): (request: ExpressRequestLike, response: ServerResponse, next: () => void) => void {
  const log = createRequestLog(logger, options);
  return (request, response, next) => {
    const context = log.begin(request, response, {
      url: request.originalUrl,
      ip: request.ip,
      route: () => expressRoute(request),
      params: () => request.params,
    });
    runInContext(context, next);
  };
}
