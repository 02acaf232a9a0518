import { policy } from './limits/limit-policy.js';

/**
 * The exact values of two production guides, where they contradict each other or our defaults. Spread one into
 * {@link createSecurity} and replace what is yours: the store, and for `kpi` the origins.
 *
 * @example
 * createSecurity({ ...presets.kpi, cors: { ...presets.kpi.cors, origins: config.CORS_ORIGIN } });
 */
export const presets = {
  /** DENY, guide-compatible X-XSS-Protection, 100 requests per 15 minutes under /api/, credentialed CORS with status 200. */
  kpi: {
    headers: {
      profile: 'html',
      helmet: {
        strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
        xFrameOptions: { action: 'deny' },
      },
      xssProtection: 'guide-compatible',
    },
    cors: {
      origins: ['http://localhost:3000'],
      credentials: true,
      optionsSuccessStatus: 200,
      methods: ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
      allowedHeaders: ['Content-Type', 'Authorization'],
    },
    limits: {
      policies: [policy('ip', { limit: 100, per: 900_000, paths: ['/api/'] })],
      headers: 'draft-6',
      message: 'Too many requests from this IP',
    },
  },
  /** SAMEORIGIN, `default-src 'self'` alone, strict-origin-when-cross-origin, 100 requests per minute. */
  crm: {
    headers: {
      profile: 'html',
      helmet: {
        strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
        xFrameOptions: { action: 'sameorigin' },
        referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
        contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'self'"] } },
      },
      xssProtection: 'guide-compatible',
    },
    limits: { policies: [policy('ip', { limit: 100, per: '1m' })] },
  },
} as const;
