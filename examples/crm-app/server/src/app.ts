import { resolve } from 'node:path';
import type { Logger } from '@seaworthy/contracts';
import type { Db } from '@seaworthy/db-pool';
import type { Health, MetricStore } from '@seaworthy/health';
import { healthEndpoints, measureHttp } from '@seaworthy/health/fastify';
import { auditRequests, requestLog } from '@seaworthy/logging/fastify';
import { clientIp, type Security } from '@seaworthy/security';
import { secure } from '@seaworthy/security/fastify';
import type { LoginGuard } from '@seaworthy/security/login';
import type { Role } from '@seaworthy-example/crm-api';
import { auditKey, createAccounts, createAuditTrail, sessionCookie } from '@seaworthy-example/server';
import Fastify, { type FastifyInstance } from 'fastify';
import { accountRoutes } from './accounts/account-routes.js';
import { authRoutes } from './auth/auth-routes.js';
import { authenticate, knownUser } from './auth/authenticate.js';
import { createSessionStore } from './auth/session-store.js';
import { clientRoutes } from './clients/client-routes.js';
import { createClientStore } from './clients/client-store.js';
import type { Config } from './config.js';
import { dashboardRoutes } from './dashboard/dashboard-routes.js';
import { answerErrors } from './http/answer-errors.js';
import { servePages } from './http/serve-pages.js';
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
  readonly metrics: MetricStore;
  readonly security: Security;
  readonly logins: LoginGuard;
}

/**
 * The CRM: what guards it, the API, the pages.
 *
 * @param app - what it is built on, for who wants to see its routes come in.
 */
export async function createApp(
  { config, environment, logger, db, health, metrics, security, logins }: AppOptions,
  app: FastifyInstance = Fastify({ logger: false, bodyLimit: 100 * 1024 }),
): Promise<FastifyInstance> {
  const hardened = environment === 'staging' || environment === 'production';
  const lifetimeMs = config.SESSION_LIFETIME.ms;
  const cookie = sessionCookie({ name: 'crm-session', secure: hardened, maxAgeMs: lifetimeMs });
  const trail = createAuditTrail({ db, environment, key: auditKey(config.JWT_SECRET) });
  const sessions = createSessionStore(db, config.JWT_SECRET, lifetimeMs, trail);
  const loggedIn = authenticate(sessions, cookie);
  const invoices = createInvoiceStore(db, trail);
  const accounts = createAccounts<Role>({ db, logger, trail, endSessions: sessions.endAll });

  const client = clientIp({ trust: config.TRUSTED_PROXIES });
  await app.register(requestLog(logger, { clientIp: (request) => client(request).ip }));
  await app.register(measureHttp(metrics)); // before what refuses, so that refusals count
  await app.register(secure(security));
  await app.register(healthEndpoints(health));
  await app.register(
    auditRequests((event) => trail.note(event), {
      actor: (request) => knownUser(request)?.id ?? null,
      onError: (error) => logger.error('An audit record could not be written', { error }),
    }),
  );
  app.setErrorHandler(answerErrors(logger, { detailed: environment === 'development' }));

  authRoutes(app, { db, sessions, cookie, loggedIn, trail, logins });
  await app.register(
    async (api) => {
      api.addHook('preHandler', loggedIn);
      clientRoutes(api, createClientStore(db, trail), invoices, trail);
      invoiceRoutes(api, invoices);
      paymentRoutes(api, createPaymentStore(db, trail), invoices);
      dashboardRoutes(api, db, invoices);
      accountRoutes(api, accounts, trail);
    },
    { prefix: '/api' },
  );
  await servePages(app, resolve(config.PAGES_FOLDER));
  return app;
}
