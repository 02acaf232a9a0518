import { type Db, sql } from '@seaworthy/db-pool';
import { securityOf } from '@seaworthy/security/fastify';
import type { LoginGuard } from '@seaworthy/security/login';
import type { User, UserResponse } from '@seaworthy-example/crm-api';
import {
  ApiError,
  type AuditTrail,
  deactivated,
  parse,
  type SessionCookie,
  verifyPassword,
} from '@seaworthy-example/server';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { userOf } from './authenticate.js';
import { anyone, may } from './policy.js';
import type { SessionStore } from './session-store.js';

const credentials = z.object({
  email: z.email('Enter an e-mail address.').max(254),
  password: z.string().min(1, 'Enter your password.').max(200),
});

export interface AuthRoutesOptions {
  readonly db: Db;
  readonly sessions: SessionStore;
  readonly cookie: SessionCookie;
  readonly trail: AuditTrail;
  readonly logins: LoginGuard;
  readonly loggedIn: (request: Parameters<typeof userOf>[0]) => Promise<void>;
}

/** Log in, log out, and who am I. */
export function authRoutes(
  app: FastifyInstance,
  { db, sessions, cookie, loggedIn, trail, logins }: AuthRoutesOptions,
): void {
  app.post('/api/auth/login', { preHandler: anyone() }, async (request, reply) => {
    const { email, password } = parse(credentials, request.body);
    const refused = (reason: string, actor: string | null) =>
      trail.note({ actor, action: 'login', target: { email }, outcome: 'failure', details: { reason } });
    // The same answer, after the same work, for an unknown address and for a wrong password.
    const result = await logins.attempt({ account: email, client: securityOf(request).client }, async () => {
      const stored = await db.maybeOne<User & { readonly passwordHash: string }>(sql`
        select id, email, name, role, password_hash as passwordHash from users where email = ${email.toLowerCase()}`);
      return (await verifyPassword(password, stored?.passwordHash)) ? stored : undefined;
    });
    if (result.kind === 'refused') {
      await refused('TOO_MANY_ATTEMPTS', null);
      return reply.code(result.status).headers(Object.fromEntries(result.headers)).send(result.body);
    }
    if (result.kind === 'failed') {
      await refused('INVALID_CREDENTIALS', null);
      throw new ApiError(401, 'INVALID_CREDENTIALS', 'The e-mail address or the password is not right.');
    }
    const { passwordHash: _, ...user } = result.user;
    const token = await sessions.begin(user.id);
    if (token === undefined) {
      await refused('ACCOUNT_DEACTIVATED', user.id);
      throw deactivated();
    }
    reply.header('set-cookie', cookie.set(token));
    return { user } satisfies UserResponse;
  });

  app.post('/api/auth/logout', { preHandler: anyone() }, async (request, reply) => {
    const token = cookie.read(request.headers.cookie);
    if (token !== undefined) await sessions.end(token);
    return reply.code(204).header('set-cookie', cookie.clear()).send();
  });

  app.get(
    '/api/me',
    { preHandler: [loggedIn, may('self.read')] },
    async (request) => ({ user: userOf(request) }) satisfies UserResponse,
  );
}
