import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type expressFactory from 'express';
import type { RequestHandler, Router } from 'express';
import { contractRoutes } from './contract-routes.js';
import type { HttpHost, HttpHostName } from './host.js';
import { listen } from './listen.js';
import { plainReply, type Route } from './route.js';

/** Express 4: rejections must be given to `next`, and `req.baseUrl` is lost in error handlers. */
export const express4Host = expressHost('express4', async () => {
  // Installed under another name, which has no types of its own; what we use of it has the types of Express 5.
  const express: typeof expressFactory = createRequire(import.meta.url)('express4');
  return express;
});

export const express5Host = expressHost('express5', async () => (await import('express')).default);

function expressHost(name: HttpHostName, load: () => Promise<typeof expressFactory>): HttpHost {
  return {
    name,
    async serve(mount = {}) {
      const express = await load();
      const app = express();
      await mount.express?.(app);
      app.use(express.json({ limit: '1mb' }));
      const routers = new Map<string, Router>();
      for (const route of [...contractRoutes, ...(mount.routes ?? [])]) {
        if (route.under === undefined) {
          add(app, route);
          continue;
        }
        let router = routers.get(route.under);
        if (router === undefined) {
          router = express.Router({ mergeParams: true });
          routers.set(route.under, router);
          app.use(route.under, router);
        }
        add(router, route);
      }
      await mount.expressErrors?.(app);
      const server = mount.expressServer?.(app) ?? createServer(app);
      await mount.server?.(server);
      return listen(server);
    },
  };
}

const verbs = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

function add(router: Router, route: Route): void {
  router[verbs[route.method]](route.path, handler(route));
}

function handler(route: Route): RequestHandler {
  return (request, response, next) => {
    const answer = async (): Promise<void> => {
      const { method, originalUrl: url, headers } = request;
      const params = Object.fromEntries(
        Object.entries(request.params).map(([name, value]) => [name, String(value)]),
      );
      // Express 4 has {} where Express 5 has undefined, when nothing was sent.
      const body: unknown =
        headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
          ? undefined
          : request.body;
      const reply = plainReply(
        await route.handle({ method, url, params, headers, body, raw: request, native: request }),
      );
      response.status(reply.status).set({ ...reply.headers });
      if (typeof reply.body === 'string') response.end(reply.body);
      else await pipeline(Readable.from(reply.body), response);
    };
    answer().catch(next);
  };
}
