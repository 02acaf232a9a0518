import { describe, expect, test } from 'vitest';
import {
  type CsrfOptions,
  clientIp,
  createSecurity,
  type SecurityEvent,
  type SecurityOptions,
} from '../src/index.js';
import { viewOf } from './view.js';

const own = 'https://service.example';

interface Attempt {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
}

async function passes(
  attempt: Attempt,
  csrf?: CsrfOptions | false,
  rest: SecurityOptions = {},
): Promise<boolean> {
  const security = createSecurity({ ...rest, ...(csrf === undefined ? {} : { csrf }) });
  const { verdict } = await security.decide(viewOf({ method: 'POST', ...attempt }));
  if (verdict.kind === 'deny') expect([verdict.status, verdict.code]).toEqual([403, 'CROSS_ORIGIN_REQUEST']);
  return verdict.kind === 'pass';
}

const withSite = (site: string, origin?: string): Attempt => ({
  headers: { 'sec-fetch-site': site, ...(origin === undefined ? {} : { origin }) },
});

describe('a write', () => {
  test.each([
    ['the page itself', withSite('same-origin', own), true],
    ['the address bar or a bookmark', withSite('none'), true],
    ['another site', withSite('cross-site', 'https://evil.example'), false],
    ['another site that hides its Origin', withSite('cross-site'), false],
    [
      'another site with a forged Origin header of ours',
      withSite('cross-site', 'https://other.example'),
      false,
    ],
    ['a neighbouring subdomain', withSite('same-site', 'https://blog.service.example'), false],
    ['a sandboxed frame', withSite('cross-site', 'null'), false],
    ['a word that no browser sends', withSite('bogus', own), false],
    ['an old browser, our origin', { headers: { origin: own } }, true],
    [
      'an old browser, our origin by the default port',
      { host: 'service.example:443', headers: { origin: own } },
      true,
    ],
    ['an old browser, another port', { headers: { origin: `${own}:8443` } }, false],
    ['an old browser, another origin', { headers: { origin: 'https://evil.example' } }, false],
    [
      'an old browser, an origin that begins like ours',
      { headers: { origin: `${own}.evil.example` } },
      false,
    ],
    ['an old browser, null', { headers: { origin: 'null' } }, false],
    ['an origin that is no URL', { headers: { origin: 'service.example' } }, false],
    ['no Host to compare with', { host: '', headers: { origin: own } }, false],
    ['no browser', { headers: { cookie: 'sid=1' } }, true],
  ])('from %s', async (_from, attempt, expected) => {
    expect(await passes(attempt)).toBe(expected);
    for (const method of ['PUT', 'PATCH', 'DELETE', 'FROB']) {
      expect([method, await passes({ ...attempt, method })]).toEqual([method, expected]);
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect([method, await passes({ ...attempt, method })]).toEqual([method, true]);
  });

  test('with a bearer token passes from anywhere; with Basic or a half-written one it does not', async () => {
    const from = (authorization: string): Attempt => ({
      headers: { 'sec-fetch-site': 'cross-site', authorization },
    });
    expect(await passes(from('Bearer abc.def'))).toBe(true);
    expect(await passes(from('bearer abc'))).toBe(true);
    for (const authorization of ['Basic dTpw', 'Bearer', 'Bearer ', 'Bearerabc']) {
      expect([authorization, await passes(from(authorization))]).toEqual([authorization, false]);
    }
  });

  test('from a trusted origin passes; from one that only resembles it does not', async () => {
    const csrf = { trustedOrigins: ['https://sso.example.com', 'https://*.apps.example.com'] };
    expect(await passes(withSite('cross-site', 'https://sso.example.com'), csrf)).toBe(true);
    expect(await passes(withSite('same-site', 'https://a.apps.example.com'), csrf)).toBe(true);
    expect(await passes({ headers: { origin: 'https://sso.example.com' } }, csrf)).toBe(true);
    expect(await passes(withSite('cross-site', 'https://sso.example.com.evil.example'), csrf)).toBe(false);
  });

  test('from an origin that CORS lets send credentials passes, unless the trusted ones are named', async () => {
    const attempt = withSite('cross-site', 'https://app.example.com');
    const cors = { origins: 'https://app.example.com', credentials: true };
    expect(await passes(attempt, undefined, { cors })).toBe(true);
    expect(await passes(attempt, undefined, { cors: { ...cors, credentials: false } })).toBe(false);
    expect(await passes(attempt, { trustedOrigins: 'https://other.example.com' }, { cors })).toBe(false);
  });

  test('behind a trusted proxy is compared with the host that the browser asked for, and only then', async () => {
    const attempt: Attempt = {
      host: 'backend:3001',
      headers: { origin: own, 'x-forwarded-host': 'service.example' },
    };
    expect(await passes(attempt, {}, { clientIp: clientIp({ trust: ['192.0.2.0/24'] }) })).toBe(true);
    expect(await passes(attempt)).toBe(false);
  });

  test('with a cookie and no sign of where it comes from is refused where an Origin is required', async () => {
    const csrf = { requireOrigin: true };
    expect(await passes({ headers: { cookie: 'sid=1' } }, csrf)).toBe(false);
    expect(await passes({ headers: {} }, csrf)).toBe(true);
    expect(await passes({ headers: { cookie: 'sid=1', origin: own } }, csrf)).toBe(true);
    expect(await passes({ headers: { cookie: 'sid=1', authorization: 'Bearer x' } }, csrf)).toBe(true);
  });
});

test('can be switched off', async () => {
  expect(await passes(withSite('cross-site'), false)).toBe(true);
});

test('refuses untrustworthy origins when the service starts', () => {
  for (const trustedOrigins of ['null', '*', 'http://app.example.com', 'https://app.example.com/x']) {
    expect(() => createSecurity({ csrf: { trustedOrigins } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  }
});

test('tells why it refused', async () => {
  const events: SecurityEvent[] = [];
  await passes(withSite('cross-site'), {}, { onEvent: (event) => events.push(event) });
  await passes(
    { headers: { origin: 'https://evil.example' } },
    {},
    { onEvent: (event) => events.push(event) },
  );
  expect(events).toMatchObject([
    { type: 'csrf', reason: 'cross-site', client: { ip: '192.0.2.1' } },
    { type: 'csrf', reason: 'foreign-origin' },
  ]);
});
