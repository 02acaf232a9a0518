import type { KeyObject } from 'node:crypto';

/** Claims as they stand in a token. */
export interface JosePayload {
  readonly sub?: string;
  readonly jti?: string;
  readonly iat?: number;
  readonly exp?: number;
  readonly [claim: string]: unknown;
}

/** What is asked of a token when it is verified. */
export interface JoseVerifyOptions {
  algorithms: string[];
  issuer: string;
  audience: string;
  typ: string;
  requiredClaims: string[];
  maxTokenAge: number;
  clockTolerance: number;
  currentDate: Date;
}

export interface JoseSigner {
  setProtectedHeader(header: { alg: string; typ: string; kid: string }): JoseSigner;
  sign(key: KeyObject): Promise<string>;
}

/** The part of the module jose, 6 and later, that is needed. */
export interface JoseLike {
  readonly SignJWT: new (claims: Record<string, unknown>) => JoseSigner;
  jwtVerify(
    token: string,
    keyOf: (header: { readonly kid?: unknown }) => KeyObject,
    options: JoseVerifyOptions,
  ): Promise<{ readonly payload: JosePayload }>;
  exportJWK(key: KeyObject): Promise<object>;
}
