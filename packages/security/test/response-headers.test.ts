import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import helmet, { type HelmetOptions } from 'helmet';
import { describe, expect, test } from 'vitest';
import { secure, securityOf } from '../src/adapters/node.js';
import { createSecurity, type HeadersOptions, presets } from '../src/index.js';
import { viewOf } from './view.js';

async function sent(headers: HeadersOptions, encrypted = true): Promise<Record<string, string>> {
  const decision = await createSecurity({ headers }).decide(viewOf({ encrypted }));
  return Object.fromEntries(decision.headers);
}

const hsts = 'max-age=31536000; includeSubDomains';

test('[row 15] HSTS is exact over TLS and absent over plain HTTP, in both presets and by default', async () => {
  for (const headers of [
    {},
    { profile: 'api' },
    presets.kpi.headers,
    presets.crm.headers,
  ] satisfies HeadersOptions[]) {
    expect((await sent(headers, true))['Strict-Transport-Security']).toBe(hsts);
    expect(await sent(headers, false)).not.toHaveProperty('Strict-Transport-Security');
  }
});

test('[row 16] the crm preset sends nosniff and strict-origin-when-cross-origin', async () => {
  expect(await sent(presets.crm.headers)).toMatchObject({
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
  });
});

test('[row 17] X-Frame-Options is SAMEORIGIN for crm and DENY for kpi, and no frame-ancestors contradicts it', async () => {
  const crm = await sent(presets.crm.headers);
  expect(crm['X-Frame-Options']).toBe('SAMEORIGIN');
  expect(crm['Content-Security-Policy']).not.toContain('frame-ancestors');
  const kpi = await sent(presets.kpi.headers);
  expect(kpi['X-Frame-Options']).toBe('DENY');
  expect(kpi['Content-Security-Policy']).toContain("frame-ancestors 'none'");
});

test('[row 18] X-XSS-Protection is 1; mode=block in both presets and 0 by default', async () => {
  expect((await sent(presets.crm.headers))['X-XSS-Protection']).toBe('1; mode=block');
  expect((await sent(presets.kpi.headers))['X-XSS-Protection']).toBe('1; mode=block');
  expect((await sent({}))['X-XSS-Protection']).toBe('0');
});

test('sends by default what ASVS asks a page to send', async () => {
  expect(await sent({})).toMatchObject({
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
});

describe('the Content-Security-Policy', () => {
  test("is default-src 'self' alone in the crm preset", async () => {
    expect((await sent(presets.crm.headers))['Content-Security-Policy']).toBe("default-src 'self'");
  });

  test('is strict by default, without inline script or style, framing or another base', async () => {
    expect((await sent({}))['Content-Security-Policy']).toBe(
      "default-src 'self';base-uri 'none';font-src 'self';form-action 'self';frame-ancestors 'none';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self'",
    );
  });

  test('allows nothing at all for the api profile', async () => {
    expect(await sent({ profile: 'api' })).toEqual({
      'Content-Security-Policy':
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'Strict-Transport-Security': hsts,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    });
  });

  test('takes directives over those of the profile, in both spellings', async () => {
    const csp = {
      directives: { connectSrc: ["'self'", 'https://api.example.com'], 'img-src': ['*'], fontSrc: null },
    };
    const value = (await sent({ helmet: { contentSecurityPolicy: csp } }))['Content-Security-Policy'];
    expect(value).toContain("connect-src 'self' https://api.example.com");
    expect(value).toContain('img-src *');
    expect(value).toContain("base-uri 'none'");
    expect(value).not.toContain('font-src');
  });

  test('follows X-Frame-Options unless it names frame-ancestors itself', async () => {
    const value = async (helmetOptions: HelmetOptions): Promise<string | undefined> =>
      (await sent({ helmet: helmetOptions }))['Content-Security-Policy'];
    expect(await value({ frameguard: { action: 'sameorigin' } })).toContain("frame-ancestors 'self'");
    expect(await value({ xFrameOptions: { action: 'deny' } })).toContain("frame-ancestors 'none'");
    const named = { directives: { frameAncestors: ['https://portal.example.com'] } };
    expect(await value({ xFrameOptions: { action: 'sameorigin' }, contentSecurityPolicy: named })).toContain(
      'frame-ancestors https://portal.example.com',
    );
  });

  test('carries a new nonce of 128 bits for every answer', async () => {
    const security = createSecurity({ headers: { nonce: true } });
    const nonces = new Set<string>();
    for (let request = 0; request < 1_000; request += 1) {
      const { headers, verdict } = await security.decide(viewOf());
      const nonce = verdict.kind === 'pass' ? (verdict.nonce ?? '') : '';
      const csp = Object.fromEntries(headers)['Content-Security-Policy'];
      expect(csp).toContain(`script-src 'self' 'nonce-${nonce}'`);
      expect(csp).toContain(`style-src 'self' 'nonce-${nonce}'`);
      expect(Buffer.from(nonce, 'base64')).toHaveLength(16);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(1_000);
  });

  test('replaces none by the nonce, because none beside a source means nothing', async () => {
    const csp = (await sent({ profile: 'api', nonce: true }))['Content-Security-Policy'];
    expect(csp).toMatch(/script-src 'nonce-[^']+';style-src 'nonce-[^']+'$/);
  });
});

/** What helmet itself puts on a response. */
async function helmetsOwn(options: HelmetOptions): Promise<Record<string, string>> {
  const middleware = helmet(options);
  const server = createServer((request, response) => middleware(request, response, () => response.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}`);
    const transport = ['connection', 'content-length', 'date', 'keep-alive'];
    return Object.fromEntries([...answer.headers].filter(([name]) => !transport.includes(name)));
  } finally {
    server.close();
  }
}

describe('helmet stays the authority', () => {
  const csp = {
    useDefaults: false,
    directives: { defaultSrc: ["'self'"], scriptSrc: ["'self'", 'cdn.example.com'] },
  };
  test.each([
    ['a CSP of its own', { contentSecurityPolicy: csp }],
    ['a CSP that only reports', { contentSecurityPolicy: { ...csp, reportOnly: true } }],
    ['no CSP', { contentSecurityPolicy: false }],
    ['HSTS with preload', { strictTransportSecurity: { maxAge: 63_072_000, preload: true } }],
    ['HSTS by its old name', { hsts: { includeSubDomains: false } }],
    ['several referrer policies', { referrerPolicy: { policy: ['no-referrer', 'strict-origin'] } }],
    [
      'isolation',
      { crossOriginEmbedderPolicy: true, crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' } },
    ],
    [
      'other switches',
      { dnsPrefetchControl: { allow: true }, ieNoOpen: false, noSniff: false, xssFilter: false },
    ],
    ['framing', { frameguard: { action: 'sameorigin' } }],
    ['cross-domain policies', { permittedCrossDomainPolicies: { permittedPolicies: 'by-content-type' } }],
  ] satisfies ReadonlyArray<readonly [string, HelmetOptions]>)('on %s', async (_what, options) => {
    // The rest is pinned to our profile's values, so that the two can be compared whole.
    const pinned: HelmetOptions = {
      contentSecurityPolicy: csp,
      referrerPolicy: { policy: 'no-referrer' },
      frameguard: { action: 'deny' },
      ...options,
    };
    const ours = await sent({ helmet: pinned, permissionsPolicy: false });
    const lower = Object.fromEntries(
      Object.entries(ours).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(lower).toEqual(await helmetsOwn(pinned));
  });

  test('on directives that are functions, which see the request and the response of this answer', async () => {
    const security = createSecurity({
      headers: {
        nonce: true,
        helmet: {
          contentSecurityPolicy: {
            directives: {
              scriptSrc: ["'self'", (request) => `https://${request.headers['x-tenant']}.example.com`],
              connectSrc: [(_request, response) => String(Reflect.get(response, 'tenantSource'))],
            },
          },
        },
      },
    });
    const guard = secure(security);
    const server = createServer((request, response) => {
      Reflect.set(response, 'tenantSource', 'wss://live.example.com');
      guard(request, response, () => response.end(securityOf(request).nonce));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      for (const tenant of ['acme', 'globex']) {
        const answer = await fetch(`http://127.0.0.1:${port}`, { headers: { 'x-tenant': tenant } });
        const nonce = await answer.text();
        const value = answer.headers.get('content-security-policy');
        expect(value).toContain(`script-src 'self' https://${tenant}.example.com 'nonce-${nonce}'`);
        expect(value).toContain('connect-src wss://live.example.com');
      }
    } finally {
      server.close();
    }
    const { verdict } = await security.decide(viewOf());
    expect(verdict).toMatchObject({ kind: 'failed', error: { code: 'SECURITY_EXCHANGE_REQUIRED' } });
  });

  test('on what it refuses', () => {
    const create = (options: HelmetOptions) => () => createSecurity({ headers: { helmet: options } });
    // @ts-expect-error not an action
    expect(create({ xFrameOptions: { action: 'allow-from' } })).toThrow(/invalid action/);
    expect(create({ contentSecurityPolicy: { directives: { scriptSrc: ['self'] } } })).toThrow(
      /should be quoted/,
    );
    // @ts-expect-error both names
    expect(create({ hsts: true, strictTransportSecurity: true })).toThrow(/specified twice/);
    expect(create({ contentSecurityPolicy: { directives: { defaultSrc: null } } })).toThrow(/default-src/);
  });
});

describe('refused when the service starts', () => {
  const create = (headers: HeadersOptions) => () => createSecurity({ headers });
  test('unknown names, with the right one', () => {
    // @ts-expect-error misspelt
    expect(create({ helmet: { frameGuard: false } })).toThrow(/Did you mean "frameguard"/);
    // @ts-expect-error misspelt
    expect(create({ profil: 'api' })).toThrow(/Did you mean "profile"/);
    // @ts-expect-error unknown profile
    expect(create({ profile: 'json' })).toThrow(/'html' or 'api'/);
    // @ts-expect-error unknown value
    expect(create({ xssProtection: '1' })).toThrow(/guide-compatible/);
  });

  test('a nonce without a policy, and a permissions policy that no browser reads', () => {
    expect(create({ nonce: true, helmet: { contentSecurityPolicy: false } })).toThrow(/nonce/);
    expect(create({ permissionsPolicy: { Camera: 'none' } })).toThrow(/lower case/);
    expect(create({ permissionsPolicy: { camera: ['app.example.com'] } })).toThrow(/origins/);
    expect(create({ permissionsPolicy: { camera: ['https://x"), geolocation=(*'] } })).toThrow(/origins/);
  });
});

test('sends a Permissions-Policy for pages, and the one that is asked for', async () => {
  expect((await sent({}))['Permissions-Policy']).toContain('camera=(), ');
  const features = {
    camera: 'self',
    geolocation: ['self', 'https://maps.example.com'],
    usb: 'none',
    fullscreen: '*',
  } as const;
  expect((await sent({ profile: 'api', permissionsPolicy: features }))['Permissions-Policy']).toBe(
    'camera=(self), geolocation=(self "https://maps.example.com"), usb=(), fullscreen=*',
  );
  expect(await sent({ permissionsPolicy: false })).not.toHaveProperty('Permissions-Policy');
});

test('takes X-Powered-By off unless helmet is told to leave it', async () => {
  expect((await createSecurity().decide(viewOf())).remove).toEqual(['X-Powered-By']);
  const left = createSecurity({ headers: { helmet: { xPoweredBy: false } } });
  expect((await left.decide(viewOf())).remove).toEqual([]);
});

test('works the headers out once: two answers share one list of values', async () => {
  const security = createSecurity({ csrf: false });
  const [first, second] = [await security.decide(viewOf()), await security.decide(viewOf())];
  expect(first.headers).toBe(second.headers);
});
