import type { Secret } from '@seaworthy/contracts';
import { errors, jwtVerify, SignJWT } from 'jose';

const issuer = 'kpi-backend';
const audience = 'kpi-app';

/** Who a token was given to, and at which of their token versions. */
export interface Session {
  readonly userId: string;
  readonly version: number;
}

export interface Tokens {
  readonly lifetimeMs: number;
  sign(session: Session): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  /** Whose it is, or `undefined` for a token that is not ours, was changed, or has expired. */
  verify(token: string): Promise<Session | undefined>;
}

/** Signed tokens with one algorithm, so that a token cannot choose its own. */
export function createTokens(secret: Secret, lifetimeMs: number): Tokens {
  const key = new TextEncoder().encode(secret.reveal());
  return {
    lifetimeMs,
    async sign({ userId, version }) {
      const expiresAt = new Date(Date.now() + lifetimeMs);
      const token = await new SignJWT({ version })
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
        const { sub, version } = payload;
        return sub === undefined || typeof version !== 'number' ? undefined : { userId: sub, version };
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
