export {
  type BeginOptions,
  createOidc,
  type LoginNotes,
  type Oidc,
  type OidcOptions,
  type OidcRefusal,
  type OidcResult,
} from './oidc.js';
export { OidcError } from './oidc-error.js';
export { safeReturnPath } from './return-path.js';
