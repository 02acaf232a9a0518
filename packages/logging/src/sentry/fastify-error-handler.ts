import { captureUnhandled, nameTransaction } from './capture.js';
import { isServerError } from './is-server-error.js';
import type { SentrySdk } from './sentry-sdk.js';

interface FastifyErrorRequest {
  readonly method: string;
  readonly routeOptions: { readonly url?: string | undefined };
}

export interface FastifyErrorApp {
  addHook(
    name: 'onError',
    hook: (
      request: FastifyErrorRequest,
      reply: { readonly statusCode: number },
      error: unknown,
      done: () => void,
    ) => void,
  ): unknown;
}

export type FastifyErrorPlugin = (app: FastifyErrorApp) => Promise<void>;

/** By the answer's status where an error handler of the service's has chosen one, else by what Fastify will choose. */
export function fastifyErrorHandler(sdk: SentrySdk): FastifyErrorPlugin {
  const plugin = async (app: FastifyErrorApp): Promise<void> => {
    app.addHook('onError', (request, reply, error, done) => {
      if (reply.statusCode === 200 ? isServerError(error) : reply.statusCode >= 500) {
        nameTransaction(sdk, request.method, request.routeOptions.url);
        captureUnhandled(sdk, error, 'auto.function.fastify');
      }
      done();
    });
  };
  // What fastify-plugin does: without it the hook would see only the plugin's own routes.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
