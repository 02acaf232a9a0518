import type { Logger } from '@seaworthy/contracts';
import { DbError } from '@seaworthy/db-pool';
import { ApiError, problemOf } from '@seaworthy-example/server';
import type { ErrorRequestHandler, RequestHandler } from 'express';

/** Whatever no route took. */
export const notFound: RequestHandler = () => {
  throw new ApiError(404, 'NOT_FOUND', 'There is nothing here.');
};

/** Turns every error into a problem answer, and logs those that are ours. */
export function answerErrors(
  logger: Logger,
  { detailed }: { readonly detailed: boolean },
): ErrorRequestHandler {
  return (error, req, res, next) => {
    const known = DbError.is(error) ? fromDatabase(error) : error;
    const problem = problemOf(known, { requestId: res.get('x-request-id'), detailed });
    if (problem.status >= 500) logger.error('Request failed', { method: req.method, path: req.path, error });
    else if (DbError.is(error)) logger.warn('The database did not take a request', { path: req.path, error });
    if (res.headersSent) {
      next(error);
      return;
    }
    res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}

/**
 * A database that cannot be reached is worth trying again. One that cannot hold a value got it from the client; a division by
 * zero (22012), and whatever else it refused, is our fault.
 */
function fromDatabase(error: DbError): unknown {
  if (error.kind === 'data' && error.sqlState !== '22012') {
    return new ApiError(400, 'UNFIT_VALUE', 'A value is outside of what can be stored.');
  }
  const passing = ['unavailable', 'acquire_timeout', 'query_timeout', 'closed'];
  if (!passing.includes(error.kind)) return error;
  return new ApiError(503, 'DATABASE_UNAVAILABLE', 'The service is busy. Try again in a moment.');
}
