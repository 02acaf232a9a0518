import { createFakeClock, waitFor } from '@seaworthy/testkit';
import fc from 'fast-check';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { secure } from '../src/adapters/fastify.js';
import {
  createSecurity,
  type Decision,
  type LimitPolicyOptions,
  type LimitsOptions,
  memoryStore,
  policy,
  type SecurityEvent,
} from '../src/index.js';
import { type ViewParts, viewOf } from './view.js';

const clocked = (limits: LimitsOptions, onEvent?: (event: SecurityEvent) => void) => {
  const clock = createFakeClock();
  const security = createSecurity({
    limits,
    clock,
    csrf: false,
    ...(onEvent === undefined ? {} : { onEvent }),
  });
  const ask = async (parts: ViewParts = {}): Promise<Decision> => security.decide(viewOf(parts));
  const passes = async (parts: ViewParts = {}): Promise<boolean> =>
    (await ask(parts)).verdict.kind === 'pass';
  return { clock, ask, passes };
};

const header = ({ headers }: Decision, name: string): string | undefined => Object.fromEntries(headers)[name];

describe('a fixed window', () => {
  test.each([
    ['half a second', '500ms', 500],
    ['30 days', '30d', 30 * 86_400_000],
    ['90 days', '90d', 90 * 86_400_000],
    ['ten years', '3650d', 3_650 * 86_400_000],
  ])('of %s admits its limit once, and again when it is over', async (_what, per, ms) => {
    const { clock, passes } = clocked({ policies: [policy('login', { limit: 1, per })] });
    expect(await passes()).toBe(true);
    for (let guess = 0; guess < 200; guess += 1) expect(await passes()).toBe(false);
    await clock.advance(ms - 1);
    expect(await passes()).toBe(false);
    await clock.advance(1);
    expect(await passes()).toBe(true);
    expect(await passes()).toBe(false);
  });

  test('is counted by IPv6 network, so that one host with 2^64 addresses has one budget', async () => {
    const { passes } = clocked({ policies: [policy('ip', { limit: 2, per: '1m' })] });
    expect(await passes({ peer: '2001:db8::1' })).toBe(true);
    expect(await passes({ peer: '2001:db8::ffff:2' })).toBe(true);
    expect(await passes({ peer: '2001:db8:0:0:abcd::3' })).toBe(false);
    expect(await passes({ peer: '2001:db8:0:1::1' })).toBe(true);
  });

  test('is the same for an address in IPv4 and mapped notation, and another one for each address', async () => {
    const { passes } = clocked({ policies: [policy('ip', { limit: 1, per: '1m' })] });
    expect(await passes({ peer: '::ffff:203.0.113.1' })).toBe(true);
    expect(await passes({ peer: '203.0.113.1' })).toBe(false);
    expect(await passes({ peer: '::ffff:203.0.113.2' })).toBe(true);
  });

  test('pays no attention to the wall clock', async () => {
    const { clock, passes } = clocked({ policies: [policy('ip', { limit: 1, per: '1h' })] });
    await passes();
    clock.jump(86_400_000);
    expect(await passes()).toBe(false);
    clock.jump(-2 * 86_400_000);
    await clock.advance(3_600_000);
    expect(await passes()).toBe(true);
  });
});

describe('a smooth limit', () => {
  test('never admits more than its limit in any window, wherever the window begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 20, maxLength: 120 }),
        async (limit, burst, gaps) => {
          const smooth = policy('ip', {
            limit,
            per: '1s',
            algorithm: 'smooth',
            burst: Math.min(burst, limit),
          });
          const { clock, passes } = clocked({ policies: [smooth] });
          const admitted: number[] = [];
          for (const gap of gaps) {
            await clock.advance(gap);
            for (let hit = 0; hit < 4; hit += 1) if (await passes()) admitted.push(clock.monotonic());
          }
          for (const start of admitted) {
            expect(admitted.filter((at) => at >= start && at < start + 1_000).length).toBeLessThanOrEqual(
              limit,
            );
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('admits the burst at once and then one per interval, up to the limit in a window', async () => {
    const { clock, ask } = clocked({
      policies: [policy('ip', { limit: 10, per: '1s', algorithm: 'smooth', burst: 5 })],
    });
    let admitted = 0;
    for (let ms = 0; ms < 1_000; ms += 1) {
      if ((await ask()).verdict.kind === 'pass') admitted += 1;
      if (ms === 0)
        for (let more = 0; more < 9; more += 1) if ((await ask()).verdict.kind === 'pass') admitted += 1;
      await clock.advance(1);
    }
    expect(admitted).toBe(10);
  });

  test('says when the refused request would pass, and it does then and not before', async () => {
    const { clock, ask, passes } = clocked({
      policies: [policy('ip', { limit: 4, per: '3s', algorithm: 'smooth', burst: 2 })],
    });
    expect([await passes(), await passes()]).toEqual([true, true]);
    const refused = await ask();
    expect(header(refused, 'Retry-After')).toBe('1');
    expect(header(refused, 'RateLimit')).toBe('"ip";r=0;t=2');
    await clock.advance(999);
    expect(await passes()).toBe(false);
    await clock.advance(1);
    expect([await passes(), await passes()]).toEqual([true, false]);
  });
});

describe('several policies', () => {
  const both = (one: Partial<LimitPolicyOptions> = {}): LimitsOptions => ({
    policies: [
      policy('minute', { limit: 2, per: '1m' }),
      policy('day', { limit: 20, per: '1d', algorithm: 'smooth', burst: 20, ...one }),
    ],
  });

  test('are told together, the refusing one deciding Retry-After', async () => {
    const { ask } = clocked(both());
    const first = await ask();
    expect(header(first, 'RateLimit-Policy')).toBe('"minute";q=2;w=60, "day";q=20;w=86400');
    expect(header(first, 'RateLimit')).toBe('"minute";r=1;t=60, "day";r=19;t=86400');
    expect(header(first, 'Retry-After')).toBeUndefined();
    await ask();
    expect(header(await ask(), 'Retry-After')).toBe('60');
  });

  test('consume nothing when one of them refuses', async () => {
    const { clock, ask, passes } = clocked(both());
    await passes();
    await passes();
    for (let refused = 0; refused < 50; refused += 1) expect(await passes()).toBe(false);
    expect(header(await ask(), 'RateLimit')).toContain('"day";r=18');
    await clock.advance(60_000);
    expect(header(await ask(), 'RateLimit')).toContain('"day";r=17');
  });

  test('count by keys and costs of their own, and leave out what has no key', async () => {
    const { ask, passes } = clocked({
      policies: [
        policy('user', {
          limit: 10,
          per: '1m',
          key: (request) => request.header('x-user'),
          cost: (request) => (request.method === 'GET' ? 1 : 5),
        }),
      ],
    });
    const as = (user: string, method = 'GET'): ViewParts => ({ method, headers: { 'x-user': user } });
    expect(header(await ask(as('ann', 'POST')), 'RateLimit')).toBe('"user";r=5;t=60');
    expect(header(await ask(as('ann')), 'RateLimit')).toBe('"user";r=4;t=60');
    expect(await passes(as('ann', 'POST'))).toBe(false);
    expect(header(await ask(as('ann')), 'RateLimit')).toBe('"user";r=3;t=60');
    expect(header(await ask(as('bob')), 'RateLimit')).toBe('"user";r=9;t=60');
    expect(header(await ask(), 'RateLimit')).toBeUndefined();
  });

  test('keep long keys apart that a client chose', async () => {
    const { passes } = clocked({
      policies: [policy('token', { limit: 1, per: '1m', key: (request) => request.header('x-key') })],
    });
    const long = 'x'.repeat(5_000);
    expect(await passes({ headers: { 'x-key': `${long}a` } })).toBe(true);
    expect(await passes({ headers: { 'x-key': `${long}b` } })).toBe(true);
    expect(await passes({ headers: { 'x-key': `${long}a` } })).toBe(false);
  });
});

describe('the paths of a policy', () => {
  const { passes } = clocked({
    policies: [policy('api', { limit: 1, per: '1h', paths: ['/api/'], except: ['/api/health'] })],
  });

  test('hold what a router could take for them, however it is written', async () => {
    expect(await passes({ url: '/api/items' })).toBe(true);
    for (const url of [
      '/api',
      '/api/',
      '/API/items',
      '/%61pi/items',
      '//api/items',
      '/x/../api/items',
      '/./api/items',
      '/api/items?x=/health',
      'http://service.example/api/items',
      '/api/health/../items',
      '/api/health%2f..%2fitems',
      '/api/%68ealth',
      '/api//health',
      '/api/health/x\\..\\..\\items',
      '/api/healthy',
      '/api;a',
      '/%61pi;a=b/items',
      '/api/health/..;a',
    ]) {
      expect([url, await passes({ url })]).toEqual([url, false]);
    }
  });

  test.each(['/straße', '/stra%C3%9Fe', '/STRA%c3%9fE/', '/σελίδας', '/日本/😀'])(
    'hold %s in every form of its letters that are not of ASCII',
    async (path) => {
      const { passes: letters } = clocked({
        policies: [policy('letters', { limit: 1, per: '1h', paths: [path] })],
      });
      const sent = new URL(path, 'http://service.example').pathname;
      expect(await letters({ url: sent })).toBe(true);
      const bytes = Buffer.from(decodeURIComponent(path));
      for (const url of [
        sent,
        `${sent.toLowerCase()}/x`,
        encodeURI(decodeURIComponent(path).toUpperCase().replaceAll('SS', 'ß')),
        `/${[...bytes.subarray(1)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
        `http://service.example${sent}?x`,
      ]) {
        expect([url, await letters({ url })]).toEqual([url, false]);
      }
      expect(await letters({ url: '/stra%DFe' })).toBe(true); // bytes of another encoding are no letters of this one
      expect(await letters({ url: '/%zz%ff%C3' })).toBe(true);
    },
  );

  test('hold what Fastify takes for them, letters outside ASCII and what follows a semicolon among it', async () => {
    const routerOptions = { caseSensitive: false, useSemicolonDelimiter: true }; // Fastify's types forgot the second
    const app = Fastify({ routerOptions });
    const paths = ['/login', '/straße'];
    const limits = { policies: [policy('form', { limit: 1, per: '1h', paths })] };
    await app.register(secure(createSecurity({ limits })));
    for (const path of paths) app.get(path, async () => 'in');
    const ask = async (url: string): Promise<string> => (await app.inject(url)).body.slice(0, 2);
    expect(await ask('/stra%C3%9Fe')).toBe('in');
    for (const url of ['/stra%C3%9Fe', '/stra%c3%9fe;a', '/login', '/login;a', '/Login;', '/%6cogin;a=b?c']) {
      expect([url, await ask(url)]).toEqual([url, '{"']);
    }
    await app.close();
  });

  test('leave out the rest and what is excepted', async () => {
    for (const url of [
      '/',
      '/apis',
      '/static/api.js',
      '/api/health',
      '/api/health/db',
      '/API/Health?x',
      '/?/api/',
      '/x;/api/',
    ]) {
      expect([url, await passes({ url })]).toEqual([url, true]);
    }
  });
});

describe('the forms of the headers', () => {
  test.each([
    ['standard', { RateLimit: '"ip";r=0;t=60', 'RateLimit-Policy': '"ip";q=1;w=60', 'Retry-After': '60' }],
    [
      'draft-6',
      {
        'RateLimit-Limit': '1',
        'RateLimit-Remaining': '0',
        'RateLimit-Reset': '60',
        'RateLimit-Policy': '1;w=60',
        'Retry-After': '60',
      },
    ],
    [
      'legacy',
      {
        'X-RateLimit-Limit': '1',
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-Reset': String(Date.UTC(2026, 0, 1) / 1_000 + 60),
        'Retry-After': '60',
      },
    ],
    ['none', { 'Retry-After': '60' }],
  ] as const)('%s', async (headers, expected) => {
    const { ask } = clocked({ policies: [policy('ip', { limit: 1, per: '1m' })], headers });
    await ask();
    const sent = (await ask()).headers.filter(([name]) => /ratelimit|retry/i.test(name));
    expect(Object.fromEntries(sent)).toEqual(expected);
  });
});

test('tells each refusal with its policy and client', async () => {
  const events: SecurityEvent[] = [];
  const { passes } = clocked({ policies: [policy('ip', { limit: 1, per: '1m' })] }, (event) =>
    events.push(event),
  );
  await passes();
  await passes();
  expect(events).toEqual([
    {
      type: 'limited',
      policy: 'ip',
      client: { ip: '192.0.2.1', key: '192.0.2.1', secure: false, viaProxy: false },
      retryAfterMs: 60_000,
    },
  ]);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['rejects', async () => Promise.reject(new Error('no'))],
])('an onEvent that %s changes no answer and is logged', async (_how, onEvent) => {
  const lines: string[] = [];
  const logger = { ...console, error: (message: string) => lines.push(message) };
  const security = createSecurity({
    limits: { policies: [policy('ip', { limit: 1, per: '1m' })] },
    logger,
    onEvent,
  });
  await security.decide(viewOf());
  expect((await security.decide(viewOf())).verdict).toMatchObject({ kind: 'deny', status: 429 });
  await waitFor(() => lines.length > 0, { what: 'the line' });
  expect(lines).toEqual(['onEvent of createSecurity threw']);
});

test('with counts in memory a decision is there at once, without a turn of the event loop', () => {
  const security = createSecurity({ limits: { policies: [policy('ip', { limit: 1, per: '1m' })] } });
  expect(security.decide(viewOf())).not.toBeInstanceOf(Promise);
});

describe('refused when the service starts', () => {
  const make = (options: LimitPolicyOptions) => () => policy('ip', options);
  test.each([
    ['a limit of 0', { limit: 0, per: '1m' }],
    ['half a limit', { limit: 1.5, per: '1m' }],
    ['a window below a tenth of a second', { limit: 1, per: '99ms' }],
    ['a window of part of a millisecond', { limit: 1, per: 1_000.5 }],
    ['a window of twenty years', { limit: 1, per: '7300d' }],
    ['a burst above the limit', { limit: 1, per: '1m', algorithm: 'smooth', burst: 2 }],
    ['a burst for a fixed window', { limit: 5, per: '1m', burst: 2 }],
    ['a cost that never fits', { limit: 5, per: '1m', cost: 6 }],
    ['a path without a slash', { limit: 5, per: '1m', paths: ['api'] }],
  ] satisfies ReadonlyArray<readonly [string, LimitPolicyOptions]>)('%s', (_what, options) => {
    expect(make(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test('a bare number as text, names that cannot stand in a header, and two policies of one name', () => {
    expect(make({ limit: 1, per: '60' })).toThrow(expect.objectContaining({ code: 'INVALID_DURATION' }));
    expect(() => policy('my "ip"', { limit: 1, per: '1m' })).toThrow(/letters/);
    const ip = policy('ip', { limit: 1, per: '1m' });
    expect(() => createSecurity({ limits: { policies: [ip, ip] } })).toThrow(/names of their own/);
    // @ts-expect-error misspelt
    expect(make({ limit: 1, per: '1m', onStoredown: 'open' })).toThrow(/Did you mean "onStoreDown"/);
    expect(() => memoryStore({ maxKeys: 1 })).toThrow(/at least 64|from 64/);
  });

  test.each([
    ['a number', 42],
    ['null', null],
    ['a promise', Promise.resolve('ada')],
  ])('at run time: a key that is %s says what to return, and asks no store', async (_what, key) => {
    let asked = 0;
    const store = {
      deadlineMs: 1_000,
      consume: async () => {
        asked += 1;
        return [];
      },
    };
    const keyed = policy('user', { limit: 5, per: '1m', key: () => untyped(key) });
    const { verdict } = await createSecurity({ limits: { store, policies: [keyed] } }).decide(viewOf());
    const error = { code: 'SECURITY_INVALID_KEY', message: expect.stringContaining('String()') };
    expect(verdict).toMatchObject({ kind: 'failed', error });
    expect(asked).toBe(0);
  });

  test('at run time: a cost that is no whole number says what to return', async () => {
    const security = createSecurity({
      limits: { policies: [policy('ip', { limit: 5, per: '1m', cost: () => Number.NaN })] },
    });
    expect((await security.decide(viewOf())).verdict).toMatchObject({
      kind: 'failed',
      error: { code: 'SECURITY_INVALID_COST' },
    });
  });
});

describe('a prober', () => {
  const one = { policies: [policy('ip', { limit: 1, per: '1h', onStoreDown: 'closed' })] } as const;

  test('is counted by no limit at the paths of the health endpoints', async () => {
    const { ask, passes } = clocked(one);
    for (const url of ['/livez', '/readyz?verbose', '/startupz', '/health', '/health/database', '/livez/']) {
      const { headers, verdict } = await ask({ url });
      expect([url, verdict.kind, headers.filter(([name]) => name.startsWith('RateLimit'))]).toEqual([
        url,
        'pass',
        [],
      ]);
    }
    expect(await passes({ url: '/orders' })).toBe(true);
    expect(await passes({ url: '/orders' })).toBe(false);
    expect(await passes({ url: '/livez', method: 'HEAD' })).toBe(true);
  });

  test.each([
    '/livezz',
    '/LIVEZ',
    '/health/../orders',
    '/health/%2e%2e/orders',
    '/health//orders',
    '/health\\..\\x',
  ])('is nobody who asks for %s, which a router may take for something else', async (url) => {
    const { passes } = clocked(one);
    expect(await passes({ url })).toBe(true);
    expect(await passes({ url })).toBe(false);
  });

  test('is nobody who writes', async () => {
    const { passes } = clocked(one);
    expect(await passes({ url: '/health', method: 'POST' })).toBe(true);
    expect(await passes({ url: '/health', method: 'POST' })).toBe(false);
  });

  test('has other paths where others are named, or none', async () => {
    const { passes } = clocked({ ...one, except: ['/internal/health'] });
    expect(await passes({ url: '/livez' })).toBe(true);
    expect(await passes({ url: '/livez' })).toBe(false);
    expect(await passes({ url: '/internal/health/livez' })).toBe(true);
    expect(() => createSecurity({ limits: { ...one, except: ['livez'] } })).toThrow('begin with /');
  });
});

/** A value that JavaScript returns, whatever the types say. */
function untyped<T>(value: unknown): T {
  return value as T;
}
