export type { Environment } from '@seaworthy/contracts';
export { type ClientIp, type ClientIpOptions, clientIp } from './client-ip/client-ip.js';
export type { CorsOriginFunction, CorsPackageOptions, CorsPackageOrigin } from './cors/cors-package.js';
export type { CorsOptions } from './cors/cors-policy.js';
export { type CspReports, type CspReportsOptions, createCspReports } from './csp-reports/csp-reports.js';
export type { CspViolation } from './csp-reports/violation.js';
export type { CsrfOptions, CsrfRefusal } from './csrf.js';
export {
  type CsrfToken,
  type CsrfTokenState,
  type CsrfTokens,
  type CsrfTokensOptions,
  createCsrfTokens,
} from './csrf-tokens.js';
export type {
  Client,
  Decision,
  DenyCode,
  DenyVerdict,
  FailedVerdict,
  HeaderPair,
  PassVerdict,
  PreflightVerdict,
  RedirectVerdict,
  Verdict,
} from './decision.js';
export type { FeatureAllowance } from './headers/permissions-policy.js';
export type { ProfileName } from './headers/profiles.js';
export type { HeadersOptions, HttpExchange } from './headers/response-headers.js';
export type { KeyInput } from './keyring.js';
export type { LimitHeaderForm } from './limits/limit-headers.js';
export {
  type LimitPolicy,
  type LimitPolicyOptions,
  type LimitRequest,
  policy,
} from './limits/limit-policy.js';
export type { LimitOutcome, LimitRule } from './limits/limit-rule.js';
export type { LimitCharge, LimitOutcomes, LimitStore } from './limits/limit-store.js';
export type { LimitsOptions } from './limits/limiter.js';
export {
  type MemoryStore,
  type MemoryStoreOptions,
  type MemoryStoreSize,
  memoryStore,
} from './limits/memory-store.js';
export { type RedisStoreOptions, redisStore } from './limits/redis-store.js';
export { presets } from './presets.js';
export { createSecurity, type Security, type SecurityOptions } from './security.js';
export { SecurityError } from './security-error.js';
export type { SecurityEvent } from './security-event.js';
export type { HttpsRedirectOptions } from './transport/https-redirect.js';
