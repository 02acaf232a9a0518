import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuditEvent } from '../audit/audit-event.js';
import { runInContext } from '../log-context.js';
import { type AuditRequestsOptions, createAuditRequests } from '../requests/audit-requests.js';
import {
  expressParams,
  expressRoute,
  expressSecrets,
  type RoutedRequest,
} from '../requests/express-route.js';
import { createRequestLog, type RequestKind, type RequestLogger } from '../requests/request-log.js';
import type { RequestLogOptions } from '../requests/request-log-options.js';

export { levelRoute } from '../level-route.js';
export type { AuditRequestsOptions } from '../requests/audit-requests.js';
export type { RequestLogger } from '../requests/request-log.js';
export type { RequestLogOptions } from '../requests/request-log-options.js';

/** The part of an Express 4 or 5 request that is read. */
export interface ExpressRequestLike extends IncomingMessage, RoutedRequest {
  readonly ip?: string | undefined;
}

const kind: RequestKind<ExpressRequestLike> = {
  url: (request) => request.originalUrl,
  forwardedIp: (request) => request.ip,
  route: expressRoute,
  params: expressParams,
  secretParts: expressSecrets,
};

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
  const log = createRequestLog(logger, options, kind);
  return (request, response, next) => runInContext(log.begin(request, response, request), next);
}

/**
 * Gives each request that changes something exactly one audit record: the one that its handler made, or one of its own. Mount it
 * behind `requestLog`.
 *
 * @throws OptionsError for a wrong option.
 *
 * @example
 * app.use(auditRequests((event) => audit.record(event), { actor: (request) => request.user?.id ?? null, onError: log.error }));
 */
export function auditRequests<Request extends ExpressRequestLike>(
  record: (event: AuditEvent) => Promise<unknown>,
  options: AuditRequestsOptions<Request>,
): (request: Request, response: ServerResponse, next: () => void) => void {
  const audit = createAuditRequests(record, options, kind);
  return (request, response, next) => {
    audit(request, response, request);
    next();
  };
}
