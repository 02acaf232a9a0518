import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createFakeClock, type HttpService, httpHosts, rawRequest } from '@seaworthy/testkit';
import Fastify, { type FastifyReply } from 'fastify';
import { describe, expect, test } from 'vitest';
import { secure as secureFastify } from '../src/adapters/fastify.js';
import { secure as secureFetch } from '../src/adapters/fetch.js';
import { secure, securityOf } from '../src/adapters/node.js';
import {
  clientIp,
  createSecurity,
  policy,
  presets,
  type Security,
  type SecurityOptions,
} from '../src/index.js';
import { serveFetch } from './fetch-host.js';
import { mountOf } from './host-mount.js';
import { viewOf } from './view.js';

const app = 'https://app.example.com';

/** What every answer must carry: the headers that the decision of a plain request has. */
async function expectedOf(
  options: SecurityOptions,
  encrypted: boolean,
): Promise<ReadonlyArray<readonly [string, string]>> {
  return (await createSecurity(options).decide(viewOf({ encrypted }))).headers;
}

/** Express answers its own 404 and 500 pages with this CSP, stricter than any of ours. */
const expressErrorCsp = "default-src 'none'";

/** The four hosts, and a Web-standard handler. */
interface SecuredHost {
  readonly name: string;
  readonly serve: (security: Security) => Promise<HttpService>;
}

const hosts: readonly SecuredHost[] = [
  ...httpHosts.map(({ name, serve }) => ({ name, serve: (security: Security) => serve(mountOf(security)) })),
  { name: 'fetch', serve: serveFetch },
];

for (const host of hosts) describe(`security on ${host.name}`, () => suite(host));

function suite(host: SecuredHost): void {
  const isExpress = host.name.startsWith('express');

  test.each([
    ['html', { headers: { profile: 'html' } }],
    ['api', { headers: { profile: 'api' } }],
    ['crm preset', { headers: presets.crm.headers }],
    ['kpi preset', { headers: presets.kpi.headers }],
  ] satisfies ReadonlyArray<readonly [string, SecurityOptions]>)(
    'puts the same headers on every kind of answer: %s',
    async (_name, options) => {
      const security = createSecurity({
        ...options,
        clientIp: clientIp({ trust: ['loopback'] }),
        cors: { origins: app },
        limits: { policies: [policy('ip', { limit: 1, per: '1h', paths: ['/api/'] })], headers: 'none' },
      });
      await using service = await host.serve(security);
      const big = {
        method: 'POST',
        body: `"${'x'.repeat(2_000_000)}"`,
        headers: { 'content-type': 'application/json' },
      };
      const foreign = { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } };
      const preflight = {
        method: 'OPTIONS',
        headers: { origin: app, 'access-control-request-method': 'PUT' },
      };
      const answers: ReadonlyArray<readonly [path: string, status: number, init?: RequestInit]> = [
        ['/hello', 200],
        ['/hello', 200, { method: 'HEAD' }],
        ['/stream?ms=1', 200],
        ['/empty', 204],
        ['/cached', 304],
        ['/api/items', 200],
        ['/api/items', 429],
        ['/echo', 403, foreign],
        ['/hello', 204, preflight],
        ['/nowhere', 404],
        ['/nowhere', 404, { method: 'OPTIONS' }],
        ['/boom', 500],
        ['/boom-later', 500],
        ['/tenants/7/users/9', 200],
        ...(host.name === 'node:http' ? [] : [['/echo', 413, big] as const]), // the bare host limits no body
      ];
      for (const secure of [false, true]) {
        const expected = await expectedOf(options, secure);
        for (const [path, status, init] of answers) {
          if (secure && path.startsWith('/api/')) continue;
          const headers = new Headers(init?.headers);
          headers.set('x-forwarded-proto', secure ? 'https' : 'http');
          const answer = await fetch(service.url + path, { ...init, headers });
          const place = `${init?.method ?? 'GET'} ${path} ${secure ? 'https' : 'http'}`;
          expect([place, answer.status]).toEqual([place, status]);
          for (const [name, value] of expected) {
            const isErrorPage = isExpress && [404, 413, 500].includes(answer.status);
            const wanted = name === 'Content-Security-Policy' && isErrorPage ? expressErrorCsp : value;
            expect([place, name, answer.headers.get(name)]).toEqual([place, name, wanted]);
          }
          expect([place, answer.headers.get('x-powered-by')]).toEqual([place, null]);
          expect([place, answer.headers.has('strict-transport-security')]).toEqual([place, secure]);
          expect([place, answer.headers.get('vary')]).toEqual([place, expect.stringContaining('Origin')]);
          await answer.arrayBuffer();
        }
      }
    },
  );

  test('[row 31] kpi preset: 100 requests in 15 minutes under /api/, then the exact text and draft 6 headers', async () => {
    const clock = createFakeClock();
    const security = createSecurity({ ...presets.kpi, environment: 'development', clock });
    await using service = await host.serve(security);
    const get = async (path: string): Promise<Response> => fetch(service.url + path);

    for (let request = 1; request <= 100; request += 1) {
      const answer = await get('/api/items');
      expect([request, answer.status, answer.headers.get('ratelimit-remaining')]).toEqual([
        request,
        200,
        `${100 - request}`,
      ]);
      await answer.arrayBuffer();
    }
    const refused = await get('/api/items');
    expect(refused.status).toBe(429);
    expect(await refused.text()).toBe('Too many requests from this IP');
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'ratelimit-limit': '100',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '900',
      'ratelimit-policy': '100;w=900',
      'retry-after': '900',
      'cache-control': 'no-store',
    });
    expect([...refused.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
    expect(refused.headers.get('ratelimit')).toBeNull();
    expect((await get('/hello')).status).toBe(200);

    await clock.advance(899_999);
    expect((await get('/api/items')).status).toBe(429);
    await clock.advance(1);
    expect((await get('/api/items')).status).toBe(200);
  });

  test('[row 30] crm preset: 100 requests a minute from one address, then 429 with Retry-After and RateLimit', async () => {
    const clock = createFakeClock();
    const security = createSecurity({ ...presets.crm, clock });
    await using service = await host.serve(security);

    for (let request = 1; request <= 100; request += 1) {
      const answer = await fetch(`${service.url}/hello`);
      expect([request, answer.status]).toEqual([request, 200]);
      expect(answer.headers.get('ratelimit')).toBe(`"ip";r=${100 - request};t=60`);
      await answer.arrayBuffer();
    }
    await clock.advance(20_000);
    const refused = await fetch(`${service.url}/hello`);
    expect(refused.status).toBe(429);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'ratelimit-policy': '"ip";q=100;w=60',
      ratelimit: '"ip";r=0;t=40',
      'retry-after': '40',
    });
    expect(await refused.json()).toEqual({
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      code: 'RATE_LIMITED',
      detail: 'Too many requests. Try again in 40 seconds.',
    });
    await clock.advance(40_000);
    expect((await fetch(`${service.url}/hello`)).status).toBe(200);
  });

  test('keeps refusals readable to an allowed origin, and to no other', async () => {
    const security = createSecurity({
      cors: { origins: app, credentials: true },
      csrf: { trustedOrigins: 'https://other.example.com' },
      limits: { policies: [policy('ip', { limit: 1, per: '1h', paths: ['/api/'] })] },
    });
    await using service = await host.serve(security);
    await fetch(`${service.url}/api/items`);
    const from = (origin: string, path: string, method = 'GET'): Promise<Response> =>
      fetch(service.url + path, { method, headers: { origin } });

    for (const [path, method, status] of [
      ['/api/items', 'GET', 429],
      ['/echo', 'POST', 403],
    ] as const) {
      const readable = await from(app, path, method);
      expect(readable.status).toBe(status);
      expect(readable.headers.get('access-control-allow-origin')).toBe(app);
      expect(readable.headers.get('access-control-allow-credentials')).toBe('true');
      expect(readable.headers.get('access-control-expose-headers')).toBe(
        'RateLimit,RateLimit-Policy,Retry-After',
      );
      const foreign = await from('https://app.example.com.evil.example', path, method);
      expect(foreign.status).toBe(status);
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
      expect(foreign.headers.get('vary')).toContain('Origin');
    }
  });

  test('refuses a cross-site write and lets a bearer and a same-origin one through', async () => {
    await using service = await host.serve(createSecurity());
    const post = async (headers: Record<string, string>): Promise<number> => {
      const answer = await fetch(`${service.url}/echo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: 'sid=1', ...headers },
        body: '{}',
      });
      return answer.status;
    };
    expect(await post({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).toBe(403);
    expect(await post({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await post({ origin: 'https://evil.example' })).toBe(403);
    expect(await post({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await post({ origin: service.url })).toBe(200);
    expect(await post({ 'sec-fetch-site': 'cross-site', authorization: 'Bearer abc' })).toBe(200);
  });

  test('tells handlers the client behind a trusted proxy and the nonce of this answer', async () => {
    const security = createSecurity({
      clientIp: clientIp({ trust: ['loopback'] }),
      headers: { nonce: true },
    });
    await using service = await host.serve(security);
    const ask = async (forwarded: string): Promise<{ client: object; nonce: string; csp: string | null }> => {
      const answer = await fetch(`${service.url}/whoami`, { headers: { 'x-forwarded-for': forwarded } });
      const { client, nonce } = (await answer.json()) as { client: object; nonce: string };
      return { client, nonce, csp: answer.headers.get('content-security-policy') };
    };
    const first = await ask('203.0.113.7, 2001:db8:1:2:3::4');
    const second = await ask('198.51.100.1');
    expect(first.client).toEqual({
      ip: '2001:db8:1:2:3::4',
      key: '2001:db8:1:2::/64',
      secure: false,
      viaProxy: true,
    });
    expect(second.client).toMatchObject({ ip: '198.51.100.1', key: '198.51.100.1' });
    expect(first.csp).toContain(`script-src 'self' 'nonce-${first.nonce}'`);
    expect(Buffer.from(first.nonce, 'base64')).toHaveLength(16);
    expect(second.nonce).not.toBe(first.nonce);
  });

  test('answers a preflight itself, with nothing in its body', async () => {
    const security = createSecurity({ cors: { origins: app, optionsSuccessStatus: 200 } });
    await using service = await host.serve(security);
    const text = `OPTIONS /hello HTTP/1.1\nHost: a\nOrigin: ${app}\nAccess-Control-Request-Method: PUT\nConnection: close\n\n`;
    const answer = await rawRequest({ port: service.port, text });
    expect([answer.status, answer.body, answer.header('content-length')]).toEqual([200, '', ['0']]);
    expect(answer.header('access-control-allow-methods')).toEqual(['GET,HEAD,PUT,PATCH,POST,DELETE']);
  });

  test.each([
    [
      'a policy',
      { limits: { policies: [policy('user', { limit: 1, per: '1s', key: () => throwCanary() })] } },
    ],
    [
      'a policy of a store outside the process',
      {
        limits: {
          store: { deadlineMs: 100, consume: async () => [] },
          policies: [policy('user', { limit: 1, per: '1s', cost: () => throwCanary() })],
        },
      },
    ],
    ['a function that finds the client', { clientIp: () => throwCanary() }],
    ['a function that decides on origins', { cors: { origin: () => throwCanary() } }],
    [
      'a function that decides on origins later',
      { cors: { origin: (_origin, done) => void setTimeout(done, 1, new Error('secret-canary')) } },
    ],
  ] satisfies ReadonlyArray<readonly [string, SecurityOptions]>)(
    'gives an error in %s to the host, which answers 500 behind the usual headers',
    async (_what, options) => {
      const security = createSecurity({ ...options, headers: { profile: 'api' } });
      await using service = await host.serve(security);
      const answer = await fetch(`${service.url}/hello`, { headers: { origin: app } });
      expect(answer.status).toBe(500);
      for (const [name, value] of await expectedOf({ headers: { profile: 'api' } }, false)) {
        const wanted = name === 'Content-Security-Policy' && isExpress ? expressErrorCsp : value;
        expect([name, answer.headers.get(name)]).toEqual([name, wanted]);
      }
    },
  );

  test('gives an error in a directive of the CSP to the host, which answers 500 behind all other headers', async () => {
    const contentSecurityPolicy = { directives: { 'script-src': ["'self'", () => throwCanary()] } };
    const security = createSecurity({ headers: { helmet: { contentSecurityPolicy } } });
    await using service = await host.serve(security);
    const answer = await fetch(`${service.url}/hello`);
    expect([answer.status, answer.headers.get('content-security-policy')]).toEqual([
      500,
      isExpress ? expressErrorCsp : null,
    ]);
    for (const [name, value] of await expectedOf({}, false)) {
      if (name !== 'Content-Security-Policy') expect([name, answer.headers.get(name)]).toEqual([name, value]);
    }
  });
}

function throwCanary(): never {
  throw new Error('secret-canary');
}

test('a client that left while it was decided reaches no handler', async () => {
  const real = createSecurity({});
  let decide: () => void = () => undefined;
  const slow: Security = {
    ...real,
    decide: async (...asked) => {
      await new Promise<void>((resolve) => {
        decide = resolve;
      });
      return real.decide(...asked);
    },
  };
  const secured = secure(slow);
  const reached: unknown[] = [];
  const server = createServer((request, response) => secured(request, response, () => reached.push(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const asked = once(server, 'request');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [, response]: ServerResponse[] = await asked;
  client.destroy();
  if (response !== undefined) await once(response, 'close');
  decide();
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(reached).toEqual([]);
  server.close();
  await real.close();
});

test('a path that Fastify cannot decode gets the headers where frameworkErrors asks the guard, and no limit is evaded', async () => {
  const security = createSecurity({ limits: { policies: [policy('ip', { limit: 1, per: '1h' })] } });
  const guard = secure(security);
  const app = Fastify({
    frameworkErrors: (error, request, reply: FastifyReply) =>
      guard(request.raw, reply.raw, (failed) => void reply.send(failed ?? error)),
  });
  await app.register(secureFastify(security));
  try {
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const answer = await fetch(`${url}/%zz`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'FST_ERR_BAD_URL' }]);
    for (const [name, value] of await expectedOf({}, false)) {
      expect([name, answer.headers.get(name)]).toEqual([name, value]);
    }
    expect((await fetch(`${url}/%zz`)).status).toBe(429);
  } finally {
    await app.close();
  }
});

test('says what to do when a handler asks about a request that no adapter saw', () => {
  expect(() => securityOf(Object.create(null))).toThrow(
    expect.objectContaining({
      code: 'SECURITY_NOT_MOUNTED',
      message: expect.stringContaining('secure(security)'),
    }),
  );
});

test('a function of the Web-standard options that throws is told, and is a 500 behind the usual headers', async () => {
  const told: unknown[] = [];
  const fetch = secureFetch(createSecurity(), () => new Response('never'), {
    peer: () => {
      throw new Error('no socket');
    },
    onError: (error) => told.push(error),
  });
  const answer = await fetch(new Request('http://app.example/'));
  expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'INTERNAL_ERROR' }]);
  expect(told).toEqual([new Error('no socket')]);
  for (const [name, value] of await expectedOf({}, false)) {
    expect([name, answer.headers.get(name)]).toEqual([name, value]);
  }
});
