import cors from 'cors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CorsOptions, createSecurity, type Decision, type Environment, presets } from '../src/index.js';
import { viewOf } from './view.js';

const app = 'https://app.example.com';

type Answer = Readonly<Record<string, string>> & { readonly kind: string };

async function ask(
  options: CorsOptions,
  headers: Record<string, string>,
  method = 'GET',
  environment: Environment = 'production',
): Promise<Answer> {
  const security = createSecurity({ cors: options, csrf: false, environment });
  return flat(await security.decide(viewOf({ method, headers })));
}

function flat({ headers, verdict }: Decision): Answer {
  const relevant = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    ...Object.fromEntries(relevant.filter(([name]) => name === 'vary' || name.startsWith('access-control-'))),
    kind: verdict.kind === 'preflight' ? `preflight ${verdict.status}` : verdict.kind,
  };
}

const preflight = {
  'access-control-request-method': 'PUT',
  'access-control-request-headers': 'content-type',
};

describe('[row 28] the kpi preset with CORS_ORIGIN as a list', () => {
  const options = { ...presets.kpi.cors, origins: `${app}, https://admin.example.com/ ,, ` };

  test.each([
    ['listed', app],
    ['listed, after a blank and with a slash', 'https://admin.example.com'],
  ])('lets a preflight of a %s origin pass with the exact values', async (_kind, origin) => {
    expect(await ask(options, { origin, ...preflight }, 'OPTIONS')).toEqual({
      kind: 'preflight 200',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS',
      'access-control-allow-headers': 'Content-Type,Authorization',
      'access-control-max-age': '600',
    });
  });

  test.each([
    'https://evil.example',
    'null',
    'NULL',
    `${app}.evil.example`,
    `${app}:8443`,
    `${app}/`,
    `${app}.`,
    'http://app.example.com',
    'https://evilapp.example.com',
    'https://app.example.com@evil.example',
    'https://appXexample.com',
    'HTTPS://APP.EXAMPLE.COM',
    'https://xn--pp-xia.example.com',
    '*',
    '',
    ' ',
  ])('gives a foreign or look-alike origin nothing, and always Vary: %j', async (origin) => {
    const refused = {
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      kind: 'preflight 200',
    };
    expect(await ask(options, { origin, ...preflight }, 'OPTIONS')).toEqual(refused);
    expect(await ask(options, { origin })).toEqual({ vary: 'Origin', kind: 'pass' });
  });

  test('says Vary without an Origin too, so that a cache keeps no answer for the wrong one', async () => {
    expect(await ask(options, {})).toEqual({ vary: 'Origin', kind: 'pass' });
    expect(await ask(options, { origin: app })).toMatchObject({
      vary: 'Origin',
      'access-control-allow-origin': app,
    });
  });
});

describe('wildcards', () => {
  const options: CorsOptions = {
    origins: ['https://*.example.com', 'https://*.example.org:8443'],
    credentials: true,
  };
  const allowed = async (origin: string): Promise<boolean> =>
    (await ask(options, { origin }))['access-control-allow-origin'] === origin;

  test.each(['https://a.example.com', 'https://a-b.example.com', 'https://x1.example.org:8443'])(
    'match one label: %s',
    async (origin) => {
      expect(await allowed(origin)).toBe(true);
    },
  );

  test.each([
    'https://example.com',
    'https://.example.com',
    'https://a.b.example.com',
    'https://evil.example/.example.com',
    'https://evil.example#.example.com',
    'https://evil.example?.example.com',
    'https://user@.example.com',
    'https://a.example.com.evil.example',
    'https://aexample.com',
    'https://-a.example.com',
    'https://a.example.com:8443',
    'https://x1.example.org',
    'http://a.example.com',
    'https://A.example.com',
    'https://a\u0000.example.com',
  ])('match nothing else: %j', async (origin) => {
    expect(await allowed(origin)).toBe(false);
  });

  test('match no origin whose host, as a URL parser sees it, lies elsewhere', async () => {
    const security = createSecurity({ cors: options });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary-ascii' }), async (middle) => {
        const origin = `https://${middle}.example.com`;
        const answer = flat(await security.decide(viewOf({ headers: { origin } })));
        if (answer['access-control-allow-origin'] === undefined) return;
        expect(new URL(origin).origin).toBe(origin);
        expect(new URL(origin).hostname).toMatch(/^[a-z0-9-]+\.example\.com$/);
      }),
    );
  });
});

describe('[row 29] an unsafe list is refused when the service starts', () => {
  const refuse = (options: CorsOptions, environment: Environment = 'production') =>
    expect(() => createSecurity({ cors: options, environment })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );

  test('* with credentials, and * beside others', () => {
    refuse({ origins: '*', credentials: true });
    refuse({ origins: [app, '*'] }, 'development');
    refuse({ origins: [app, '*'], credentials: true }, 'development');
  });

  test('http origins in production and staging, wildcards and localhost among them', () => {
    for (const origins of [
      'http://localhost:3000',
      'http://*.example.com',
      `${app},http://app.example.com`,
    ]) {
      refuse({ origins }, 'production');
      refuse({ origins }, 'staging');
      expect(() => createSecurity({ cors: { origins }, environment: 'development' })).not.toThrow();
    }
    expect(() => createSecurity({ cors: { origins: 'http://localhost:3000' } })).toThrow(
      /https origins in production/,
    );
  });

  test('an allowed http origin of a developer works in development', async () => {
    const answer = await ask(presets.kpi.cors, { origin: 'http://localhost:3000' }, 'GET', 'development');
    expect(answer).toMatchObject({
      'access-control-allow-origin': 'http://localhost:3000',
      'access-control-allow-credentials': 'true',
    });
  });

  test.each([
    ['null', 'null'],
    ['nothing', ''],
    ['only commas', ' , ,'],
    ['a path', 'https://app.example.com/app'],
    ['a query', 'https://app.example.com?x'],
    ['a user', 'https://me@app.example.com'],
    ['no scheme', 'app.example.com'],
    ['another scheme', 'file://host'],
    ['a wildcard for a whole domain ending', 'https://*.com'],
    ['a wildcard inside', 'https://app.*.example.com'],
    ['a wildcard in a label', 'https://app-*.example.com'],
    ['two wildcards', 'https://*.*.example.com'],
  ])('%s', (_kind, origins) => refuse({ origins }, 'development'));

  test('patterns and functions, which match more than they seem to', () => {
    // @ts-expect-error no patterns
    refuse({ origins: [/example\.com/] });
    // @ts-expect-error no functions
    refuse({ origins: () => true });
    for (const origin of [true, /example\.com/, [app, /example\.com/], [true], ['*', app], 'null', []]) {
      expect(() => createSecurity({ cors: { origin } })).toThrow('"origin" must be');
    }
    for (const origin of ['*', undefined]) {
      expect(() => createSecurity({ cors: { origin, credentials: true } })).toThrow('act as the visitor');
    }
    expect(() => createSecurity({ cors: { origin: 'http://app.example.com' } })).toThrow('https origins');
  });

  test('a preflight remembered for more than a day', () => {
    refuse({ origins: app, maxAge: '2d' });
    // @ts-expect-error a number has no unit
    refuse({ origins: app, maxAge: 600 });
  });
});

test('* without credentials is the same for everybody and needs no Vary', async () => {
  const everybody = { kind: 'pass', 'access-control-allow-origin': '*' };
  expect(await ask({ origins: '*' }, { origin: 'https://any.example' })).toEqual(everybody);
  expect(await ask({ origins: '*' }, { origin: 'null' })).toEqual(everybody);
});

test('an OPTIONS request that is no preflight reaches the application', async () => {
  expect((await ask({ origins: app }, { origin: app }, 'OPTIONS')).kind).toBe('pass');
  expect((await ask({ origins: app }, preflight, 'OPTIONS')).kind).toBe('pass');
});

test('decides as the cors package does for a list of exact origins', async () => {
  const options = {
    credentials: true,
    methods: ['GET', 'PUT'],
    allowedHeaders: ['Content-Type'],
    exposedHeaders: ['X-Total'],
  };
  const theirs = cors({ ...options, origin: [app, 'https://b.example.com'], maxAge: 600 });
  const ours: CorsOptions = { ...options, origins: [app, 'https://b.example.com'], maxAge: '10m' };
  for (const origin of [app, 'https://b.example.com', 'https://evil.example', 'null']) {
    for (const method of ['GET', 'OPTIONS']) {
      const headers: Record<string, string> = { origin, ...(method === 'OPTIONS' ? preflight : {}) };
      const sent: Record<string, string> = {};
      let passed = false;
      const response = {
        statusCode: 0,
        setHeader(name: string, value: string) {
          sent[name.toLowerCase()] = value;
        },
        getHeader: (name: string) => sent[name.toLowerCase()],
        end: () => undefined,
      };
      theirs({ method, headers }, response, () => {
        passed = true;
      });
      const answer: Record<string, string> = { ...(await ask(ours, headers, method)) };
      expect(answer.kind).toBe(passed ? 'pass' : `preflight ${response.statusCode}`);
      expect(answer['access-control-allow-origin']).toBe(sent['access-control-allow-origin']);
      if (sent['access-control-allow-origin'] === undefined) continue;
      // They send Expose-Headers on preflights, where nothing reads it, and shorter Vary and no Content-Length elsewhere.
      const { 'content-length': _length, vary: _vary, ...rest } = sent;
      if (method === 'OPTIONS') delete rest['access-control-expose-headers'];
      const { kind: _kind, vary: _ourVary, ...own } = answer;
      expect(own).toEqual(rest);
    }
  }
});
