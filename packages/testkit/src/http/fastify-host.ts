import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { contractRoutes } from './contract-routes.js';
import type { HttpHost } from './host.js';
import { asService } from './listen.js';
import { plainReply, type Route } from './route.js';

export const fastify5Host: HttpHost = {
  name: 'fastify5',
  async serve(mount = {}) {
    const { fastify } = await import('fastify');
    const app = fastify({ forceCloseConnections: true });
    await mount.server?.(app.server);
    await mount.fastify?.(app);
    const routes = [...contractRoutes, ...(mount.routes ?? [])];
    const groups = new Map<string | undefined, Route[]>();
    for (const route of routes) {
      const group = groups.get(route.under);
      if (group === undefined) groups.set(route.under, [route]);
      else group.push(route);
    }
    for (const [under, group] of groups) {
      await app.register(
        async (scope) => {
          for (const route of group) add(scope, route);
        },
        under === undefined ? {} : { prefix: under },
      );
    }
    await app.listen({ port: 0, host: '127.0.0.1' });
    return asService(app.server, () => app.close());
  },
};

function add(scope: FastifyInstance, route: Route): void {
  scope.route<{ Params: Record<string, string> }>({
    method: route.method,
    url: route.path,
    handler: async (request, response) => {
      const { method, url, params, headers } = request;
      const body = request.body ?? undefined;
      const reply = plainReply(
        await route.handle({ method, url, params, headers, body, raw: request.raw, native: request }),
      );
      response.code(reply.status).headers(reply.headers);
      return response.send(typeof reply.body === 'string' ? reply.body : Readable.from(reply.body));
    },
  });
}
