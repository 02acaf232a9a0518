import type { IncomingMessage } from 'node:http';
import type { Security } from '../security.js';
import { knownOf, type Middleware, middlewareOf, type RequestSecurity } from './exchange.js';

export type { Middleware, RequestSecurity } from './exchange.js';

/**
 * Puts a {@link Security} in front of a `node:http` listener.
 *
 * @example
 * const guard = secure(security);
 * createServer((request, response) =>
 *   guard(request, response, (error) => (error === undefined ? handle(request, response) : response.writeHead(500).end())),
 * );
 */
export function secure(security: Security): Middleware<IncomingMessage> {
  return middlewareOf(security, (request) => request.url);
}

/** The client and the nonce of a request that {@link secure} let through. */
export function securityOf(request: IncomingMessage): RequestSecurity {
  return knownOf(request);
}
