import { createFakeClock, describeHttpContract } from '@seaworthy/testkit';
import cors from 'cors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CorsOriginFunction,
  type CorsPackageOptions,
  createSecurity,
  policy,
  type Security,
} from '../src/index.js';
import { mountOf } from './host-mount.js';
import { viewOf } from './view.js';

const app = 'https://app.example.com';
const other = 'https://other.example.com';

interface Asked {
  readonly method: string;
  readonly headers: Record<string, string>;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the cors package does, in an application that answers nothing itself. */
async function theirs(options: cors.CorsOptions, { method, headers }: Asked): Promise<Answer> {
  const sent: Record<string, string> = {};
  const middleware = cors(options);
  return new Promise((resolve, reject) => {
    const response = {
      statusCode: 0,
      getHeader: (name: string) => sent[name.toLowerCase()],
      setHeader(name: string, value: string) {
        sent[name.toLowerCase()] = value;
      },
      end: () => resolve({ status: response.statusCode, headers: sent }),
    };
    middleware({ method, headers }, response, (error) =>
      error === undefined || error === null ? resolve({ status: undefined, headers: sent }) : reject(error),
    );
  });
}

async function ours(security: Security, { method, headers }: Asked): Promise<Answer> {
  const decision = await security.decide(viewOf({ method, headers }));
  const shared = decision.headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name === 'vary' || name.startsWith('access-control-'));
  const status = decision.verdict.kind === 'preflight' ? decision.verdict.status : undefined;
  return { status, headers: Object.fromEntries(shared) };
}

/** Without what the two do differently on purpose: Vary, Content-Length, and Expose-Headers on preflights, where nothing reads it. */
function comparable({ headers }: Answer, isPreflight: boolean): Readonly<Record<string, string>> {
  const { vary: _vary, 'content-length': _length, ...rest } = headers;
  const { 'access-control-expose-headers': _exposed, ...onPreflight } = rest;
  return isPreflight ? onPreflight : rest;
}

const askedFor = fc.record({
  origin: fc.constantFrom(
    undefined,
    app,
    other,
    'https://evil.example',
    'https://app.example.com.evil.example',
    'null',
  ),
  preflight: fc.boolean(),
  wanted: fc.constantFrom(undefined, 'content-type', 'x-one, x-two'),
});

const settings = {
  methods: fc.constantFrom(undefined, 'GET,POST', ['GET', 'PUT']),
  allowedHeaders: fc.constantFrom(undefined, 'Content-Type,X-One', ['X-Two']),
  exposedHeaders: fc.constantFrom(undefined, 'X-Total', ['X-Total', 'X-Page']),
  maxAge: fc.constantFrom(undefined, 0, 600),
  preflightContinue: fc.boolean(),
  optionsSuccessStatus: fc.constantFrom(undefined, 200, 204),
};

function requestOf({
  origin,
  preflight,
  wanted,
}: {
  origin: string | undefined;
  preflight: boolean;
  wanted: string | undefined;
}): Asked {
  const isPreflight = preflight && origin !== undefined; // without an origin no browser asks
  return {
    method: isPreflight ? 'OPTIONS' : 'GET',
    headers: {
      ...(origin === undefined ? {} : { origin }),
      ...(isPreflight ? { 'access-control-request-method': 'PUT' } : {}),
      ...(isPreflight && wanted !== undefined ? { 'access-control-request-headers': wanted } : {}),
    },
  };
}

/** `cors` gives undefined as a default of its own only when the name is left out. */
function present<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

describe('options of the cors package', () => {
  test('that are static decide as cors decides, except where it tells one site about another', async () => {
    const credentialed = fc.record({
      ...settings,
      origin: fc.constantFrom<string | string[]>(app, [app], [app, other]),
      credentials: fc.boolean(),
    });
    const open = fc.record({ ...settings, origin: fc.constant('*'), credentials: fc.constant(false) });
    await fc.assert(
      fc.asyncProperty(fc.oneof(credentialed, open), askedFor, async (given, asking) => {
        const options = present(given);
        const request = requestOf(asking);
        const isPreflight = request.method === 'OPTIONS';
        const [expected, answer] = [
          await theirs(options as cors.CorsOptions, request),
          await ours(createSecurity({ cors: options as CorsPackageOptions, csrf: false }), request),
        ];
        expect(answer.status).toBe(expected.status);
        const listed = options.origin === '*' || [options.origin].flat().includes(asking.origin ?? '');
        if (listed) expect(comparable(answer, isPreflight)).toEqual(comparable(expected, isPreflight));
        else expect(comparable(answer, isPreflight)).toEqual({});
        if (options.origin !== '*') expect(answer.headers.vary).toContain('Origin');
      }),
      { numRuns: 400 },
    );
  });

  test('with a function decide as cors does with the same function, at once or later, and always say Vary', async () => {
    const returned = fc.constantFrom<boolean | string | string[]>(true, false, app, [app, other]);
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...settings, credentials: fc.boolean() }),
        returned,
        fc.boolean(),
        askedFor,
        async (given, allowed, later, asking) => {
          const origin: CorsOriginFunction = (_origin, callback) => {
            if (later) setImmediate(() => callback(null, allowed));
            else callback(null, allowed);
          };
          const options = { ...present(given), origin };
          const request = requestOf(asking);
          const isPreflight = request.method === 'OPTIONS';
          const expected = await theirs(options as cors.CorsOptions, request);
          const answer = await ours(
            createSecurity({ cors: options as CorsPackageOptions, csrf: false }),
            request,
          );
          expect(answer.headers.vary).toContain('Origin');
          if (asking.origin === undefined || asking.origin === 'null') {
            expect(comparable(answer, isPreflight)).toEqual({});
            return;
          }
          const theirHeaders = comparable(expected, isPreflight);
          // Where it allows nobody it may still say what is allowed, which nothing reads.
          const wanted = 'access-control-allow-origin' in theirHeaders ? theirHeaders : {};
          expect(comparable(answer, isPreflight)).toEqual(wanted);
          if ('access-control-allow-origin' in theirHeaders) expect(answer.status).toBe(expected.status);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('never tell cookies of everybody: * from a function counts as no', async () => {
    const origin: CorsOriginFunction = (_origin, callback) => callback(null, '*');
    const security = createSecurity({ cors: { origin, credentials: true } });
    expect(await ours(security, requestOf({ origin: app, preflight: false, wanted: undefined }))).toEqual({
      status: undefined,
      headers: { vary: 'Origin' },
    });
  });

  test('with origin false send nothing', async () => {
    const security = createSecurity({ cors: { origin: false } });
    const answer = await ours(security, requestOf({ origin: app, preflight: true, wanted: undefined }));
    expect(answer).toEqual({ status: undefined, headers: {} });
  });

  test('echo no header names that are none', async () => {
    const security = createSecurity({ cors: { origin: app } });
    const answer = await ours(security, requestOf({ origin: app, preflight: true, wanted: 'x-one: yes' }));
    expect(answer.headers).not.toHaveProperty('access-control-allow-headers');
    expect(answer.headers['access-control-allow-origin']).toBe(app);
  });

  test('with a function that fails or never answers fail the request, in bounded time', async () => {
    const failing: CorsOriginFunction = (_origin, callback) => callback(new Error('no list'));
    const request = viewOf({ headers: { origin: app } });
    const ending = async (origin: CorsOriginFunction) =>
      (await createSecurity({ cors: { origin } }).decide(request)).verdict;
    expect(await ending(failing)).toMatchObject({ kind: 'failed', error: { message: 'no list' } });
    const later: CorsOriginFunction = (_origin, callback) =>
      void setImmediate(() => callback(new Error('later')));
    expect(await ending(later)).toMatchObject({ kind: 'failed', error: { message: 'later' } });
    const clock = createFakeClock();
    const silent = createSecurity({ cors: { origin: () => undefined }, clock }).decide(request);
    await clock.advance(5_000);
    expect((await silent).verdict).toMatchObject({ kind: 'failed', error: { name: 'DeadlineError' } });
  });
});

describeHttpContract('options of the cors package', (host) => {
  test('with a function that answers later keep refusals readable to an allowed origin', async () => {
    const origin: CorsOriginFunction = (name, callback) =>
      void setImmediate(() => callback(null, name === app));
    const security = createSecurity({
      cors: { origin, credentials: true },
      limits: { policies: [policy('ip', { limit: 1, per: '1h', paths: ['/api/'] })] },
    });
    await using service = await host.serve(mountOf(security));
    await (await fetch(`${service.url}/api/items`)).arrayBuffer();
    for (const [from, allowed] of [
      [app, app],
      [other, null],
    ] as const) {
      const answer = await fetch(`${service.url}/api/items`, { headers: { origin: from } });
      expect(answer.status).toBe(429);
      expect(answer.headers.get('access-control-allow-origin')).toBe(allowed);
      expect(answer.headers.get('vary')).toContain('Origin');
      expect(answer.headers.get('access-control-expose-headers')).toBe(
        allowed === null ? null : 'RateLimit,RateLimit-Policy,Retry-After',
      );
    }
  });
});
