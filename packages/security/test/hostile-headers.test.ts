import { validateHeaderName, validateHeaderValue } from 'node:http';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientIp, createCsrfTokens, createSecurity, policy, type SecurityOptions } from '../src/index.js';
import { viewOf } from './view.js';

/** What Node lets through its parser: no control characters but the tab, and latin-1 alone. */
const anyValue = fc.oneof(
  fc.string({
    unit: fc
      .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9))
      .map((code) => String.fromCharCode(code)),
    maxLength: 60,
  }),
  fc.constantFrom(
    ...[
      '',
      ',',
      ';',
      '=',
      '"',
      '%',
      '[',
      '[::1',
      ':',
      '//',
      '\\',
      '__proto__',
      'null',
      '*',
      'https',
      'same-origin',
    ],
    ...[
      '203.0.113.7',
      '203.0.113.7, 10.0.0.1',
      'for="[2001:db8::1]:80";proto=https',
      'Bearer x',
      'a.example.com:99999',
    ],
    ...['https://app.example.com', 'https://a.b.example.com', 'http://[', 'https://xn--a', 'x'.repeat(8_000)],
  ),
);

const names = [
  ...[
    'host',
    'origin',
    'cookie',
    'authorization',
    'x-csrf-token',
    'sec-fetch-site',
    'forwarded',
    'x-real-ip',
  ],
  ...['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'],
  ...['access-control-request-method', 'access-control-request-headers'],
] as const;

const tokens = createCsrfTokens({
  keys: ['a-key-of-the-tokens-0123456789abcdef'],
  bindingOf: (view) => view.header('cookie'),
});
const everything: SecurityOptions = {
  cors: { origins: ['https://app.example.com', 'https://*.example.com'], credentials: true },
  csrf: { tokens, requireOrigin: true },
  limits: { policies: [policy('ip', { limit: 1_000_000_000, per: '1h' })] },
};

test.each([
  ['X-Forwarded-For', { ...everything, clientIp: clientIp({ trust: ['uniquelocal'] }) }],
  ['Forwarded', { ...everything, clientIp: clientIp({ trust: ['uniquelocal'], header: 'forwarded' }) }],
  ['a redirect to https', { ...everything, clientIp: clientIp({ trust: 2 }), httpsRedirect: true }],
  ['options of cors', { ...everything, cors: { origin: ['https://app.example.com'], credentials: true } }],
] satisfies ReadonlyArray<readonly [string, SecurityOptions]>)(
  'headers of any bytes are decided, and nothing of them that is no header value comes back: %s',
  async (_what, options) => {
    const security = createSecurity(options);
    const headers = fc.dictionary(fc.constantFrom(...names), anyValue, { noNullPrototype: true });
    const request = fc.record({
      headers,
      method: fc.constantFrom('GET', 'POST', 'OPTIONS', 'TRACE', ''),
      url: fc.oneof(anyValue, fc.constantFrom('/', '//', '*', 'http://a/b', '/%', '/..%2f', '/api?x=1')),
      peer: fc.constantFrom(
        '10.0.0.1',
        '::ffff:10.0.0.1',
        '198.51.100.4',
        '2001:db8::1',
        'fe80::1%eth0',
        undefined,
      ),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ headers: sent, ...parts }) => {
        const {
          verdict,
          headers: answer,
          remove,
        } = await security.decide(viewOf({ ...parts, headers: sent, host: sent.host ?? '' }));
        if (verdict.kind === 'failed') throw verdict.error;
        for (const name of remove) validateHeaderName(name);
        for (const [name, value] of answer) {
          validateHeaderName(name);
          validateHeaderValue(name, value);
        }
        const allowed = answer.find(([name]) => name === 'Access-Control-Allow-Origin')?.[1];
        if (allowed !== undefined) expect(allowed).toMatch(/^https:\/\/[a-z0-9-]+\.example\.com$/);
        if (parts.peer !== undefined && !/^(::ffff:)?10\./.test(parts.peer) && options.httpsRedirect !== true)
          expect(verdict.client.viaProxy).toBe(false);
      }),
      { numRuns: size({ test: 300, soak: 50_000 }) },
    );
  },
);

// The first is `Ä` where Latin-1 is taken for UTF-8, and a control character where it is not.
test('a Host in Latin-1 is compared and fails no request, also when everything is compiled', async () => {
  const security = createSecurity({ csrf: { requireOrigin: true } });
  const kindOf = async (host: string) =>
    (await security.decide(viewOf({ method: 'POST', host, headers: { origin: 'https://app.example.com' } })))
      .verdict.kind;
  const hosts = [
    '\u00c3\u0084',
    '\u00c3\u00a9',
    '\u00ff',
    'a\u00ad',
    '\u00e9.example.com',
    'app.example.com',
  ];
  for (let turn = 0; turn < 5_000; turn += 1) for (const host of hosts) await kindOf(host);
  const kinds = await Promise.all(hosts.map(kindOf));
  expect(kinds).toEqual(['deny', 'deny', 'deny', 'deny', 'deny', 'pass']);
});
