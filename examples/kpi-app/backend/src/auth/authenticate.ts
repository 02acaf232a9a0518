import type { User } from '@seaworthy-example/kpi-api';
import { ApiError, type SessionCookie } from '@seaworthy-example/server';
import type { Request, RequestHandler } from 'express';
import type { Session, Tokens } from './tokens.js';
import type { UserStore } from './user-store.js';

const userKey = Symbol('kpi.user');

/** Refuses who is not logged in, by cookie or bearer token, and lets the handlers know who it is. */
export function authenticate(tokens: Tokens, users: UserStore, cookie: SessionCookie): RequestHandler {
  return async (req, _res, next) => {
    const session = await sessionOf(req, tokens, cookie);
    // Asked on every request: somebody who was removed or logged out is out at once, whatever their token says.
    const user = session === undefined ? undefined : await users.bySession(session);
    if (user === undefined) throw notLoggedIn();
    Reflect.set(req, userKey, user);
    next();
  };
}

/** What the request's bearer token or cookie says; whether it has ended since is known by the users. */
export async function sessionOf(
  req: Request,
  tokens: Tokens,
  cookie: SessionCookie,
): Promise<Session | undefined> {
  const token =
    /^Bearer ([\w.-]+)$/.exec(req.headers.authorization ?? '')?.[1] ?? cookie.read(req.headers.cookie);
  return token === undefined ? undefined : tokens.verify(token);
}

/** Who is asking, when somebody has logged in. */
export function knownUser(req: object): User | undefined {
  return Reflect.get(req, userKey);
}

/** Who is asking; only behind {@link authenticate}. */
export function userOf(req: Request): User {
  const user = knownUser(req);
  if (user === undefined) throw new Error('userOf() needs authenticate() in front of the route');
  return user;
}

export function notLoggedIn(): ApiError {
  return new ApiError(401, 'NOT_LOGGED_IN', 'Log in to continue.');
}
