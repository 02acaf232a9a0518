import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Health } from '../health.js';
import type { HttpRecorder } from '../metrics/http-recorder.js';
import { measureResponse } from '../metrics/measure-response.js';

interface FastifyRequestLike {
  readonly raw: IncomingMessage | Http2ServerRequest;
  readonly routeOptions?: { readonly url?: string | undefined };
}

interface FastifyReplyLike {
  readonly raw: ServerResponse | Http2ServerResponse;
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
 * Answers health requests in Fastify 5, for the whole application. Register it right after
 * `secure(security)`, whose limits leave probers out: before redirects and authentication, which a prober must not meet.
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
  return forAll(plugin);
}

/**
 * Measures each request in Fastify 5 by the template of its route. Register it right after the health endpoints.
 *
 * @example
 * await app.register(measureHttp(metrics));
 */
export function measureHttp({ http }: { readonly http: HttpRecorder }): (app: FastifyLike) => Promise<void> {
  return forAll(async (app: FastifyLike): Promise<void> => {
    app.addHook('onRequest', (request, reply, done) => {
      measureResponse(http, request.raw, reply.raw, () => request.routeOptions?.url);
      done();
    });
  });
}

/** What fastify-plugin does: without it the hook would see only the plugin's own routes. */
function forAll<Plugin extends (app: FastifyLike) => Promise<void>>(plugin: Plugin): Plugin {
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
