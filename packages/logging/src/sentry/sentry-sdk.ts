/** One of Sentry's envelopes: headers, then items of headers and payload. */
export type Envelope = readonly [headers: Readonly<Record<string, unknown>>, items: readonly EnvelopeItem[]];

export type EnvelopeItem = readonly [
  headers: Readonly<Record<string, unknown>> & { readonly type: string },
  payload: unknown,
];

export interface SentryTransport {
  send(envelope: Envelope): PromiseLike<object>;
  flush(timeoutMs?: number): PromiseLike<boolean>;
}

export interface SentryTransportOptions {
  readonly url: string;
  recordDroppedEvent(reason: string, category: string, count?: number): void;
}

export interface SentryScope {
  setTransactionName(name: string): unknown;
}

/** An event while it is made. */
export interface SentryEvent {
  contexts?: Record<string, Record<string, unknown> | undefined>;
  tags?: Record<string, unknown>;
}

/** The part of `@sentry/node` 11 that is used; the module itself fits. */
export interface SentrySdk {
  init(options: Record<string, unknown>): unknown;
  makeNodeTransport(options: never): {
    send(envelope: never): PromiseLike<object>;
    flush(timeoutMs?: number): PromiseLike<boolean>;
  };
  captureException(error: unknown, hint?: never): string;
  getIsolationScope(): SentryScope;
  flush(timeoutMs?: number): Promise<boolean>;
  close(timeoutMs?: number): Promise<boolean>;
}
