import type { Logger } from '@seaworthy/contracts';
import type { Db } from '@seaworthy/db-pool';
import type { Health, MetricStore } from '@seaworthy/health';
import { healthEndpoints, measureHttp } from '@seaworthy/health/express';
import { auditRequests, requestLog } from '@seaworthy/logging/express';
import { clientIp, type Security } from '@seaworthy/security';
import { secure } from '@seaworthy/security/express';
import type { LoginGuard } from '@seaworthy/security/login';
import type { Role } from '@seaworthy-example/kpi-api';
import { auditKey, createAccounts, createAuditTrail, sessionCookie } from '@seaworthy-example/server';
import express, { type Express } from 'express';
import { accountRoutes } from './accounts/account-routes.js';
import { authRoutes } from './auth/auth-routes.js';
import { authenticate, knownUser } from './auth/authenticate.js';
import { createTokens } from './auth/tokens.js';
import { createUserStore, endAllSessions } from './auth/user-store.js';
import { checkInRoutes } from './check-ins/check-in-routes.js';
import { createCheckInStore } from './check-ins/check-in-store.js';
import type { Config } from './config.js';
import { dashboardRoutes } from './dashboard/dashboard-routes.js';
import { createDashboardStore } from './dashboard/dashboard-store.js';
import { answerErrors, notFound } from './http/answer-errors.js';
import { objectiveRoutes } from './objectives/objective-routes.js';
import { createObjectiveStore } from './objectives/objective-store.js';
import { teamRoutes } from './teams/team-routes.js';
import { createTeamStore } from './teams/team-store.js';

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

/** The API: what guards it, then what it does. */
export function createApp({
  config,
  environment,
  logger,
  db,
  health,
  metrics,
  security,
  logins,
}: AppOptions): Express {
  const hardened = environment === 'staging' || environment === 'production';
  const trail = createAuditTrail({ db, environment, key: auditKey(config.JWT_SECRET) });
  const users = createUserStore(db, trail);
  const tokens = createTokens(config.JWT_SECRET, config.JWT_EXPIRES_IN.ms);
  const cookie = sessionCookie({ name: 'kpi-session', secure: hardened, maxAgeMs: config.JWT_EXPIRES_IN.ms });
  const teams = createTeamStore(db, trail);
  const checkIns = createCheckInStore(db, trail);
  const objectives = createObjectiveStore(db, checkIns, trail);
  const accounts = createAccounts<Role>({ db, logger, trail, endSessions: endAllSessions });
  const loggedIn = authenticate(tokens, users, cookie);

  const client = clientIp({ trust: config.TRUSTED_PROXIES });
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(logger, { clientIp: (request) => client(request).ip }));
  app.use(measureHttp(metrics)); // before what refuses, so that refusals count
  app.use(secure(security));
  app.use(healthEndpoints(health));
  app.use(
    auditRequests((event) => trail.note(event), {
      actor: (request) => knownUser(request)?.id ?? null,
      onError: (error) => logger.error('An audit record could not be written', { error }),
    }),
  );
  app.use(express.json({ limit: '100kb' }));
  app.use('/api', authRoutes({ users, tokens, cookie, loggedIn, trail, logins }));
  app.use('/api', loggedIn);
  app.use('/api', teamRoutes(teams, trail));
  app.use('/api', objectiveRoutes(objectives));
  app.use('/api', checkInRoutes({ checkIns, objectives, teams }));
  app.use('/api', dashboardRoutes(createDashboardStore(db, checkIns)));
  app.use('/api', accountRoutes(accounts, trail));
  app.use(notFound);
  app.use(answerErrors(logger, { detailed: environment === 'development' }));
  return app;
}
