import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';

type Request = (options: RequestOptions, onResponse: (response: IncomingMessage) => void) => ClientRequest;

/**
 * The part of `node:http` or `node:https` that Sentry's transport calls, with a deadline for each request from its start to the end of
 * the answer: an ingest that accepts and says nothing would otherwise keep its place in the queue for ever.
 */
export function withRequestDeadline(request: Request, timeoutMs: number): { readonly request: Request } {
  return {
    request(options, onResponse) {
      const sent = request(options, onResponse);
      const timer = setTimeout(
        () => sent.destroy(new Error('The ingest did not answer in time.')),
        timeoutMs,
      );
      timer.unref();
      sent.once('close', () => clearTimeout(timer));
      return sent;
    },
  };
}
