import type { IncomingMessage } from 'node:http';
import type { Security } from '../security.js';
import { type Middleware, middlewareOf } from './exchange.js';

export { type InputMiddleware, jsonBodies, type Validated, validated } from '../input/input-middleware.js';
export { type Middleware, type RequestSecurity, securityOf } from './exchange.js';
export { guardRoutes, type RouteGuards } from './guard-middleware.js';
export { sessionOf, withSession } from './session-exchange.js';

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
