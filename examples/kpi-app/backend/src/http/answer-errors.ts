import type { Logger } from '@seaworthy/contracts';
import { ApiError, problemAnswers } from '@seaworthy-example/server';
import type { ErrorRequestHandler, RequestHandler } from 'express';

/** Whatever no route took. */
export const notFound: RequestHandler = () => {
  throw new ApiError(404, 'NOT_FOUND', 'There is nothing here.');
};

/** Answers every error as a problem. */
export function answerErrors(logger: Logger, options: { readonly detailed: boolean }): ErrorRequestHandler {
  const answer = problemAnswers(logger, options);
  return (error, req, res, next) => {
    const { method, path: route } = req;
    const problem = answer(error, { method, route, requestId: res.get('x-request-id') });
    if (res.headersSent) {
      next(error);
      return;
    }
    res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}
