import proxy from '@fastify/http-proxy';
import type { Logger } from '@seaworthy/contracts';
import type { Health } from '@seaworthy/health';
import { healthEndpoints } from '@seaworthy/health/fastify';
import { requestLog } from '@seaworthy/logging/fastify';
import { clientIp, type Security } from '@seaworthy/security';
import { secure, securityOf } from '@seaworthy/security/fastify';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';

export interface GatewayOptions {
  readonly backendUrl: string;
  readonly frontendUrl: string;
  readonly trustedProxies: readonly string[];
  readonly logger: Logger;
  readonly health: Health;
  readonly security: Security;
}

/** Upstream failures that the client can only wait for, by the code that the proxy gives them. */
const timedOut = [
  'FST_REPLY_FROM_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'FST_REPLY_FROM_GATEWAY_TIMEOUT',
];

/** What the gateway says of itself and of its upstreams; everything else passes through. */
export async function createGateway({
  backendUrl,
  frontendUrl,
  trustedProxies,
  logger,
  health,
  security,
}: GatewayOptions) {
  const client = clientIp({ trust: trustedProxies });
  const app = Fastify({
    logger: false,
    bodyLimit: 1024 ** 2,
    routerOptions: { ignoreTrailingSlash: true },
  });
  await app.register(requestLog(logger, { clientIp: (request) => client(request).ip }));
  await app.register(secure(security));
  await app.register(healthEndpoints(health));
  await pass(app, '/api', backendUrl, logger);
  await pass(app, '/', frontendUrl, logger);
  return app;
}

async function pass(app: FastifyInstance, prefix: string, upstream: string, logger: Logger): Promise<void> {
  await app.register(proxy, {
    upstream,
    prefix,
    rewritePrefix: prefix === '/' ? '' : prefix,
    websocket: true,
    http2: false,
    undici: { connections: 64, headersTimeout: 30_000, bodyTimeout: 0 },
    replyOptions: {
      rewriteRequestHeaders(request, headers) {
        const { client } = securityOf(request as Parameters<typeof securityOf>[0]);
        return {
          ...headers,
          // One chain that begins here: what a client, and not a trusted proxy, claimed is not passed on.
          'x-forwarded-for': client.ip,
          'x-real-ip': client.ip,
          'x-forwarded-proto': client.secure ? 'https' : 'http',
          'x-forwarded-host': request.host,
          forwarded: undefined,
        };
      },
      onError(reply, { error }) {
        const late = timedOut.includes((error as FastifyError).code);
        logger.warn('An upstream did not answer', {
          upstream: prefix === '/' ? 'frontend' : 'backend',
          error,
        });
        const status = late ? 504 : 502;
        void reply
          .code(status)
          .type('application/problem+json')
          .send(
            JSON.stringify({
              type: 'about:blank',
              title: late ? 'Gateway Timeout' : 'Bad Gateway',
              status,
              code: late ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNAVAILABLE',
              detail: 'The service is starting or not available. Try again in a moment.',
            }),
          );
      },
    },
  });
}
