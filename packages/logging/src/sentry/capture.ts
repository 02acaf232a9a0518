import type { SentrySdk } from './sentry-sdk.js';

/** Sends an error that nobody in the service handled; `type` says to Sentry's readers who saw it. It may not break what it watches. */
export function captureUnhandled(sdk: SentrySdk, error: unknown, type: string): void {
  try {
    sdk.captureException(error, { mechanism: { type, handled: false } } as never);
  } catch {
    // A reporter that fails is no second failure of the request.
  }
}

/** Names what is captured in this request after its route, so that it is grouped, and no value of the path is in the name. */
export function nameTransaction(sdk: SentrySdk, method: string | undefined, route: string | undefined): void {
  if (route !== undefined) sdk.getIsolationScope().setTransactionName(`${method ?? 'GET'} ${route}`);
}
