import type { Answer } from '@seaworthy-example/server/testing';
import { demoPassword } from '../src/seed/seed.js';
import { kpiBackend } from '../src/service.js';

/** Of those who logged in, by address of the service and name. */
const cookies = new Map<string, string>();

/** Talks to the API as one person's browser does. */
export class KpiClient {
  readonly #url: string;
  #cookie = '';

  constructor(url: string) {
    this.#url = url;
  }

  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#ask(method, path, body === undefined ? undefined : JSON.stringify(body), headers);
  }

  async #ask(
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        cookie: this.#cookie,
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    for (const set of response.headers.getSetCookie()) this.#cookie = set.split(';')[0] ?? '';
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').includes('json');
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  }

  /** JSON as it stands, for numbers that `JSON.stringify` does not write. */
  sendText(path: string, text: string): Promise<Answer> {
    return this.#ask('POST', path, text);
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, body: unknown = {}): Promise<Answer> {
    return this.send('POST', path, body);
  }

  /** One login of a person serves all tests of a run that do not end it: each costs what guessing a password shall cost. */
  async logIn(name: string): Promise<this> {
    const known = `${this.#url} ${name}`;
    const cookie = cookies.get(known);
    if (cookie !== undefined) {
      this.#cookie = cookie;
      return this;
    }
    const answer = await this.post('/api/auth/login', {
      email: `${name}@kpi.example`,
      password: demoPassword,
    });
    if (answer.status !== 200) throw new Error(`login of ${name} answered ${answer.status}`);
    cookies.set(known, this.#cookie);
    return this;
  }
}

/** The API with seeded data, on a free port, silent. */
export async function startKpi(variables: Readonly<Record<string, string>> & { readonly PORT: string }) {
  const env = {
    NODE_ENV: 'test',
    SEED: 'true',
    RATE_LIMIT_MAX_REQUESTS: '100000',
    LOGIN_LIMIT: '100000',
    LOG_LEVEL: 'error',
    ...variables,
  };
  return kpiBackend({ sources: { env }, signals: false }).start();
}
