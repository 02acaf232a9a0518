import type { IncomingMessage } from 'node:http';
import type { Security } from '../security.js';
import type { Session } from '../sessions/session.js';
import type { Sessions } from '../sessions/sessions.js';
import { knownOf, type Middleware, middlewareOf, type RequestSecurity } from './exchange.js';
import { sessionMiddleware } from './session-exchange.js';

export type { Middleware, RequestSecurity } from './exchange.js';

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

/** The client and the nonce of a request that {@link secure} let through. */
export function securityOf(request: IncomingMessage): RequestSecurity {
  return knownOf(request);
}

/**
 * Loads the session of every request that comes by: mount it before the routes that ask, after {@link secure}. A request
 * whose session cannot be looked up gets 503.
 *
 * @example
 * app.use('/api', withSession(sessions));
 */
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
