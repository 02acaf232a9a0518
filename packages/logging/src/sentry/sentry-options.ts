import {
  type DurationInput,
  invalidOption,
  optionsOf,
  type ProcessEvents,
  parseDuration,
  type Secret,
} from '@seaworthy/contracts';
import type { EnvelopeRedactor } from './redact-envelope.js';

export interface SentryOptions {
  /** Where events go. Without one nothing is sent, and Sentry is not even loaded. */
  readonly dsn: string | Secret | undefined;
  /** Where the service runs: `production`. Sentry shows it with every event. */
  readonly environment: string;
  /** What runs: `kpi-backend@1.4.2`, or a commit. Sentry finds source maps and regressions by it. */
  readonly release: string;
  /** The service's own redactor, `log.redactor`. @defaultValue the built-in names and patterns */
  readonly redactor?: EnvelopeRedactor;
  /** The part of traces that is sent, from 0 to 1. @defaultValue 0.1 in production, 1 elsewhere */
  readonly tracesSampleRate?: number;
  /**
   * Further options of `Sentry.init`, such as `beforeSend`, `ignoreErrors` and `dataCollection`. Whatever they add is redacted behind
   * them. `integrations` is a list that is added to the default ones. @defaultValue {}
   */
  readonly further?: Readonly<Record<string, unknown>>;
  /** How long an exit may wait for the ingest. After a crash the process has 1.5 s in all. @defaultValue '1s' */
  readonly flushTimeout?: DurationInput;
  /** How long one request to the ingest may take. @defaultValue '10s' */
  readonly requestTimeout?: DurationInput;
  /** Who is told about crashes and signals; `false` leaves them to their owner, who then calls `close()`. @defaultValue processEvents() */
  readonly process?: ProcessEvents | false;
}

const readOptions = optionsOf<SentryOptions>('initSentry', {
  dsn: true,
  environment: true,
  release: true,
  redactor: true,
  tracesSampleRate: true,
  further: true,
  flushTimeout: true,
  requestTimeout: true,
  process: true,
});

/** The options, checked. @throws OptionsError */
export function readSentryOptions(options: SentryOptions) {
  const given = readOptions(options);
  const { environment, release, further = {}, flushTimeout = '1s', requestTimeout = '10s' } = given;
  for (const [name, value] of Object.entries({ environment, release })) {
    if (typeof value !== 'string' || value === '') throw invalidOption('initSentry', name, 'a name');
  }
  const { tracesSampleRate = environment === 'production' ? 0.1 : 1 } = given;
  if (!(tracesSampleRate >= 0 && tracesSampleRate <= 1)) {
    throw invalidOption('initSentry', 'tracesSampleRate', 'a number from 0 to 1');
  }
  const { integrations = [] } = further;
  if (!Array.isArray(integrations)) {
    throw invalidOption('initSentry', 'further.integrations', 'a list; it is added to the default ones');
  }
  return {
    ...given,
    further,
    integrations: integrations as readonly SentryIntegration[],
    tracesSampleRate,
    flushTimeoutMs: parseDuration(flushTimeout),
    requestTimeoutMs: parseDuration(requestTimeout),
  };
}

/** An integration of Sentry's, of which only the name is read. */
export interface SentryIntegration {
  readonly name: string;
}
