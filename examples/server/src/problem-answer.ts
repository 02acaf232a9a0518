import type { Logger } from '@seaworthy/contracts';
import { DbError } from '@seaworthy/db-pool';
import { ApiError, type Problem, problemOf } from './api-error.js';

export interface FailedRequest {
  readonly method: string;
  /** The route, or the path where there is none; never the query. */
  readonly route: string | undefined;
  readonly requestId: string | undefined;
}

/** Turns every error of a request into the problem that is answered, and logs those that are ours. */
export function problemAnswers(
  logger: Logger,
  { detailed }: { readonly detailed: boolean },
): (error: unknown, request: FailedRequest) => Problem {
  return (error, { method, route, requestId }) => {
    const problem = problemOf(DbError.is(error) ? fromDatabase(error) : error, { requestId, detailed });
    if (problem.status >= 500) logger.error('Request failed', { method, route, error });
    else if (DbError.is(error)) logger.warn('The database did not take a request', { method, route, error });
    return problem;
  };
}

const passing: readonly string[] = ['unavailable', 'acquire_timeout', 'query_timeout', 'closed'];

/**
 * A database that cannot be reached is worth trying again. One that cannot hold a value got it from the client; a division by
 * zero (22012), and whatever else it refused, is our fault.
 */
function fromDatabase(error: DbError): unknown {
  if (error.kind === 'data' && error.sqlState !== '22012') {
    return new ApiError(400, 'UNFIT_VALUE', 'A value is outside of what can be stored.');
  }
  if (!passing.includes(error.kind)) return error;
  return new ApiError(503, 'DATABASE_UNAVAILABLE', 'The service is busy. Try again in a moment.');
}
