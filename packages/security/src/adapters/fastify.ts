import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CspReports } from '../csp-reports/csp-reports.js';
import type { Decision, FailedVerdict, PassVerdict, Verdict } from '../decision.js';
import type { Security } from '../security.js';
import type { Session } from '../sessions/session.js';
import type { Sessions } from '../sessions/sessions.js';
import { clientGone, securityOf as decidedOf, decideExchange, type RequestSecurity } from './exchange.js';
import { loadSession, unavailable } from './session-exchange.js';

export { type FastifyValidated, jsonBodies, validated } from '../input/input-fastify.js';
export type { RequestSecurity } from './exchange.js';
export {
  type FastifyRouteLike,
  type FastifyRoutingLike,
  guardRoutes,
  type RouteGuards,
  type RouteHook,
  routesOf,
} from './fastify-routes.js';

/** The part of a Fastify request that is needed. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
}

/** The part of a Fastify reply that is needed. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: string): unknown;
}

/** The part of a Fastify instance that is needed. */
export interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: (error?: Error) => void) => void,
  ): unknown;
}

/** The part of a Fastify instance that {@link cspReports} needs. */
export interface FastifyRoutesLike {
  route(route: {
    readonly method: string[];
    readonly url: string;
    readonly onRequest: (
      request: FastifyRequestLike,
      reply: { readonly raw: ServerResponse; hijack(): unknown },
    ) => void;
    readonly handler: () => Promise<void>;
  }): unknown;
}

export type FastifyPlugin = (app: FastifyLike, options: unknown, done: () => void) => void;

/**
 * Puts a {@link Security} in front of a Fastify 5 application, every plugin, 404 and error of it.
 *
 * @example
 * await app.register(secure(security));
 * app.get('/', (request) => ({ you: securityOf(request).client.ip }));
 */
export function secure(security: Security): FastifyPlugin {
  const plugin: FastifyPlugin = (app, _options, ready) => {
    app.addHook('onRequest', (request, reply, done) => {
      if (clientGone(request.raw, reply.raw)) return;
      const proceed = (decision: Decision): void => {
        const { verdict } = decision;
        if (verdict.kind === 'pass') done();
        else if (verdict.kind === 'failed') done(asError(verdict.error));
        else answer(reply, verdict);
      };
      let decision: Decision | Promise<Decision>;
      try {
        decision = decideExchange(security, request.raw, reply.raw);
      } catch (error) {
        done(asError(error));
        return;
      }
      if (decision instanceof Promise) decision.then(proceed, (error: unknown) => done(asError(error)));
      else proceed(decision);
    });
    ready();
  };
  // Without it Fastify would keep the hook inside this plugin (what fastify-plugin does).
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

/** The client and the nonce of a request that {@link secure} let through. */
export function securityOf(request: FastifyRequestLike): RequestSecurity {
  return decidedOf(request.raw);
}

/**
 * Loads the session of every request that comes by: register it before the routes that ask, after {@link secure}. A request
 * whose session cannot be looked up gets 503.
 *
 * @example
 * await app.register(withSession(sessions));
 */
export function withSession<Data extends object>(sessions: Sessions<Data>): FastifyPlugin {
  const plugin: FastifyPlugin = (app, _options, ready) => {
    app.addHook('onRequest', (request, reply, done) => {
      loadSession(sessions, request.raw, reply.raw).then(
        (loaded) => {
          if (loaded) done();
          else refuse(reply);
        },
        (error: unknown) => done(asError(error)),
      );
    });
    ready();
  };
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

/** The session of a request that {@link withSession} saw. */
export function sessionOf<Data extends object>(
  sessions: Sessions<Data>,
  request: FastifyRequestLike,
): Session<Data> {
  return sessions.of(request.raw);
}

function refuse(reply: FastifyReplyLike): void {
  reply.code(unavailable.status);
  for (const [name, value] of Object.entries(unavailable.headers)) reply.header(name, value);
  reply.send(unavailable.body);
}

/**
 * A route of Fastify 5 that receives reports. It takes the request before Fastify parses the body, whose types it does not know.
 *
 * @example
 * await app.register(cspReports(createCspReports({ logger }), '/csp-reports'));
 */
export function cspReports(reports: CspReports, url: string): (app: FastifyRoutesLike) => Promise<void> {
  return async (app) => {
    app.route({
      method: ['POST'],
      url,
      onRequest: (request, reply) => {
        reply.hijack();
        reports.handle(request.raw, reply.raw);
      },
      handler: async () => undefined,
    });
  };
}

/** Through the reply, so that onSend and onResponse hooks see it. */
function answer(reply: FastifyReplyLike, verdict: Exclude<Verdict, PassVerdict | FailedVerdict>): void {
  reply.code(verdict.status);
  if (verdict.kind === 'deny') {
    reply.header('content-type', verdict.contentType);
    reply.header('cache-control', 'no-store');
  }
  reply.send(verdict.kind === 'deny' ? verdict.body : '');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The security decision failed.', { cause: error });
}
