import type { Logger } from '@seaworthy/contracts';
import { problemAnswers } from '@seaworthy-example/server';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers every error as a problem. */
export function answerErrors(logger: Logger, options: { readonly detailed: boolean }) {
  const answer = problemAnswers(logger, options);
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const id = reply.getHeader('x-request-id');
    const requestId = typeof id === 'string' ? id : undefined;
    const { method, routeOptions } = request;
    const problem = answer(error, { method, route: routeOptions.url, requestId });
    void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}
