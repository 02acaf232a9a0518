export {
  type BeginOptions,
  createOidc,
  type LoginNotes,
  type Oidc,
  type OidcRefusal,
  type OidcResult,
} from './oidc.js';
export { OidcError } from './oidc-error.js';
export type { OidcOptions } from './oidc-options.js';
export type { OidcClaims, OpenidClientLike } from './openid-client-like.js';
export { safeReturnPath } from './return-path.js';
