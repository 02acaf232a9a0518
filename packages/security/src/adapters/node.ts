import type { IncomingMessage } from 'node:http';
import type { HasRole, Policy } from '../roles/policy.js';
import type { RouteGuardOptions } from '../roles/route-guard.js';
import type { Security } from '../security.js';
import type { Session } from '../sessions/session.js';
import type { Sessions } from '../sessions/sessions.js';
import { knownOf, type Middleware, middlewareOf, type RequestSecurity } from './exchange.js';
import { guardMiddleware, type RouteGuards } from './guard-middleware.js';
import { sessionMiddleware } from './session-exchange.js';

export { type InputMiddleware, jsonBodies, type Validated, validated } from '../input/input-middleware.js';
export type { Middleware, RequestSecurity } from './exchange.js';
export type { RouteGuards } from './guard-middleware.js';

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

/** Loads the session of every request that comes by; one whose session cannot be looked up gets 503. */
export function withSession<Data extends object>(sessions: Sessions<Data>): Middleware<IncomingMessage> {
  return sessionMiddleware(sessions);
}

/** The session of a request that {@link withSession} saw. */
export function sessionOf<Data extends object>(
  sessions: Sessions<Data>,
  request: IncomingMessage,
): Session<Data> {
  return sessions.of(request);
}

/**
 * Makes middleware of a policy, for one route each; mount it behind what finds out who asks.
 *
 * @example
 * const { may, anyone } = guardRoutes(policy, { userOf });
 * app.post('/invoices/:id/void', may('invoice.void'), voidInvoice);
 * app.post('/login', anyone(), logIn);
 */
export function guardRoutes<
  Request,
  Role extends string,
  Action extends string,
  User extends HasRole,
  Resource,
>(
  policy: Policy<Role, Action, User, Resource>,
  options: RouteGuardOptions<Request, User>,
): RouteGuards<Request, Action, Resource> {
  return guardMiddleware(policy, options);
}
