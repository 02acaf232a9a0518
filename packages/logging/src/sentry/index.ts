export type { ExpressErrorHandler } from './express-error-handler.js';
export type { FastifyErrorApp, FastifyErrorPlugin } from './fastify-error-handler.js';
export { initSentry, type Sentry } from './init-sentry.js';
export type { EnvelopeRedactor } from './redact-envelope.js';
export type { SentryOptions } from './sentry-options.js';
export type { SentrySdk } from './sentry-sdk.js';
