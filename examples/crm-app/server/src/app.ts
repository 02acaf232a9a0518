import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pages from '@fastify/static';
import type { Logger } from '@seaworthy/contracts';
import { type Db, DbError } from '@seaworthy/db-pool';
import type { Health } from '@seaworthy/health';
import { healthEndpoints } from '@seaworthy/health/fastify';
import { requestLog } from '@seaworthy/logging/fastify';
import { clientIp, type Security } from '@seaworthy/security';
import { secure } from '@seaworthy/security/fastify';
import { ApiError, problemOf, sessionCookie } from '@seaworthy-example/server';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { authRoutes } from './auth/auth-routes.js';
import { authenticate } from './auth/authenticate.js';
import { createSessionStore } from './auth/session-store.js';
import { clientRoutes } from './clients/client-routes.js';
import { createClientStore } from './clients/client-store.js';
import type { Config } from './config.js';
import { dashboardRoutes } from './dashboard/dashboard-routes.js';
import { invoiceRoutes } from './invoices/invoice-routes.js';
import { createInvoiceStore } from './invoices/invoice-store.js';
import { paymentRoutes } from './payments/payment-routes.js';
import { createPaymentStore } from './payments/payment-store.js';

export interface AppOptions {
  readonly config: Config;
  readonly environment: string;
  readonly logger: Logger;
  readonly db: Db;
  readonly health: Health;
  readonly security: Security;
}

/** The CRM: what guards it, the API, the pages. */
export async function createApp({
  config,
  environment,
  logger,
  db,
  health,
  security,
}: AppOptions): Promise<FastifyInstance> {
  const hardened = environment === 'staging' || environment === 'production';
  const lifetimeMs = config.SESSION_LIFETIME.ms;
  const cookie = sessionCookie({ name: 'crm-session', secure: hardened, maxAgeMs: lifetimeMs });
  const sessions = createSessionStore(db, config.JWT_SECRET, lifetimeMs);
  const loggedIn = authenticate(sessions, cookie);
  const invoices = createInvoiceStore(db);

  const client = clientIp({ trust: config.TRUSTED_PROXIES });
  const app = Fastify({ logger: false, bodyLimit: 100 * 1024 });
  await app.register(requestLog(logger, { clientIp: (request) => client(request).ip }));
  await app.register(healthEndpoints(health));
  await app.register(secure(security));
  app.setErrorHandler(answerError(logger, environment === 'development'));

  authRoutes(app, { db, sessions, cookie, loggedIn });
  await app.register(
    async (api) => {
      api.addHook('preHandler', loggedIn);
      clientRoutes(api, createClientStore(db), invoices);
      invoiceRoutes(api, invoices);
      paymentRoutes(api, createPaymentStore(db), invoices);
      dashboardRoutes(api, db, invoices);
    },
    { prefix: '/api' },
  );
  await servePages(app, resolve(config.PAGES_FOLDER));
  return app;
}

function answerError(logger: Logger, detailed: boolean) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const known = DbError.is(error) ? fromDatabase(error) : error;
    const requestId = reply.getHeader('x-request-id');
    const problem = problemOf(known, {
      requestId: typeof requestId === 'string' ? requestId : undefined,
      detailed,
    });
    if (problem.status >= 500)
      logger.error('Request failed', { method: request.method, route: request.routeOptions.url, error });
    else if (DbError.is(error))
      logger.warn('The database did not take a request', { route: request.routeOptions.url, error });
    void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}

/**
 * A database that cannot be reached is worth trying again. One that cannot hold a value got it from the client; a division by
 * zero (22012), and whatever else it refused, is our fault.
 */
function fromDatabase(error: DbError): unknown {
  if (error.kind === 'data' && error.sqlState !== '22012') {
    return new ApiError(400, 'UNFIT_VALUE', 'A value is outside of what can be stored.');
  }
  const passing = ['unavailable', 'acquire_timeout', 'query_timeout', 'closed'];
  if (!passing.includes(error.kind)) return error;
  return new ApiError(503, 'DATABASE_UNAVAILABLE', 'The service is busy. Try again in a moment.');
}

/** Files as they are, and index.html for every other path that a person may have typed. */
async function servePages(app: FastifyInstance, folder: string): Promise<void> {
  const present = existsSync(join(folder, 'index.html'));
  if (present) {
    await app.register(pages, {
      root: folder,
      wildcard: false,
      cacheControl: false,
      setHeaders(reply, path) {
        const hashed = /\/assets\/.+-[\w-]{8,}\.\w+$/.test(path);
        reply.header('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const wantsPage =
      request.method === 'GET' && !request.url.startsWith('/api') && !/\.\w+(?:\?|$)/.test(request.url);
    if (present && wantsPage) return reply.sendFile('index.html');
    throw new ApiError(404, 'NOT_FOUND', 'There is nothing here.');
  });
}
