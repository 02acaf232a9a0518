import type { IncomingMessage } from 'node:http';
import { expressRoute, type RoutedRequest } from '../requests/express-route.js';
import { captureUnhandled, nameTransaction } from './capture.js';
import type { Answer, FailedAnswers } from './failed-answers.js';
import type { SentrySdk } from './sentry-sdk.js';

export type ExpressErrorHandler = (
  error: unknown,
  request: IncomingMessage & RoutedRequest,
  response: Answer,
  next: (error?: unknown) => void,
) => void;

/**
 * It reads what Express hands it and patches nothing, so it works however Express was loaded. An error that Sentry has seen already is
 * not sent twice.
 */
export function expressErrorHandler(sdk: SentrySdk, whenFailed: FailedAnswers): ExpressErrorHandler {
  return (error, request, response, next) => {
    whenFailed(response, error, () => {
      nameTransaction(sdk, request.method, () => expressRoute(request));
      captureUnhandled(sdk, error, 'auto.middleware.express');
    });
    next(error);
  };
}
