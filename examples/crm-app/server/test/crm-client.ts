import { freePort } from '@seaworthy/testkit';
import type { Answer } from '@seaworthy-example/server/testing';
import { demoPassword } from '../src/seed/seed.js';
import { crmServer } from '../src/service.js';

/** Talks to the API as one person's browser does. */
export interface Person {
  get(path: string): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
}

/** The CRM with seeded data, on a free port, silent. */
export async function startCrm(databaseUrl: string, variables: Readonly<Record<string, string>> = {}) {
  const env = {
    NODE_ENV: 'test',
    SEED: 'true',
    PORT: String(await freePort()),
    DATABASE_URL: databaseUrl,
    RATE_LIMIT_PER_MINUTE: '100000',
    LOGIN_LIMIT: '100000',
    LOG_LEVEL: 'error',
    ...variables,
  };
  return crmServer({ sources: { env }, signals: false }).start();
}

const people = new Map<string, Promise<Person>>();

/** One login serves all tests of a run that do not end it: each costs what guessing a password shall cost. */
export function logIn(url: string, name: string): Promise<Person> {
  const key = `${url} ${name}`;
  const person = people.get(key) ?? newSession(url, `${name}@crm.example`);
  people.set(key, person);
  return person;
}

/** Logs in anew. @throws Error with the status when it is refused. */
export async function newSession(url: string, email: string, password = demoPassword): Promise<Person> {
  let cookie = '';
  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), cookie, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) cookie = set.split(';')[0] ?? '';
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? JSON.parse(text) : text,
    };
  }
  const { status, body } = await send('POST', '/api/auth/login', { email, password });
  if (status !== 200) throw new Error(`login of ${email} answered ${status} ${body.code}`);
  return {
    get: (path) => send('GET', path),
    post: (path, body = {}, headers = {}) => send('POST', path, body, headers),
    patch: (path, body) => send('PATCH', path, body),
  };
}
