import { describeHttpContract, type HttpService, type Mount, size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { secure as secureExpress } from '../src/adapters/express.js';
import { secure as secureFastify } from '../src/adapters/fastify.js';
import { secure as secureNode } from '../src/adapters/node.js';
import {
  type CsrfOptions,
  type CsrfTokens,
  type CsrfTokensOptions,
  createCsrfTokens,
  createSecurity,
  type Security,
} from '../src/index.js';
import { createSessions, memorySessionStore, type Sessions } from '../src/sessions/index.js';
import { type Basket, sessionMount } from './session-mount.js';
import { viewOf } from './view.js';

const key = 'a-key-of-the-tokens-0123456789abcdefgh';
const other = 'another-key-of-the-tokens-0123456789ab';

const boundTo = (binding: string | undefined, keys: readonly string[] = [key]): CsrfTokens =>
  createCsrfTokens({ keys, bindingOf: () => binding });
const viewWith = (header: string, cookie: string) =>
  viewOf({ method: 'POST', headers: { 'x-csrf-token': header, cookie: `a=b; ${cookie}` } });
const pairOf = (line: string): string => line.split(';')[0] ?? '';

describe('a double-submit token', () => {
  test('is valid in both places for its own session, and foreign everywhere else', () => {
    const tokens = boundTo('mine');
    const { token, cookie } = tokens.issue('mine');
    expect(cookie).toBe(`__Host-csrf=${token}; Max-Age=31622400; Path=/; Secure; SameSite=Strict`);
    const eve = tokens.issue('theirs');
    expect(tokens.check(viewWith(token, pairOf(cookie)))).toBe('valid');
    expect(tokens.check(viewWith(eve.token, pairOf(eve.cookie)))).toBe('foreign');
    expect(tokens.check(viewWith(token, pairOf(eve.cookie)))).toBe('foreign');
    expect(tokens.check(viewWith(token, ''))).toBe('foreign');
    expect(tokens.check(viewWith('', pairOf(cookie)))).toBe('missing');
    expect(boundTo(undefined).check(viewWith('', ''))).toBe('none');
    expect(boundTo('mine', [other]).check(viewWith(token, pairOf(cookie)))).toBe('foreign');
    expect(boundTo('mine', [other, key]).check(viewWith(token, pairOf(cookie)))).toBe('valid');
  });

  test('of any bytes, or with one letter changed, is foreign', () => {
    const tokens = boundTo('mine');
    const { token } = tokens.issue('mine');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc
            .tuple(fc.nat({ max: token.length - 1 }), fc.constantFrom('A', 'B', '.', '_', 'é'))
            .map(([at, letter]) => token.slice(0, at) + letter + token.slice(at + 1)),
        ),
        (given) => {
          const state = tokens.check(viewWith(given, `__Host-csrf=${given}`));
          expect(state === 'valid').toBe(given === token);
        },
      ),
      { numRuns: size({ test: 500, soak: 100_000 }) },
    );
  });

  test.each([
    ['no key', { keys: [] }],
    ['a short key', { keys: ['short'] }],
    ['a header with capitals', { header: 'X-CSRF' }],
    ['a cookie that a subdomain may plant', { cookie: 'csrf' }],
    ['a cookie that browsers refuse', { secure: false, cookie: '__Host-csrf' }],
  ] satisfies ReadonlyArray<readonly [string, Partial<CsrfTokensOptions>]>)(
    'with %s is refused',
    (_what, options) => {
      expect(() => createCsrfTokens({ keys: [key], bindingOf: () => 'x', ...options })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    },
  );
});

describe('a write of a session', () => {
  const tokens = boundTo('mine');
  const { token, cookie } = tokens.issue('mine');
  const mine = { 'x-csrf-token': token, cookie: pairOf(cookie) };
  const verdictOf = async (headers: Record<string, string>, csrf: CsrfOptions): Promise<string> =>
    (await createSecurity({ csrf }).decide(viewOf({ method: 'POST', headers }))).verdict.kind;

  test('needs a token where the browser proves no origin, and with requireToken always', async () => {
    const proven = { 'sec-fetch-site': 'same-origin' };
    expect(await verdictOf({}, { tokens })).toBe('deny');
    expect(await verdictOf(mine, { tokens })).toBe('pass');
    expect(await verdictOf(proven, { tokens })).toBe('pass');
    expect(await verdictOf(proven, { tokens, requireToken: 'always' })).toBe('deny');
    const { verdict } = await createSecurity({ csrf: { tokens } }).decide(viewOf({ method: 'POST' }));
    expect(verdict).toMatchObject({ kind: 'deny', status: 403, code: 'CSRF_TOKEN_REQUIRED' });
    expect(await verdictOf({ ...proven, ...mine }, { tokens, requireToken: 'always' })).toBe('pass');
  });

  test('is not excused by a token when its origin is foreign; a token stands in for an origin that is only missing', async () => {
    expect(await verdictOf({ ...mine, 'sec-fetch-site': 'cross-site' }, { tokens })).toBe('deny');
    expect(await verdictOf({ ...mine, origin: 'https://evil.example' }, { tokens })).toBe('deny');
    expect(await verdictOf(mine, { tokens, requireOrigin: true })).toBe('pass');
    expect(await verdictOf({ cookie: 'a=b' }, { tokens: boundTo(undefined), requireOrigin: true })).toBe(
      'deny',
    );
  });

  test('an unknown requireToken is refused', () => {
    expect(() => createSecurity({ csrf: { tokens, requireToken: JSON.parse('"never"') } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});

describeHttpContract('CSRF', (host) => {
  /** Security in front, sessions behind it, as an application has them. */
  function mountOf(security: Security, sessions: Sessions<Basket>, tokens: CsrfTokens): Mount {
    const inner = sessionMount(sessions);
    return {
      node: (app) => {
        app.use(secureNode(security));
        inner.node?.(app);
      },
      express: (app) => {
        app.use(secureExpress(security));
        inner.express?.(app);
      },
      fastify: async (app) => {
        await app.register(secureFastify(security));
        await inner.fastify?.(app);
      },
      routes: [
        ...(inner.routes ?? []),
        {
          method: 'GET',
          path: '/token',
          handle: ({ headers }) => {
            const binding = sessions.bindingOf(headers.cookie);
            if (binding === undefined) return { body: {} };
            const { cookie, token } = tokens.issue(binding);
            return { headers: { 'set-cookie': cookie, 'cache-control': 'no-store' }, body: { token } };
          },
        },
      ],
    };
  }

  /** Sessions and tokens as an application has them that asks for a token with every write. */
  function sessionsAndTokens() {
    const sessions = createSessions<Basket>({
      store: memorySessionStore(),
      keys: [key],
      environment: 'test',
    });
    const tokens = createCsrfTokens({
      keys: [key],
      bindingOf: (view) => sessions.bindingOf(view.header('cookie')),
    });
    return { sessions, tokens };
  }

  async function strict(): Promise<{ readonly sessions: Sessions<Basket>; readonly service: HttpService }> {
    const { sessions, tokens } = sessionsAndTokens();
    const security = createSecurity({ csrf: { tokens, requireToken: 'always' } });
    return { sessions, service: await host.serve(mountOf(security, sessions, tokens)) };
  }

  test('with a token asked for always, somebody whose browser was closed goes on where the session does', async () => {
    const { service } = await strict();
    await using _ = service;
    const browser = new Jar(service.url);
    expect(await browser.status('POST', '/login/ada')).toBe(200); // no session, no token
    await browser.status('GET', '/token');
    browser.restart();
    expect(await browser.status('POST', '/items/boat')).toBe(200);
    expect(await browser.me()).toMatchObject({ user: 'ada', items: ['boat'] });
  });

  test('with a token asked for always, whose session ended on the server logs in again', async () => {
    const { service, sessions } = await strict();
    await using _ = service;
    for (const lost of [false, true]) {
      const browser = new Jar(service.url);
      await browser.status('POST', '/login/ada');
      await browser.status('GET', '/token');
      await sessions.endAll('ada');
      expect(await browser.me()).toEqual({ user: null });
      if (lost) {
        browser.forget('__Host-csrf');
        expect(await browser.status('POST', '/login/ada')).toBe(403);
        await browser.status('GET', '/token'); // as the page with the form does
      }
      expect(await browser.status('POST', '/login/ada')).toBe(200);
      await browser.status('GET', '/token');
      expect(await browser.status('POST', '/items/boat')).toBe(200);
      expect(await browser.me()).toMatchObject({ user: 'ada' });
    }
  });

  test('[row 35] a cookie POST without a token, with a foreign one or from another site is 403; a bearer is exempt', async () => {
    const { sessions, tokens } = sessionsAndTokens();
    const security = createSecurity({ csrf: { tokens } });
    await using service = await host.serve(mountOf(security, sessions, tokens));
    /** As a client that is no browser: it sends what it is told to. */
    const ask = async (method: string, path: string, headers: Record<string, string>): Promise<Response> =>
      fetch(service.url + path, { method, headers });
    async function logIn(user: string): Promise<{ readonly session: string; readonly csrf: string }> {
      const login = await fetch(`${service.url}/login/${user}`, { method: 'POST' });
      const session = pairOf(login.headers.getSetCookie()[0] ?? '');
      const issued = await fetch(`${service.url}/token`, { headers: { cookie: session } });
      return { session, csrf: pairOf(issued.headers.getSetCookie()[0] ?? '') };
    }
    const [ada, eve] = [await logIn('ada'), await logIn('eve')];
    const wordOf = (pair: string): string => pair.slice(pair.indexOf('=') + 1);
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await ask('POST', '/items/boat', headers)).status;

    const cookie = `${ada.session}; ${ada.csrf}`;
    const token = { 'x-csrf-token': wordOf(ada.csrf) };
    expect(await status({ cookie, ...token })).toBe(200);
    expect(await status({ cookie })).toBe(403); // the cookie alone is what a foreign form sends
    expect(await status({ cookie: ada.session, ...token })).toBe(403);
    expect(await status({ cookie: `${ada.session}; ${eve.csrf}`, 'x-csrf-token': wordOf(eve.csrf) })).toBe(
      403,
    );
    expect(await status({ cookie, 'x-csrf-token': wordOf(eve.csrf) })).toBe(403);
    expect(await status({ cookie, ...token, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status({ cookie, ...token, 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await status({ cookie, ...token, origin: 'https://evil.example' })).toBe(403);
    expect(await status({ cookie, 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await status({ authorization: 'Bearer abc', 'sec-fetch-site': 'cross-site' })).toBe(200);
    expect((await ask('GET', '/me', { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(200);
    // A token of the session before the login is foreign after it.
    const again = await logIn('ada');
    expect(await status({ cookie: `${again.session}; ${ada.csrf}`, ...token })).toBe(403);
  });
});

/** A browser with a page that sends the token of its cookie. */
class Jar {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  async #ask(method: string, path: string): Promise<Response> {
    const pairs = [...this.#cookies.values()].map(pairOf);
    const token = pairOf(this.#cookies.get('__Host-csrf') ?? '').replace('__Host-csrf=', '');
    const headers = { cookie: pairs.join('; '), 'x-csrf-token': token, 'sec-fetch-site': 'same-origin' };
    const answer = await fetch(this.#url + path, { method, headers });
    for (const line of answer.headers.getSetCookie()) this.#cookies.set(line.split('=')[0] ?? '', line);
    return answer;
  }

  async status(method: string, path: string): Promise<number> {
    return (await this.#ask(method, path)).status;
  }

  async me(): Promise<unknown> {
    return (await this.#ask('GET', '/me')).json();
  }

  /** What has no lifetime of its own ends with the browser. */
  restart(): void {
    for (const [name, line] of this.#cookies) if (!line.includes('Max-Age=')) this.#cookies.delete(name);
  }

  forget(name: string): void {
    this.#cookies.delete(name);
  }
}
