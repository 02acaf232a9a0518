import { setTimeout as sleep } from 'node:timers/promises';
import type { Route } from './route.js';

/** Thrown by `/boom`; tests look for its text where it must not be. */
export const boomMessage = 'boom: secret-canary-7f3a';

function boom(): never {
  throw new Error(boomMessage);
}

/** What every host of the contract serves. */
export const contractRoutes: readonly Route[] = [
  { method: 'GET', path: '/hello', handle: () => ({ body: { hello: 'world' } }) },
  { method: 'GET', path: '/text', handle: () => ({ body: 'plain text' }) },
  { method: 'GET', path: '/empty', handle: () => ({ status: 204 }) },
  { method: 'POST', path: '/echo', handle: ({ body }) => ({ body }) },
  { method: 'GET', path: '/boom', handle: boom },
  { method: 'GET', path: '/boom-later', handle: () => Promise.reject(new Error(boomMessage)) },
  { method: 'GET', path: '/users/:user', handle: ({ params }) => ({ body: { user: params.user } }) },
  {
    // Milliseconds in ?ms=, 100 without.
    method: 'GET',
    path: '/slow',
    handle: async ({ url }) => {
      const ms = Number(new URL(url, 'http://host').searchParams.get('ms') ?? 100);
      await sleep(ms);
      return { body: { slow: ms } };
    },
  },
  {
    // Five chunks, ?ms= apart.
    method: 'GET',
    path: '/stream',
    handle: ({ url }) => ({ body: chunks(Number(new URL(url, 'http://host').searchParams.get('ms') ?? 5)) }),
  },
  {
    method: 'GET',
    under: '/tenants/:tenant',
    path: '/users/:user',
    handle: ({ params }) => ({ body: { tenant: params.tenant, user: params.user } }),
  },
  { method: 'GET', under: '/tenants/:tenant', path: '/boom', handle: boom },
];

async function* chunks(ms: number): AsyncGenerator<string> {
  for (let chunk = 1; chunk <= 5; chunk++) {
    yield `chunk ${chunk}\n`;
    await sleep(ms);
  }
}
