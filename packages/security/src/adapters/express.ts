import type { IncomingMessage } from 'node:http';
import type { Security } from '../security.js';
import { type Middleware, middlewareOf } from './exchange.js';

export { type InputMiddleware, jsonBodies, type Validated, validated } from '../input/input-middleware.js';
export { type Middleware, type RequestSecurity, securityOf } from './exchange.js';
export { type ExpressRoutes, type RoutesOfOptions, routesOf } from './express-routes.js';
export { guardRoutes, type RouteGuards } from './guard-middleware.js';
export { sessionOf, withSession } from './session-exchange.js';

/** The part of an Express request that is needed, of version 4 and 5. */
export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl: string;
}

/**
 * Puts a {@link Security} in front of an Express 4 or 5 application: mount it first, for all paths.
 *
 * @example
 * app.use(secure(security));
 * app.get('/', (req, res) => res.json({ you: securityOf(req).client.ip }));
 */
export function secure(security: Security): Middleware<ExpressRequest> {
  return middlewareOf(security, (request) => request.originalUrl);
}
