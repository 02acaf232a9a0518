import type { User } from '@seaworthy-example/crm-api';
import { ApiError, type SessionCookie } from '@seaworthy-example/server';
import type { FastifyRequest } from 'fastify';
import type { SessionStore } from './session-store.js';

const users = new WeakMap<object, User>();

/** A hook that refuses who is not logged in and lets the handlers know who it is. */
export function authenticate(sessions: SessionStore, cookie: SessionCookie) {
  return async (request: FastifyRequest): Promise<void> => {
    const token = cookie.read(request.headers.cookie);
    const user = token === undefined ? undefined : await sessions.find(token);
    if (user === undefined) throw notLoggedIn();
    users.set(request, user);
  };
}

/** Who is asking, when somebody has logged in. */
export function knownUser(request: object): User | undefined {
  return users.get(request);
}

/** Who is asking; only behind {@link authenticate}. */
export function userOf(request: FastifyRequest): User {
  const user = users.get(request);
  if (user === undefined) throw new Error('userOf() needs authenticate() in front of the route');
  return user;
}

export function notLoggedIn(): ApiError {
  return new ApiError(401, 'NOT_LOGGED_IN', 'Log in to continue.');
}
