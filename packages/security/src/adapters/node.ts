import type { IncomingMessage } from 'node:http';
import type { Security } from '../security.js';
import type { Session } from '../sessions/session.js';
import type { Sessions } from '../sessions/sessions.js';
import { knownOf, type Middleware, middlewareOf, type RequestSecurity } from './exchange.js';
import { sessionMiddleware } from './session-exchange.js';

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
