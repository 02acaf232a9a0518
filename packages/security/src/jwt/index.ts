export type { KeyInput } from '../keyring.js';
export type { JoseLike, JosePayload, JoseSigner, JoseVerifyOptions } from './jose-like.js';
export {
  bearerToken,
  createJwt,
  type Jwt,
  type JwtClaims,
  type JwtRefusal,
  type JwtResult,
  type SignedJwt,
} from './jwt.js';
export type { JwtAlgorithm, JwtKey } from './jwt-keys.js';
export { type JwtOptions, jwtPresets } from './jwt-options.js';
export {
  createRefreshTokens,
  type RefreshResult,
  type RefreshTokens,
  type RefreshTokensOptions,
} from './refresh-tokens.js';
export {
  type IssuedToken,
  type JwtRevocations,
  type RedisRevocationsOptions,
  redisRevocations,
} from './revocations.js';
export { TokenError } from './token-error.js';
