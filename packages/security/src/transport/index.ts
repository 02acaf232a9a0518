export {
  type CheckServerIdentity,
  type PinnedIdentityOptions,
  pinnedIdentity,
  pinOf,
} from './pinned-identity.js';
export { type ServerLimits, type ServerLimitsOptions, serverLimits } from './server-limits.js';
export { createTls, type Tls, type TlsHandler, type TlsOptions, type TlsServerOptions } from './tls.js';
