import { captureUnhandled, nameTransaction } from './capture.js';
import type { Answer, FailedAnswers } from './failed-answers.js';
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
      reply: { readonly raw: Answer },
      error: unknown,
      done: () => void,
    ) => void,
  ): unknown;
}

export type FastifyErrorPlugin = (app: FastifyErrorApp) => Promise<void>;

/** Fastify calls the hook before the error handlers of the service's, which may answer as they like. */
export function fastifyErrorHandler(sdk: SentrySdk, whenFailed: FailedAnswers): FastifyErrorPlugin {
  const plugin = async (app: FastifyErrorApp): Promise<void> => {
    app.addHook('onError', (request, reply, error, done) => {
      whenFailed(reply.raw, error, () => {
        nameTransaction(sdk, request.method, () => request.routeOptions.url);
        captureUnhandled(sdk, error, 'auto.function.fastify');
      });
      done();
    });
  };
  // What fastify-plugin does: without it the hook would see only the plugin's own routes.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
