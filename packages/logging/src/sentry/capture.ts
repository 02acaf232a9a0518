import type { SentrySdk } from './sentry-sdk.js';

/**
 * Sends an error. A reporter may not break what it watches, and there are errors that cannot be read: a `message` that throws, a proxy
 * that was revoked.
 */
export function capture(sdk: SentrySdk, error: unknown, hint?: object): void {
  try {
    sdk.captureException(error, hint as never);
  } catch {
    // Nobody is left to be told.
  }
}

/** Sends an error that nobody in the service handled; `type` says to Sentry's readers who saw it. */
export function captureUnhandled(sdk: SentrySdk, error: unknown, type: string): void {
  capture(sdk, error, { mechanism: { type, handled: false } });
}

/**
 * Names what is captured in this request after its route, so that it is grouped, and no value of the path is in the name. What is
 * captured matters more: it goes without a name when the route cannot be told.
 */
export function nameTransaction(
  sdk: SentrySdk,
  method: string | undefined,
  routeOf: () => string | undefined,
): void {
  try {
    const route = routeOf();
    if (route !== undefined) sdk.getIsolationScope().setTransactionName(`${method ?? 'GET'} ${route}`);
  } catch {
    // Nor may it break the answer.
  }
}
