import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@seaworthy/contracts';
import { freePort, type HttpService, httpHosts, type NodeProcess, size, spawnNode } from '@seaworthy/testkit';
import fc from 'fast-check';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessionOf, withSession } from '../src/adapters/express.js';
import {
  createOidc,
  type LoginNotes,
  type Oidc,
  OidcError,
  type OidcOptions,
  safeReturnPath,
} from '../src/oidc/index.js';
import { createSessions, memorySessionStore, type Sessions } from '../src/sessions/index.js';

const script = fileURLToPath(new URL('./processes/login-provider.mjs', import.meta.url));
const secret = 'a-client-secret-canary-0123456789';

type Options = OidcOptions<client.Configuration, client.ClientAuth>;

/** A browser that keeps the cookies of every origin, and follows nothing by itself. */
class Browser {
  readonly #jars = new Map<string, Map<string, string>>();

  async go(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    const answer = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0|1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }
}

const locationOf = (answer: Response, base: string): string =>
  new URL(answer.headers.get('location') ?? expect.fail(`no redirect but ${answer.status}`), base).href;

describe('logins at a provider', () => {
  let issuer: string;
  let provider: NodeProcess;
  let startProvider: () => Promise<NodeProcess>;
  let service: HttpService;
  let sessions: Sessions<Record<string, unknown>>;
  let oidc: Oidc;
  let options: Options;
  const lines: string[] = [];

  beforeAll(async () => {
    const [providerPort, appPort] = [await freePort(), await freePort()];
    issuer = `http://127.0.0.1:${providerPort}`;
    // The path under which the application, at whatever port, has its callback: only its query is looked at.
    const redirectUri = `http://127.0.0.1:${appPort}/callback`;
    startProvider = async () => {
      const env = { PORT: String(providerPort), REDIRECT_URI: redirectUri, CLIENT_SECRET: secret };
      const started = spawnNode(script, { env });
      await started.output(/listening/, 30_000);
      return started;
    };
    provider = await startProvider();
    const log = (message: string, fields?: object): void =>
      void lines.push(JSON.stringify([message, fields]));
    const logger: Logger = { error: log, warn: log, info: log, debug: log };
    options = {
      client,
      issuer,
      clientId: 'app',
      clientSecret: secret,
      redirectUri,
      environment: 'test',
      logger,
    };
    oidc = createOidc(options);
    const keys = ['a-key-of-the-sessions-0123456789abcdef'];
    sessions = createSessions({
      store: memorySessionStore(),
      keys,
      environment: 'test',
      cookie: { secure: false },
    });
    const host = httpHosts.find(({ name }) => name === 'express5') ?? expect.fail('no Express 5');
    service = await host.serve({
      express: (app) => {
        app.use(withSession(sessions));
        app.get('/login', async (req, res) => {
          res.redirect(303, await oidc.begin(sessionOf(sessions, req), { returnTo: req.query.to }));
        });
        app.get('/callback', async (req, res) => {
          const session = sessionOf(sessions, req);
          const result = await oidc.finish(session, req.originalUrl);
          if (result.kind === 'refused') {
            res.status(403).json({ reason: result.reason });
            return;
          }
          await session.login(result.subject, { data: { email: result.claims.email } });
          res.redirect(303, result.returnTo);
        });
        app.get('/me', (req, res) => void res.json({ user: sessionOf(sessions, req).user ?? null }));
      },
    });
  }, 60_000);
  afterAll(async () => {
    await service?.close();
    provider?.kill('SIGKILL');
    await provider?.exited;
  });

  /** The way from our login to the provider's answer, which is not yet given to us. */
  async function atProvider(
    browser: Browser,
    { user = 'ada', to = '/welcome', change = (url: URL): void => void url } = {},
  ): Promise<URL> {
    const begun = await browser.go(`${service.url}/login?to=${encodeURIComponent(to)}`);
    expect(begun.status).toBe(303);
    const asked = new URL(locationOf(begun, service.url));
    change(asked);
    let at = asked.href;
    for (let step = 0; step < 12; step += 1) {
      const page = await browser.go(at);
      if (page.status === 302 || page.status === 303) {
        at = locationOf(page, at);
      } else {
        const html = await page.text();
        expect(page.status, html).toBe(200);
        const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1] ?? expect.fail(html);
        const prompt = /name="prompt" value="([^"]+)"/.exec(html)?.[1] ?? '';
        const sent = await browser.go(new URL(action, at).href, { prompt, login: user, password: 'any' });
        at = locationOf(sent, at);
      }
      if (new URL(at).pathname === '/callback') return new URL(at);
    }
    return expect.fail('the provider did not come back');
  }

  const give = (browser: Browser, callback: URL): Promise<Response> =>
    browser.go(`${service.url}/callback${callback.search}`);
  const userOf = async (browser: Browser): Promise<unknown> => (await browser.go(`${service.url}/me`)).json();
  const refusal = async (browser: Browser, callback: URL): Promise<unknown> => {
    const answer = await give(browser, callback);
    expect(answer.status).toBe(403);
    expect(await userOf(browser)).toEqual({ user: null });
    return answer.json();
  };

  test('[row 42] come about with a code, PKCE, state and nonce, and lead back to where they began', async () => {
    const browser = new Browser();
    let asked: URLSearchParams | undefined;
    const callback = await atProvider(browser, {
      to: '/invoices?page=2',
      change: (url) => {
        asked = url.searchParams;
      },
    });
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      response_type: 'code',
      client_id: 'app',
      scope: 'openid profile email',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const done = await give(browser, callback);
    expect([done.status, done.headers.get('location')]).toEqual([303, '/invoices?page=2']);
    expect(done.headers.get('cache-control')).toBe('no-store');
    expect(await userOf(browser)).toEqual({ user: 'ada' });
  });

  test('[row 42] with a wrong state, another one of this session, two of them or none are refused', async () => {
    const browser = new Browser();
    const [first, second] = [await atProvider(browser), await atProvider(browser)];
    const stateOf = (url: URL): string => url.searchParams.get('state') ?? '';
    const withState = (states: readonly string[]): URL => {
      const changed = new URL(first);
      changed.searchParams.delete('state');
      for (const state of states) changed.searchParams.append('state', state);
      return changed;
    };
    for (const states of [[], ['x'.repeat(43)], [stateOf(first), stateOf(first)], ["oidc:'"]]) {
      expect(await refusal(browser, withState(states))).toEqual({ reason: 'unknown-state' });
    }
    // The verifier belongs to the other login, so the provider does not take the code.
    expect(await refusal(browser, withState([stateOf(second)]))).toEqual({ reason: 'code' });
  });

  test('[row 42] with a wrong nonce are refused, although the provider signed it', async () => {
    const browser = new Browser();
    const callback = await atProvider(browser, {
      change: (url) => url.searchParams.set('nonce', 'of-somebody-else'),
    });
    expect(await refusal(browser, callback)).toEqual({ reason: 'response' });
  });

  test('[row 42] happen once: neither the same answer nor its code in another login is taken again', async () => {
    const browser = new Browser();
    const callback = await atProvider(browser);
    expect((await give(browser, callback)).status).toBe(303);
    const again = await give(browser, callback);
    expect([again.status, await again.json()]).toEqual([403, { reason: 'unknown-state' }]);
    const other = new Browser();
    const fresh = await atProvider(other, { user: 'eve' });
    fresh.searchParams.set('code', callback.searchParams.get('code') ?? '');
    expect(await refusal(other, fresh)).toEqual({ reason: 'code' });
    const both = new Browser();
    const twice = await atProvider(both);
    const statuses = await Promise.all([1, 2, 3].map(async () => (await give(both, twice)).status));
    expect(statuses.sort()).toEqual([303, 403, 403]);
  });

  test('that somebody else began are refused: nobody is logged in as an attacker', async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const callback = await atProvider(attacker, { user: 'eve' });
    expect(await refusal(victim, callback)).toEqual({ reason: 'unknown-state' });
    await victim.go(`${service.url}/login`); // has a session, and a login of its own
    expect(await refusal(victim, callback)).toEqual({ reason: 'unknown-state' });
  });

  test('answered in the name of another provider, or of none, are refused (mix-up)', async () => {
    const browser = new Browser();
    const other = await atProvider(browser);
    expect(other.searchParams.get('iss')).toBe(issuer);
    other.searchParams.set('iss', 'https://evil.example');
    expect(await refusal(browser, other)).toEqual({ reason: 'response' });
    const none = await atProvider(browser);
    none.searchParams.delete('iss');
    expect(await refusal(browser, none)).toEqual({ reason: 'response' });
  });

  test('that the person breaks off are refused as that', async () => {
    const browser = new Browser();
    const callback = await atProvider(browser);
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    expect(await refusal(browser, callback)).toEqual({ reason: 'denied' });
  });

  test('never lead to another site', async () => {
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      '/.//evil.example',
      'x',
      '/%0d%0aX:y'.repeat(300),
    ]) {
      const browser = new Browser();
      const done = await give(browser, await atProvider(browser, { to }));
      expect([to, done.headers.get('location')]).toEqual([to, '/']);
    }
  });

  test('take further parameters, and none in place of those of the protocol', async () => {
    const notes: LoginNotes = { hold: async () => undefined, take: async () => undefined };
    const parameters = {
      login_hint: 'ada',
      client_id: 'other',
      response_type: 'token',
      response_mode: 'fragment',
      request: 'eyJhbGciOiJub25lIn0.e30.',
      request_uri: 'https://evil.example/request',
      redirect_uri: 'https://evil.example/',
      scope: 'email',
      state: 'known',
      nonce: 'known',
      code_challenge: 'known',
      code_challenge_method: 'plain',
    };
    const plain = new URL(await oidc.begin(notes)).searchParams;
    const asked = new URL(await oidc.begin(notes, { parameters })).searchParams;
    expect([...asked.keys()].sort()).toEqual([...plain.keys(), 'login_hint'].sort());
    for (const name of ['client_id', 'response_type', 'redirect_uri', 'scope', 'code_challenge_method']) {
      expect([name, asked.get(name)]).toEqual([name, plain.get(name)]);
    }
    expect([...asked.values()]).not.toContain('known');
  });

  test('whose provider does not answer, is frozen or does not know us are 503 in time, and work again when it is back', async () => {
    const session = await sessions.open({}, undefined, { open: true, set: () => undefined });
    const codeOf = (error: unknown): string =>
      OidcError.is(error) ? `${error.code} ${error.statusCode}` : String(error);
    const unreachable = createOidc({ ...options, issuer: `http://127.0.0.1:${await freePort()}` });
    expect(await unreachable.begin(session).catch(codeOf)).toBe('SECURITY_OIDC_UNAVAILABLE 503');

    const silent = createServer(() => undefined); // takes the connection and says nothing
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const frozen = createOidc({ ...options, issuer: `http://127.0.0.1:${port}`, timeoutMs: 200 });
    expect(await frozen.begin(session).catch(codeOf)).toBe('SECURITY_OIDC_UNAVAILABLE 503');
    silent.closeAllConnections();
    silent.close();

    const stranger = createOidc({ ...options, clientSecret: 'wrong-canary-secret' });
    const url = new URL(await stranger.begin(session));
    const given = `/callback?code=x&state=${url.searchParams.get('state')}&iss=${encodeURIComponent(issuer)}`;
    expect(await stranger.finish(session, given).catch(codeOf)).toBe('SECURITY_OIDC_UNAVAILABLE 503');

    const browser = new Browser();
    const callback = await atProvider(browser);
    provider.kill('SIGKILL');
    await provider.exited;
    const answer = await give(browser, callback);
    expect([answer.status, await userOf(browser)]).toEqual([503, { user: null }]);
    provider = await startProvider();
    expect((await give(browser, callback)).status).toBe(403); // it was used up: the login begins anew
    expect((await give(browser, await atProvider(browser))).status).toBe(303);
    expect(await userOf(browser)).toEqual({ user: 'ada' });
  }, 30_000);

  test('write no secret, code, state or verifier to the log', () => {
    expect(lines.length).toBeGreaterThan(5);
    const all = lines.join('\n');
    for (const word of [secret, 'canary', 'code_verifier', '?code=', 'state='])
      expect(all).not.toContain(word);
    expect(all).not.toMatch(/[\w-]{43}/);
  });
});

describe('a path to return to', () => {
  test('is kept when it lies in the application', () => {
    for (const path of ['/', '/a/b?c=d&e=/f#g', '/a?to=https://x.example', '/%2F%2Fx', '/a//b']) {
      expect(safeReturnPath(path)).toBe(path);
    }
  });

  test('is left out when it is too long for a header as it is written there', () => {
    expect(safeReturnPath(`/${'a'.repeat(2_047)}`)).toHaveLength(2_048);
    expect(safeReturnPath(`/${'é'.repeat(300)}`)).toBe(`/${'%C3%A9'.repeat(300)}`);
    expect(safeReturnPath(`/${'é'.repeat(400)}`)).toBe('/');
  });

  test('leads nowhere else, however it is written', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '//',
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      ':',
      '@',
      '#',
      '?',
      'https:',
      'javascript:',
      'evil.example',
      '\t',
      '\n',
      '\0',
      ' ',
      '\u2028',
      '／',
      '。',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 8 }).map((all) => all.join('')),
          fc.webUrl(),
          fc.anything(),
        ),
        (input) => {
          const path = safeReturnPath(input);
          expect(path).toMatch(/^\/(?![/\\])/);
          expect(new URL(path, 'https://app.example').origin).toBe('https://app.example');
          expect(safeReturnPath(path)).toBe(path);
        },
      ),
      { numRuns: size({ test: 300, soak: 100_000 }) },
    );
  });
});

test.each([
  ['a provider over plain HTTP in production', { environment: 'production' }],
  ['no address', { issuer: 'login.example.com' }],
  ['an address with a password', { issuer: 'https://a:b@login.example.com' }],
  ['a way back with a query', { redirectUri: 'http://127.0.0.1:2/callback?tenant=a' }],
  ['no client', { clientId: '' }],
  ['an empty secret', { clientSecret: '' }],
  ['a scope without openid', { scope: 'email' }],
  ['a timeout of nothing', { timeoutMs: 0 }],
] satisfies ReadonlyArray<readonly [string, Partial<Options>]>)('%s is refused', (_what, options) => {
  const basis = {
    client,
    issuer: 'http://127.0.0.1:1',
    clientId: 'app',
    redirectUri: 'http://127.0.0.1:2/callback',
  };
  expect(() => createOidc({ ...basis, environment: 'test', ...options })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});
