import { dataCollection } from './data-collection.js';
import { type PlainRedactOptions, plainRedactor } from './plain-redactor.js';
import { redactingTransport } from './redacting-transport.js';
import type { SentryTransport, SentryTransportOptions } from './sentry-sdk.js';

/** The part of `@sentry/browser`, `@sentry/react` and their siblings, version 11, that is used; the modules themselves fit. */
export interface BrowserSdk {
  init(options: Record<string, unknown>): unknown;
  makeFetchTransport(options: never): {
    send(envelope: never): PromiseLike<object>;
    flush(timeoutMs?: number): PromiseLike<boolean>;
  };
}

export interface BrowserSentryOptions {
  /** Where events go; public by nature. Without one nothing is set up. */
  readonly dsn: string | undefined;
  /** `production`. */
  readonly environment: string;
  /** What was deployed: `kpi-frontend@1.4.2`, or a commit. */
  readonly release: string;
  /** The part of page loads whose trace is sent, from 0 to 1. @defaultValue 0.1 in production, 1 elsewhere */
  readonly tracesSampleRate?: number;
  /** What is secret beyond the built-in names. @defaultValue {} */
  readonly redact?: PlainRedactOptions;
  /** Further options of `Sentry.init`: `{ integrations: [Sentry.browserTracingIntegration()] }`. @defaultValue {} */
  readonly further?: Readonly<Record<string, unknown>>;
}

const known = ['dsn', 'environment', 'release', 'tracesSampleRate', 'redact', 'further'];

/**
 * Starts Sentry in a page by the rules of the services: environment, release and sample rate are set, and what is sent is redacted by
 * the names and patterns of the logs. Recordings of the page (replay) and attachments cannot be redacted and are not sent.
 *
 * @param sentry - `@sentry/react` or `@sentry/browser`, version 11.
 * @throws TypeError for a wrong option.
 *
 * @example
 * initSentry(Sentry, {
 *   dsn, environment: 'production', release: 'kpi-frontend@1.4.2',
 *   further: { integrations: [Sentry.browserTracingIntegration()] },
 * });
 */
export function initSentry(sentry: BrowserSdk, options: BrowserSentryOptions): void {
  const { dsn, environment, release, redact = {}, further = {} } = options;
  // Of its own, because what the packages for Node check options with does not run in a browser.
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`initSentry: unknown option "${unknown}". Known: ${known.join(', ')}.`);
  const { tracesSampleRate = environment === 'production' ? 0.1 : 1 } = options;
  if (!(tracesSampleRate >= 0 && tracesSampleRate <= 1)) {
    throw new TypeError('initSentry: option "tracesSampleRate" must be a number from 0 to 1.');
  }
  if (dsn === undefined || dsn === '') return;
  const redactor = plainRedactor(redact);

  function transport(transportOptions: SentryTransportOptions): SentryTransport {
    const make = (further.transport ?? sentry.makeFetchTransport) as (options: object) => SentryTransport;
    return redactingTransport(make(transportOptions), redactor, transportOptions.recordDroppedEvent);
  }

  sentry.init({ dataCollection, ...further, dsn, environment, release, tracesSampleRate, transport });
}
