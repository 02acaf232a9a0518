import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuditEvent } from '../audit/audit-event.js';
import { answerLevel, type Levelled } from '../level-route.js';
import { runInContext } from '../log-context.js';
import { type AuditRequestsOptions, createAuditRequests } from '../requests/audit-requests.js';
import { type FastifyRouted, type FastifyRoutes, fastifyRoutes } from '../requests/fastify-routes.js';
import { createRequestLog, type RequestKind, type RequestLogger } from '../requests/request-log.js';
import type { RequestLogOptions } from '../requests/request-log-options.js';

export type { AuditRequestsOptions } from '../requests/audit-requests.js';
export type { RequestLogger } from '../requests/request-log.js';
export type { RequestLogOptions } from '../requests/request-log-options.js';

/** The part of a Fastify 5 request that is read. */
export interface FastifyRequestLike extends FastifyRouted {
  readonly raw: IncomingMessage;
  readonly originalUrl: string;
  readonly ip: string;
}

export interface FastifyLike {
  readonly server: {
    on(event: 'request', listener: (raw: IncomingMessage, response: ServerResponse) => void): unknown;
  };
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: { readonly raw: ServerResponse }, done: () => void) => void,
  ): unknown;
  addHook(name: 'onRoute', hook: (route: { readonly url: string }) => void): unknown;
}

function kindOf({ secretParts }: FastifyRoutes): RequestKind<FastifyRequestLike> {
  return {
    url: (request) => request.originalUrl,
    forwardedIp: (request) => request.ip,
    route: (request) => request.routeOptions.url,
    params: (request) => Object(request.params),
    secretParts,
  };
}

/** What is known of a request that Fastify answers before its hooks. */
function unrouted(raw: IncomingMessage): FastifyRequestLike {
  const { url: originalUrl = '/', socket } = raw;
  return { raw, originalUrl, ip: socket.remoteAddress ?? '', params: {}, routeOptions: {} };
}

/**
 * Writes one line `Request completed` for each request of a Fastify 5 application, and lets every line of the request carry its
 * id and trace. Register it first. `ip` is Fastify's, so it follows the application's `trustProxy`.
 *
 * @throws OptionsError for a wrong option.
 *
 * @example
 * await app.register(requestLog(log, { ignore: ['/livez', '/readyz'] }));
 */
export function requestLog(
  logger: RequestLogger,
  options: RequestLogOptions = {},
): (app: FastifyLike) => Promise<void> {
  const routes = fastifyRoutes();
  const log = createRequestLog(logger, options, kindOf(routes));
  const plugin = async (app: FastifyLike): Promise<void> => {
    app.addHook('onRoute', ({ url }) => routes.add(url));
    app.addHook('onRequest', (request, reply, done) =>
      runInContext(log.begin(request.raw, reply.raw, request), done),
    );
    // Behind Fastify's own listener: a URL that cannot be decoded, or a server that is closing, is answered without any hook.
    app.server.on('request', (raw, response) => {
      if (response.headersSent) log.begin(raw, response, unrouted(raw));
    });
  };
  // What fastify-plugin does: without it the hook would see only the plugin's own routes.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

/**
 * Gives each request that changes something exactly one audit record: the one that its handler made, or one of its own. Register it
 * behind `requestLog`.
 *
 * @throws OptionsError for a wrong option.
 *
 * @example
 * await app.register(auditRequests((event) => audit.record(event), { actor: (request) => request.user?.id ?? null, onError }));
 */
export function auditRequests(
  record: (event: AuditEvent) => Promise<unknown>,
  options: AuditRequestsOptions<FastifyRequestLike>,
): (app: FastifyLike) => Promise<void> {
  const routes = fastifyRoutes();
  const audit = createAuditRequests(record, options, kindOf(routes));
  const plugin = async (app: FastifyLike): Promise<void> => {
    app.addHook('onRoute', ({ url }) => routes.add(url));
    app.addHook('onRequest', (request, reply, done) => {
      audit(request.raw, reply.raw, request);
      done();
    });
  };
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

/** The part of a Fastify 5 reply that is written. */
export interface FastifyReplyLike {
  code(statusCode: number): unknown;
  headers(values: Readonly<Record<string, string>>): unknown;
  send(body: string): unknown;
}

/**
 * A handler that shows the logger's level and changes it: `GET` answers `{"level":"info"}`, `PUT ?level=debug` sets it. It asks nobody
 * for a password: give its route whatever guards the service's other administration.
 *
 * @example
 * app.route({ method: ['GET', 'PUT'], url: '/admin/log-level', preHandler: requireAdmin, handler: levelRoute(log) });
 */
export function levelRoute(
  logger: Levelled,
): (request: Pick<FastifyRequestLike, 'raw'>, reply: FastifyReplyLike) => void {
  return (request, reply) => {
    const { statusCode, headers, body } = answerLevel(logger, request.raw.method, request.raw.url ?? '/');
    reply.code(statusCode);
    reply.headers(headers);
    reply.send(body);
  };
}
