import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuditEvent } from '../audit/audit-event.js';
import { runInContext } from '../log-context.js';
import { type AuditRequestsOptions, createAuditRequests } from '../requests/audit-requests.js';
import { createRequestLog, type RequestKind, type RequestLogger } from '../requests/request-log.js';
import type { RequestLogOptions } from '../requests/request-log-options.js';

export { levelRoute } from '../level-route.js';
export type { AuditRequestsOptions } from '../requests/audit-requests.js';
export type { RequestLogger } from '../requests/request-log.js';
export type { RequestLogOptions } from '../requests/request-log-options.js';

const kind: RequestKind<IncomingMessage> = { url: (request) => request.url ?? '/' };

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
  const log = createRequestLog(logger, options, kind);
  return (request, response, next) => runInContext(log.begin(request, response, request), next);
}

/**
 * Gives each request that changes something exactly one audit record: the one that its handler made, or one of its own. Call it
 * inside of `requestLog`.
 *
 * @throws OptionsError for a wrong option.
 */
export function auditRequests(
  record: (event: AuditEvent) => Promise<unknown>,
  options: AuditRequestsOptions<IncomingMessage>,
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  const audit = createAuditRequests(record, options, kind);
  return (request, response, next) => {
    audit(request, response, request);
    next();
  };
}
