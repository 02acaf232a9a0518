import { securityOf } from '@seaworthy/security/express';
import type { LoginGuard } from '@seaworthy/security/login';
import type { TokenResponse, UserResponse } from '@seaworthy-example/kpi-api';
import {
  ApiError,
  type AuditTrail,
  deactivated,
  hashPassword,
  parse,
  type SessionCookie,
  verifyPassword,
} from '@seaworthy-example/server';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import * as z from 'zod';
import { sessionOf, userOf } from './authenticate.js';
import { anyone, may } from './policy.js';
import type { Tokens } from './tokens.js';
import type { StoredUser, UserStore } from './user-store.js';

const email = z.email('Enter an e-mail address.').max(254);

const credentials = z.object({ email, password: z.string().min(1, 'Enter your password.').max(200) });

const registration = z.object({
  email,
  password: z.string().min(10, 'Use at least 10 characters.').max(200, 'Use at most 200 characters.'),
  name: z.string().trim().min(1, 'Enter your name.').max(100),
});

export interface AuthRoutesOptions {
  readonly users: UserStore;
  readonly tokens: Tokens;
  readonly cookie: SessionCookie;
  readonly loggedIn: RequestHandler;
  readonly trail: AuditTrail;
  readonly logins: LoginGuard;
}

/** Register, log in, log out, and who am I. */
export function authRoutes({ users, tokens, cookie, loggedIn, trail, logins }: AuthRoutesOptions): Router {
  const routes = Router();

  /**
   * The same answer, after the same work, for an unknown address and for a wrong password; `undefined` when too many were
   * tried and that is answered.
   */
  async function logIn(req: Request, res: Response, by: 'cookie' | 'token'): Promise<StoredUser | undefined> {
    const given = parse(credentials, req.body);
    const refused = (reason: string, actor: string | null) => {
      const details = { reason, by };
      return trail.note({
        actor,
        action: 'login',
        target: { email: given.email },
        outcome: 'failure',
        details,
      });
    };
    const attempt = { account: given.email, client: securityOf(req).client };
    const result = await logins.attempt(attempt, async () => {
      const user = await users.byEmail(given.email);
      return (await verifyPassword(given.password, user?.passwordHash)) ? user : undefined;
    });
    if (result.kind === 'refused') {
      await refused('TOO_MANY_ATTEMPTS', null);
      res.status(result.status).set(Object.fromEntries(result.headers)).send(result.body);
      return undefined;
    }
    if (result.kind === 'failed') {
      await refused('INVALID_CREDENTIALS', null);
      throw new ApiError(401, 'INVALID_CREDENTIALS', 'The e-mail address or the password is not right.');
    }
    const stored = result.user;
    if (!stored.active) {
      await refused('ACCOUNT_DEACTIVATED', stored.id);
      throw deactivated();
    }
    const target = { type: 'account', id: stored.id };
    await trail.note({ actor: stored.id, action: 'login', target, outcome: 'success', details: { by } });
    return stored;
  }

  routes.post('/auth/register', anyone(), async (req, res) => {
    const { email, password, name } = parse(registration, req.body);
    const user = await users.add({ email, name, passwordHash: await hashPassword(password) });
    res.append('set-cookie', cookie.set((await tokens.sign({ userId: user.id, version: 0 })).token));
    res.status(201).json({ user } satisfies UserResponse);
  });

  routes.post('/auth/login', anyone(), async (req, res) => {
    const user = await logIn(req, res, 'cookie');
    if (user === undefined) return;
    const { id, email, name, role, tokenVersion } = user;
    const { token } = await tokens.sign({ userId: id, version: tokenVersion });
    res.append('set-cookie', cookie.set(token));
    res.json({ user: { id, email, name, role } } satisfies UserResponse);
  });

  routes.post('/auth/token', anyone(), async (req, res) => {
    const user = await logIn(req, res, 'token');
    if (user === undefined) return;
    const { id, tokenVersion } = user;
    const { token, expiresAt } = await tokens.sign({ userId: id, version: tokenVersion });
    res.json({ token, expiresAt: expiresAt.toISOString() } satisfies TokenResponse);
  });

  routes.post('/auth/logout', anyone(), async (req, res) => {
    const session = await sessionOf(req, tokens, cookie);
    if (session !== undefined) await users.endSessions(session);
    res.append('set-cookie', cookie.clear());
    res.status(204).end();
  });

  routes.get('/me', loggedIn, may('self.read'), (req, res) => {
    res.json({ user: userOf(req) } satisfies UserResponse);
  });

  return routes;
}
