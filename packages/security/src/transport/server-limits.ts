import { type DurationInput, optionsOf, parseDuration, wholeNumber } from '@seaworthy/contracts';

export interface ServerLimitsOptions {
  /** How long a client may take to send its headers. @defaultValue '10s' */
  readonly headersTimeout?: DurationInput;
  /** How long a client may take to send a whole request. @defaultValue '60s' */
  readonly requestTimeout?: DurationInput;
  /**
   * How long a connection rests between requests. Longer than the proxy in front keeps it (nginx 60 s, AWS ALB 60 s), or the
   * proxy sends a request into a connection that is being closed and answers 502.
   * @defaultValue '75s'
   */
  readonly keepAliveTimeout?: DurationInput;
}

/** What `createServer` of node:http, https and http2 takes, in milliseconds. */
export interface ServerLimits {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  /** How often Node looks for clients that are too slow; it is 30 s by default, and a timeout is no finer than it. */
  readonly connectionsCheckingInterval: number;
}

const readOptions = optionsOf<ServerLimitsOptions>('serverLimits', {
  headersTimeout: true,
  requestTimeout: true,
  keepAliveTimeout: true,
});

/**
 * Bounds of time for a server's connections: options for `createServer`, or for Fastify `{ http: serverLimits(), requestTimeout,
 * keepAliveTimeout }`.
 *
 * @throws OptionsError when headers may take longer than a request.
 *
 * @example
 * createServer(serverLimits(), app).listen(3000);
 */
export function serverLimits(options: ServerLimitsOptions = {}): ServerLimits {
  const { headersTimeout = '10s', requestTimeout = '60s', keepAliveTimeout = '75s' } = readOptions(options);
  const ms = (name: keyof ServerLimitsOptions, duration: DurationInput, max: number): number =>
    wholeNumber('serverLimits', name, parseDuration(duration), { min: 1, max });
  const request = ms('requestTimeout', requestTimeout, 3_600_000);
  const headers = ms('headersTimeout', headersTimeout, request);
  return {
    headersTimeout: headers,
    requestTimeout: request,
    keepAliveTimeout: ms('keepAliveTimeout', keepAliveTimeout, 3_600_000),
    connectionsCheckingInterval: Math.min(1_000, Math.max(10, Math.ceil(headers / 10))),
  };
}
