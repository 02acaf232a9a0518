import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Closable, processEvents, Secret } from '@seaworthy/contracts';
import { currentContext } from '../log-context.js';
import { createRedactor } from '../redaction/redactor.js';
import { capture, captureUnhandled } from './capture.js';
import { dataCollection } from './data-collection.js';
import { type ExpressErrorHandler, expressErrorHandler } from './express-error-handler.js';
import { failedAnswers } from './failed-answers.js';
import { type FastifyErrorPlugin, fastifyErrorHandler } from './fastify-error-handler.js';
import { maxEnvelopes, redactingTransport } from './redacting-transport.js';
import { withRequestDeadline } from './request-deadline.js';
import { readSentryOptions, type SentryIntegration, type SentryOptions } from './sentry-options.js';
import type { SentryEvent, SentrySdk, SentryTransport, SentryTransportOptions } from './sentry-sdk.js';

/** Sentry as one service uses it. Without a DSN everything is there and does nothing. */
export interface Sentry extends Closable {
  readonly enabled: boolean;
  /** Sends an error, with the fields of the log context. Never throws. */
  captureException(error: unknown): void;
  /**
   * Sends what an Express 4 or 5 application answers with 5xx once the answer is over, whatever status the error has. Mount it behind the
   * routes, before handlers of your own.
   */
  expressErrorHandler(): ExpressErrorHandler;
  /** The same for Fastify 5: `await app.register(sentry.fastifyErrorHandler())`, before the routes. */
  fastifyErrorHandler(): FastifyErrorPlugin;
  /** Resolves when everything is sent, or when `flushTimeout` is over; `false` then. */
  flush(): Promise<boolean>;
  /** Flushes, and stops sending; within `flushTimeout`. */
  close(): Promise<void>;
}

/** They would answer crashes of their own accord; `process-events` does. */
const crashIntegrations: ReadonlySet<string> = new Set(['OnUncaughtException', 'OnUnhandledRejection']);

/**
 * Starts Sentry for this process, safe by default: environment, release and sample rate are set, nothing of a request's content is
 * collected, everything that is sent goes through the redactor, and the ingest can be down, slow or silent without a request noticing.
 * A crash is sent before the process exits with 1.
 *
 * @param sentry - `@sentry/node` 11, or what loads it, which is not called without a DSN.
 * @throws OptionsError for a wrong option.
 *
 * @example
 * const sentry = await initSentry(() => import('@sentry/node'), {
 *   dsn: config.SENTRY_DSN, environment: 'production', release: 'kpi-backend@1.4.2', redactor: log.redactor,
 * });
 * app.use(sentry.expressErrorHandler()); // behind the routes
 */
export async function initSentry(
  sentry: SentrySdk | (() => Promise<SentrySdk>),
  options: SentryOptions,
): Promise<Sentry> {
  const given = readSentryOptions(options);
  const dsn = Secret.is(given.dsn) ? String(given.dsn.reveal()) : given.dsn;
  if (dsn === undefined || dsn === '') return disabled();
  const sdk = typeof sentry === 'function' ? await sentry() : sentry;
  const redactor = given.redactor ?? createRedactor();
  const { further, flushTimeoutMs, requestTimeoutMs, tracesSampleRate, environment, release } = given;

  function transport(transportOptions: SentryTransportOptions): SentryTransport {
    const request = transportOptions.url.startsWith('https:') ? requestHttps : requestHttp;
    const httpModule = withRequestDeadline(request, requestTimeoutMs);
    const make = (further.transport ?? sdk.makeNodeTransport) as (options: object) => SentryTransport;
    const inner = make({ bufferSize: maxEnvelopes, httpModule, ...transportOptions });
    return redactingTransport(inner, redactor, transportOptions.recordDroppedEvent);
  }

  sdk.init({
    dataCollection,
    ...further,
    dsn,
    environment,
    release,
    tracesSampleRate,
    transport,
    integrations: (defaults: readonly SentryIntegration[]) => [
      ...defaults.filter(({ name }) => !crashIntegrations.has(name)),
      logContextIntegration,
      ...given.integrations,
    ],
  });

  const whenFailed = failedAnswers();
  const registrations = register(given.process, sdk, flushTimeoutMs);

  let closing: Promise<void> | undefined;

  async function end(): Promise<void> {
    for (const unregister of registrations) unregister();
    await sdk.close(flushTimeoutMs);
  }

  function close(): Promise<void> {
    closing ??= end();
    return closing;
  }

  return {
    enabled: true,
    captureException: (error) => capture(sdk, error),
    expressErrorHandler: () => expressErrorHandler(sdk, whenFailed),
    fastifyErrorHandler: () => fastifyErrorHandler(sdk, whenFailed),
    flush: () => sdk.flush(flushTimeoutMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function register(
  process: SentryOptions['process'],
  sdk: SentrySdk,
  flushTimeoutMs: number,
): ReadonlyArray<() => void> {
  if (process === false) return [];
  const events = process ?? processEvents();
  return [
    events.onCrash(({ kind, error }) => {
      captureUnhandled(
        sdk,
        error,
        kind === 'uncaughtException' ? 'onuncaughtexception' : 'onunhandledrejection',
      );
    }),
    events.onShutdown(() => sdk.flush(flushTimeoutMs).then(() => undefined), {
      withinMs: flushTimeoutMs + 500,
    }),
  ];
}

/** The lines of a request and its event in Sentry find each other by these. */
const logContextIntegration = {
  name: 'SeaworthyLogContext',
  preprocessEvent(event: SentryEvent): void {
    const fields = currentContext();
    if (fields === undefined) return;
    event.contexts = { ...event.contexts, log: { ...fields } };
    if (typeof fields.requestId === 'string') event.tags = { requestId: fields.requestId, ...event.tags };
  },
};

function disabled(): Sentry {
  const nothing = async (): Promise<void> => undefined;
  return {
    enabled: false,
    captureException: () => undefined,
    expressErrorHandler: () => (error, _request, _response, next) => next(error),
    fastifyErrorHandler: () => nothing,
    flush: async () => true,
    close: nothing,
    [Symbol.asyncDispose]: nothing,
  };
}
