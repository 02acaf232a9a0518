import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Secret } from '@seaworthy/contracts';
import { createFakeClock, describeHttpContract, size } from '@seaworthy/testkit';
import fc from 'fast-check';
import * as jose from 'jose';
import { describe, expect, test } from 'vitest';
import {
  bearerToken,
  createJwt,
  type Jwt,
  type JwtKey,
  type JwtOptions,
  type JwtRefusal,
  jwtPresets,
} from '../src/jwt/index.js';

const secret = 'a-secret-of-the-tokens-0123456789abcdef';
const older = 'an-older-secret-of-the-tokens-012345678';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const basis: JwtOptions = {
  jose,
  algorithm: 'HS256',
  keys: [{ kid: 'k1', secret }],
  issuer: 'kpi-backend',
  audience: 'kpi-app',
};
const jwtWith = (options: Partial<JwtOptions> = {}): Jwt => createJwt({ ...basis, ...options });

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const hmac = (text: string, key: string | KeyObject): string =>
  createHmac('sha256', key).update(text).digest('base64url');

/** A token made by hand, signed rightly unless told otherwise. */
function forged(
  header: Record<string, unknown> = {},
  payload: Record<string, unknown> = {},
  sign = (text: string): string => hmac(text, secret),
): string {
  const now = Math.floor(Date.now() / 1_000);
  const registered = { iss: 'kpi-backend', aud: 'kpi-app', sub: 'ada', jti: 'j', iat: now, exp: now + 600 };
  const text = `${encoded({ alg: 'HS256', typ: 'JWT', kid: 'k1', ...header })}.${encoded({ ...registered, ...payload })}`;
  return `${text}.${sign(text)}`;
}

const signedText = (text: string): string => `${text}.${hmac(text, secret)}`;

async function reasonOf(token: string, jwt: Jwt = jwtWith()): Promise<JwtRefusal | 'valid'> {
  const result = await jwt.verify(token);
  return result.valid ? 'valid' : result.reason;
}

describe('a token', () => {
  test.each([
    ['HS256', [{ kid: 'k1', secret: new Secret('JWT_SECRET', secret) }]],
    ['RS256', [{ kid: 'k1', privateKey: rsa.privateKey }]],
    ['PS256', [{ kid: 'k1', privateKey: rsa.privateKey }]],
    ['ES256', [{ kid: 'k1', privateKey: p256.privateKey }]],
    ['EdDSA', [{ kid: 'k1', privateKey: ed25519.privateKey }]],
  ] satisfies ReadonlyArray<readonly [JwtOptions['algorithm'], readonly JwtKey[]]>)(
    'comes back as it was signed, with %s',
    async (algorithm, keys) => {
      const jwt = jwtWith({ algorithm, keys });
      const { token, id, expiresAt } = await jwt.sign('ada', { role: 'admin' });
      expect(await jwt.verify(token)).toEqual({
        valid: true,
        subject: 'ada',
        id,
        issuedAt: new Date(expiresAt.getTime() - 15 * 60_000),
        expiresAt,
        claims: { role: 'admin' },
      });
      expect(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).toBe(
        JSON.stringify({ alg: algorithm, typ: 'JWT', kid: 'k1' }),
      );
    },
  );

  test('can be verified by others with the public keys', async () => {
    const jwt = jwtWith({ algorithm: 'EdDSA', keys: [{ kid: 'k1', privateKey: ed25519.privateKey }] });
    const { keys } = await jwt.publicKeys();
    expect(keys).toEqual([
      { crv: 'Ed25519', kty: 'OKP', x: expect.any(String), kid: 'k1', alg: 'EdDSA', use: 'sig' },
    ]);
    const key = await jose.importJWK(keys[0] ?? {});
    expect((await jose.jwtVerify((await jwt.sign('ada')).token, key)).payload.sub).toBe('ada');
    expect(await jwtWith().publicKeys()).toEqual({ keys: [] }); // a secret is no public key
  });

  test.each([
    ['alg none and no signature', forged({ alg: 'none' }, {}, () => ''), 'algorithm'],
    ['alg none with the old signature', forged({ alg: 'none' }), 'algorithm'],
    ['alg None', forged({ alg: 'None' }), 'algorithm'],
    ['another algorithm of the same secret', forged({ alg: 'HS512' }), 'algorithm'],
    ['no algorithm', forged({ alg: undefined }), 'malformed'],
    ['a wrong secret', forged({}, {}, (text) => hmac(text, older)), 'signature'],
    ['an unknown key', forged({ kid: 'k2' }), 'unknown-key'],
    ['no key named', forged({ kid: undefined }), 'unknown-key'],
    ['a key that is a path', forged({ kid: '../../dev/null' }), 'unknown-key'],
    ['a key that is no text', forged({ kid: ['k1'] }), 'unknown-key'],
    ['a key that every object has', forged({ kid: '__proto__' }), 'unknown-key'],
    ['its own key', forged({ kid: 'k9', jwk: { kty: 'oct', k: encoded('x') } }), 'unknown-key'],
    ['an unknown critical extension', forged({ crit: ['exp2'], exp2: 1 }), 'malformed'],
    ['an empty list of critical extensions', forged({ crit: [] }), 'malformed'],
    ['an unencoded payload', forged({ b64: false, crit: ['b64'] }), 'malformed'],
    ['another type', forged({ typ: 'at+jwt' }), 'claims'],
    ['another issuer', forged({}, { iss: 'evil' }), 'issuer'],
    ['a list with the issuer', forged({}, { iss: ['kpi-backend'] }), 'issuer'],
    ['another audience', forged({}, { aud: 'crm' }), 'audience'],
    ['no audience', forged({}, { aud: undefined }), 'audience'],
    ['no subject', forged({}, { sub: undefined }), 'claims'],
    ['an empty subject', forged({}, { sub: '' }), 'claims'],
    ['no name', forged({}, { jti: undefined }), 'claims'],
    ['no end', forged({}, { exp: undefined }), 'claims'],
    ['an end that is text', forged({}, { exp: '9999999999' }), 'claims'],
    ['no beginning', forged({}, { iat: undefined }), 'claims'],
    ['a beginning in the future', forged({}, { iat: 9_999_999_999, exp: 9_999_999_999 }), 'claims'],
    ['a validity in the future', forged({}, { nbf: 9_999_999_999 }), 'claims'],
    ['a longer life than we give', forged({}, { iat: 1_000_000, exp: 9_999_999_999 }), 'expired'],
    [
      'a payload that is a list',
      signedText(`${encoded({ alg: 'HS256', typ: 'JWT', kid: 'k1' })}.W10`),
      'malformed',
    ],
    ['no dots', 'abc', 'malformed'],
    ['nothing', '', 'malformed'],
    ['8193 characters', 'x'.repeat(8_193), 'too-large'],
    ['ten megabytes', `${'a'.repeat(10_000_000)}.b.c`, 'too-large'],
  ] satisfies ReadonlyArray<readonly [string, string, JwtRefusal]>)(
    'with %s is refused',
    async (_what, token, reason) => {
      expect(await reasonOf(token)).toBe(reason);
    },
  );

  test('that is rightly made by hand is taken, so the refusals above are for their one fault', async () => {
    expect(await reasonOf(forged())).toBe('valid');
  });

  test('signed with the public key as if it were a secret is refused (RS to HS confusion)', async () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const jwt = jwtWith({ algorithm: 'RS256', keys: [{ kid: 'k1', publicKey: rsa.publicKey }] });
    expect(
      await reasonOf(
        forged({}, {}, (text) => hmac(text, pem)),
        jwt,
      ),
    ).toBe('algorithm');
    expect(
      await reasonOf(
        forged({ alg: 'RS256' }, {}, (text) => hmac(text, pem)),
        jwt,
      ),
    ).toBe('signature');
    const good = await new jose.SignJWT({ jti: 'j' })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
      .setIssuer('kpi-backend')
      .setAudience('kpi-app')
      .setSubject('ada')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(rsa.privateKey);
    expect(await reasonOf(good, jwt)).toBe('valid');
    expect(await reasonOf(good)).toBe('algorithm');
  });

  test('that is encrypted is refused', async () => {
    const jwe = await new jose.CompactEncrypt(new TextEncoder().encode('{}'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'k1' })
      .encrypt(new Uint8Array(32));
    expect(await reasonOf(jwe)).toBe('malformed');
  });

  test('with any byte changed, cut, doubled or put elsewhere is refused, and nothing throws', async () => {
    const jwt = jwtWith();
    const { token } = await jwt.sign('ada', { role: 'viewer' });
    const [header = '', payload = '', signature = ''] = token.split('.');
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const part = fc.oneof(
      text,
      fc.constantFrom(header, payload, signature, '', '.', encoded({ alg: 'none' })),
    );
    const mutated = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
      fc
        .tuple(fc.nat({ max: token.length }), fc.nat({ max: 3 }), text)
        .map(([at, cut, put]) => token.slice(0, at) + put + token.slice(at + cut)),
      fc.json().map((json) => `${encoded(JSON.parse(json))}.${payload}.${signature}`),
    );
    await fc.assert(
      fc.asyncProperty(mutated, async (given) => {
        const { valid } = await jwt.verify(given);
        // The last letter of a signature holds two bits that no byte has: jose takes it either way, as RFC 4648 allows.
        const isSame = given.slice(0, -1) === token.slice(0, -1) && given.length === token.length;
        expect(valid && !isSame).toBe(false);
      }),
      { numRuns: size({ test: 500, soak: 50_000 }) },
    );
  });
});

describe('signing', () => {
  test('with a public key, registered claims, no subject or too much is an error that says what to do', async () => {
    const verifier = jwtWith({ algorithm: 'RS256', keys: [{ kid: 'k1', publicKey: rsa.publicKey }] });
    await expect(verifier.sign('ada')).rejects.toMatchObject({ code: 'SECURITY_TOKEN_KEY' });
    await expect(jwtWith().sign('')).rejects.toMatchObject({ code: 'SECURITY_TOKEN_CLAIMS' });
    for (const name of ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']) {
      await expect(jwtWith().sign('ada', { [name]: 'x' })).rejects.toMatchObject({
        code: 'SECURITY_TOKEN_CLAIMS',
      });
    }
    await expect(jwtWith({ maxBytes: 256 }).sign('ada', { x: 'y'.repeat(200) })).rejects.toMatchObject({
      code: 'SECURITY_TOKEN_TOO_LARGE',
    });
  });
});

describe('options', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  test.each([
    ['a secret of 31 characters', { keys: [{ kid: 'k1', secret: 'x'.repeat(31) }] }],
    ['no key', { keys: [] }],
    [
      'two keys of one name',
      {
        keys: [
          { kid: 'k1', secret },
          { kid: 'k1', secret: older },
        ],
      },
    ],
    ['a key with a name of blanks', { keys: [{ kid: 'a b', secret }] }],
    ['a key pair for HS256', { keys: [{ kid: 'k1', publicKey: rsa.publicKey }] }],
    ['a secret for RS256', { algorithm: 'RS256', keys: [{ kid: 'k1', secret }] }],
    ['RSA of 1024 bits', { algorithm: 'RS256', keys: [{ kid: 'k1', privateKey: weak.privateKey }] }],
    [
      'a curve of another algorithm',
      { algorithm: 'ES256', keys: [{ kid: 'k1', privateKey: ed25519.privateKey }] },
    ],
    [
      'a public key as private one',
      { algorithm: 'EdDSA', keys: [{ kid: 'k1', privateKey: ed25519.publicKey }] },
    ],
    ['no issuer', { issuer: '' }],
    ['no audience', { audience: '' }],
    ['a leeway of hours', { leeway: '1h' }],
    ['a lifetime of years', { lifetime: '400d' }],
    ['no algorithm', { algorithm: JSON.parse('"none"') }],
  ] satisfies ReadonlyArray<readonly [string, Partial<JwtOptions>]>)(
    'refuse %s, without repeating it',
    (_what, options) => {
      let message = '';
      try {
        jwtWith(options);
      } catch (error) {
        message = String(error);
      }
      expect(message).toMatch(/^OptionsError: createJwt: option/);
      expect(message).not.toContain('xxx');
    },
  );

  test('the presets are the lifetimes of the guides', () => {
    expect([jwtWith(jwtPresets.crm).lifetimeMs, jwtWith(jwtPresets.kpi).lifetimeMs]).toEqual([
      24 * 3_600_000,
      7 * 24 * 3_600_000,
    ]);
  });

  test('a leeway is for the clocks: so long past its end a token is still taken', async () => {
    const clock = createFakeClock();
    const jwt = jwtWith({ leeway: '5s', clock });
    const { token } = await jwt.sign('ada');
    await clock.advance(15 * 60_000 + 4_000);
    expect(await reasonOf(token, jwt)).toBe('valid');
    await clock.advance(2_000);
    expect(await reasonOf(token, jwt)).toBe('expired');
  });
});

test('a bearer header gives its token, and nothing else does', () => {
  expect(bearerToken('Bearer a.b-c_d')).toBe('a.b-c_d');
  expect(bearerToken('bearer  a.b.c')).toBe('a.b.c');
  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic a',
    'Bearer a b',
    'Bearer a,b',
    'xBearer a',
  ]) {
    expect([header, bearerToken(header)]).toEqual([header, undefined]);
  }
});

describeHttpContract('tokens', (host) => {
  /** One route for whoever has a token, as an application writes it. */
  const serve = (jwt: Jwt) =>
    host.serve({
      routes: [
        {
          method: 'GET',
          path: '/secret',
          handle: async ({ headers }) => {
            const result = await jwt.verify(bearerToken(headers.authorization) ?? '');
            return result.valid ? { body: { user: result.subject } } : { status: 401 };
          },
        },
      ],
    });

  test('[row 39] are valid for 24 h or 7 d to the second; alg none, HS for RS and a wrong issuer are 401; keys rotate by kid', async () => {
    const clock = createFakeClock();
    for (const [preset, hours] of [
      [jwtPresets.crm, 24],
      [jwtPresets.kpi, 7 * 24],
    ] as const) {
      const jwt = jwtWith({ ...preset, clock });
      const { token } = await jwt.sign('ada');
      await using service = await serve(jwt);
      const status = async (given: string): Promise<number> =>
        (await fetch(`${service.url}/secret`, { headers: { authorization: `Bearer ${given}` } })).status;
      expect(await status(token)).toBe(200);
      await clock.advance(hours * 3_600_000 - 1_000);
      expect([hours, await status(token)]).toEqual([hours, 200]);
      await clock.advance(2_000);
      expect([hours, await status(token)]).toEqual([hours, 401]);
    }

    const before = jwtWith({ clock });
    const after = jwtWith({ clock, keys: [{ kid: 'k2', secret: older }, ...basis.keys] });
    const without = jwtWith({ clock, keys: [{ kid: 'k2', secret: older }] });
    const [old, fresh] = [(await before.sign('ada')).token, (await after.sign('ada')).token];
    const foreign = (await jwtWith({ clock, issuer: 'evil' }).sign('ada')).token;
    const none = `${encoded({ alg: 'none', typ: 'JWT', kid: 'k1' })}.${old.split('.')[1]}.`;
    const rs = jwtWith({ clock, algorithm: 'RS256', keys: [{ kid: 'k1', privateKey: rsa.privateKey }] });
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const text = `${encoded({ alg: 'HS256', typ: 'JWT', kid: 'k1' })}.${old.split('.')[1]}`;
    const confused = `${text}.${hmac(text, pem)}`;
    const statuses: number[] = [];
    for (const [jwt, token] of [
      [after, old],
      [after, fresh],
      [before, fresh],
      [without, old],
      [after, foreign],
      [after, none],
      [rs, confused],
      [rs, (await rs.sign('ada')).token],
      [after, ''],
    ] as const) {
      await using service = await serve(jwt);
      const answer = await fetch(`${service.url}/secret`, { headers: { authorization: `Bearer ${token}` } });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([200, 200, 401, 401, 401, 401, 401, 200, 401]);
  });
});
