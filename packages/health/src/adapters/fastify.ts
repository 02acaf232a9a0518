import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Health } from '../health.js';

interface FastifyRequestLike {
  readonly raw: IncomingMessage | Http2ServerRequest;
}

interface FastifyReplyLike {
  code(statusCode: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(payload: Buffer): unknown;
}

interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown;
}

/**
 * Answers health requests in Fastify 5, for the whole application. Register it first: before redirects, rate limits and
 * authentication, which a prober must not meet.
 *
 * @example
 * await app.register(healthEndpoints(health));
 */
export function healthEndpoints(health: Pick<Health, 'answer'>): (app: FastifyLike) => Promise<void> {
  const plugin = async (app: FastifyLike): Promise<void> => {
    app.addHook('onRequest', (request, reply, done) => {
      const answer = health.answer(request.raw);
      if (answer === undefined) {
        done();
        return;
      }
      void answer.then(({ statusCode, headers, body }) => {
        reply.code(statusCode);
        reply.headers({ ...headers });
        reply.send(Buffer.from(body)); // a string would get a charset, which health+json has none of
      });
    });
  };
  // What fastify-plugin does: without it the hook would see only the plugin's own routes.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
