import { randomBytes } from 'node:crypto';
import { errorCode, invalidOption, parseDuration, systemClock, wholeNumber } from '@seaworthy/contracts';
import type { JosePayload } from './jose-like.js';
import { readJwtKeys } from './jwt-keys.js';
import { type JwtOptions, readJwtOptions } from './jwt-options.js';
import { TokenError } from './token-error.js';

/** Why a token is not believed: for logs, never for who sent it. */
export type JwtRefusal =
  | 'malformed'
  | 'too-large'
  | 'algorithm'
  | 'unknown-key'
  | 'signature'
  | 'expired'
  | 'issuer'
  | 'audience'
  | 'claims'
  | 'revoked';

export interface JwtClaims {
  readonly subject: string;
  /** The token's own name. */
  readonly id: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** What was signed beside the registered claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export type JwtResult =
  | ({ readonly valid: true } & JwtClaims)
  | { readonly valid: false; readonly reason: JwtRefusal };

export interface SignedJwt {
  readonly token: string;
  readonly id: string;
  readonly expiresAt: Date;
}

export interface Jwt {
  readonly lifetimeMs: number;
  /**
   * @throws TokenError for a registered claim, one that is no JSON, a token that nobody would read, and without a key to sign
   * with; `SECURITY_TOKENS_UNAVAILABLE` when the revocations cannot be asked.
   */
  sign(subject: string, claims?: Readonly<Record<string, unknown>>): Promise<SignedJwt>;
  /**
   * Never throws for a token, whatever it is.
   *
   * @throws TokenError `SECURITY_TOKENS_UNAVAILABLE` when the revocations cannot be asked.
   */
  verify(token: string): Promise<JwtResult>;
  /** The public keys as a JWK Set (RFC 7517), for others who verify; empty for HS256. */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>;
}

const owner = 'createJwt';
const registered = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']);
const yearMs = 366 * 86_400_000;

/**
 * Signed tokens through jose: one algorithm, keys by name, an issuer and an audience, none of which a token can choose.
 *
 * @throws OptionsError for keys that are weak or of another kind, and for what is missing.
 *
 * @example
 * import * as jose from 'jose';
 * const keys = [{ kid: '2026-11', secret: config.JWT_SECRET }];
 * const tokens = createJwt({ jose, ...jwtPresets.kpi, keys, issuer: 'kpi', audience: 'kpi-api' });
 * const { token } = await tokens.sign(user.id, { role: user.role });
 * const result = await tokens.verify(token);
 * if (!result.valid) throw unauthorized();
 */
export function createJwt(options: JwtOptions): Jwt {
  const {
    jose,
    algorithm,
    issuer,
    audience,
    leeway = 0,
    maxBytes = 8_192,
    revocations,
  } = readJwtOptions(options);
  const { lifetime = '15m', clock = systemClock } = options;
  if (typeof jose?.jwtVerify !== 'function') throw invalidOption(owner, 'jose', 'the module jose');
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (typeof value !== 'string' || value === '')
      throw invalidOption(owner, name, 'a text that is not empty');
  }
  const lifetimeMs = wholeNumber(owner, 'lifetime', parseDuration(lifetime), { min: 1_000, max: yearMs });
  const leewayMs = wholeNumber(owner, 'leeway', parseDuration(leeway), { max: 60_000 });
  wholeNumber(owner, 'maxBytes', maxBytes, { min: 256, max: 65_536 });
  const { signing, verifying } = readJwtKeys(owner, algorithm, options.keys);
  const rules = {
    algorithms: [algorithm],
    issuer,
    audience,
    typ: 'JWT',
    requiredClaims: ['sub', 'exp', 'jti'],
    maxTokenAge: Math.floor(lifetimeMs / 1_000),
    clockTolerance: Math.floor(leewayMs / 1_000),
  };

  async function read(token: string): Promise<JosePayload> {
    const { payload } = await jose.jwtVerify(
      token,
      ({ kid }) => {
        const key = typeof kid === 'string' ? verifying.get(kid) : undefined;
        if (key === undefined) throw Object.assign(new Error('an unknown key'), { code: unknownKey });
        return key;
      },
      { ...rules, currentDate: new Date(clock.now()) },
    );
    return payload;
  }

  return {
    lifetimeMs,
    async sign(subject, claims = {}) {
      if (signing === undefined)
        throw failure(
          'SECURITY_TOKEN_KEY',
          'A public key signs nothing. Put a private key or a secret first.',
        );
      if (
        typeof subject !== 'string' ||
        subject === '' ||
        Object.keys(claims).some((name) => registered.has(name))
      ) {
        throw failure(
          'SECURITY_TOKEN_CLAIMS',
          `A token needs a subject, and claims other than ${[...registered].join(', ')}.`,
        );
      }
      const generation = await revocations?.generationOf(subject);
      const issuedAt = Math.floor(clock.now() / 1_000);
      const expires = issuedAt + Math.floor(lifetimeMs / 1_000);
      const id = idOf(generation, randomBytes(16).toString('base64url'));
      const own = { iss: issuer, aud: audience, sub: subject, jti: id, iat: issuedAt, exp: expires };
      const header = { alg: algorithm, typ: 'JWT', kid: signing.kid };
      const token = await new jose.SignJWT({ ...claims, ...own })
        .setProtectedHeader(header)
        .sign(signing.key);
      if (token.length > maxBytes)
        throw failure(
          'SECURITY_TOKEN_TOO_LARGE',
          `A token has at most ${maxBytes} bytes. Sign fewer claims.`,
        );
      return { token, id, expiresAt: new Date(expires * 1_000) };
    },
    async verify(token) {
      if (typeof token !== 'string') return refused('malformed');
      if (token.length > maxBytes) return refused('too-large');
      let payload: JosePayload;
      try {
        payload = await read(token);
      } catch (error) {
        return refused(refusalOf(error));
      }
      const { sub, jti, iat, exp, iss: _iss, aud: _aud, nbf: _nbf, ...claims } = payload;
      if (
        typeof sub !== 'string' ||
        sub === '' ||
        typeof jti !== 'string' ||
        iat === undefined ||
        exp === undefined
      ) {
        return refused('claims');
      }
      const asked = { id: jti, subject: sub, issuedMs: iat * 1_000, generation: generationIn(jti) };
      if (revocations !== undefined && (await revocations.isRevoked(asked))) return refused('revoked');
      const [issuedAt, expiresAt] = [new Date(iat * 1_000), new Date(exp * 1_000)];
      return { valid: true, subject: sub, id: jti, issuedAt, expiresAt, claims };
    },
    async publicKeys() {
      const asymmetric = [...verifying].filter(([, key]) => key.type === 'public');
      const keys = asymmetric.map(async ([kid, key]) => ({
        ...(await jose.exportJWK(key)),
        kid,
        alg: algorithm,
        use: 'sig',
      }));
      return { keys: await Promise.all(keys) };
    },
  };
}

/** The token of an `Authorization: Bearer` header, if there is one. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
}

function refused(reason: JwtRefusal): JwtResult {
  return { valid: false, reason };
}

function failure(code: string, message: string): TokenError {
  return new TokenError(message, { code, statusCode: 500 });
}

/** The generation stands in the name: a claim of its own would be in the way of the application's. */
function idOf(generation: number | undefined, word: string): string {
  return generation === undefined ? word : `g${generation.toString(36)}.${word}`;
}

/** Other issuers, and we without revocations, name their tokens in other ways. */
function generationIn(id: string): number | undefined {
  const [, digits] = /^g([0-9a-z]{1,11})\.[\w-]{22}$/.exec(id) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 36);
}

const unknownKey = 'ERR_JWKS_NO_MATCHING_KEY';

function refusalOf(error: unknown): JwtRefusal {
  switch (errorCode(error)) {
    case 'ERR_JWT_EXPIRED':
      return 'expired';
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return refusedClaim(error);
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return 'algorithm';
    case unknownKey:
      return 'unknown-key';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'signature';
    default:
      return 'malformed'; // whatever else a token makes of a library, it is not believed
  }
}

function refusedClaim(error: unknown): JwtRefusal {
  const claim = error instanceof Error && 'claim' in error ? error.claim : undefined;
  return claim === 'iss' ? 'issuer' : claim === 'aud' ? 'audience' : 'claims';
}
