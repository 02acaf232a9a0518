import type { Secret } from '@seaworthy/contracts';
import { errors, jwtVerify, SignJWT } from 'jose';

const issuer = 'kpi-backend';
const audience = 'kpi-app';

export interface Tokens {
  readonly lifetimeMs: number;
  sign(userId: string): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  /** The user's id, or `undefined` for a token that is not ours, was changed, or has expired. */
  verify(token: string): Promise<string | undefined>;
}

/** Signed tokens with one algorithm, so that a token cannot choose its own. */
export function createTokens(secret: Secret, lifetimeMs: number): Tokens {
  const key = new TextEncoder().encode(secret.reveal());
  return {
    lifetimeMs,
    async sign(userId) {
      const expiresAt = new Date(Date.now() + lifetimeMs);
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt };
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], issuer, audience });
        return payload.sub;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
