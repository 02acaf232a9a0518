import type { Mount, NodeApp } from '@seaworthy/testkit';
import { healthEndpoints as expressEndpoints } from '../src/adapters/express.js';
import { healthEndpoints as fastifyEndpoints } from '../src/adapters/fastify.js';
import { healthEndpoints as nodeEndpoints } from '../src/adapters/node.js';
import type { Health } from '../src/index.js';

/** The endpoints as users of each host put them in, and the server tracked. */
export function mountHealth(health: Health): Mount {
  return {
    node(app: NodeApp) {
      app.use(nodeEndpoints(health));
    },
    express(app) {
      app.use(expressEndpoints(health));
    },
    async fastify(app) {
      await app.register(fastifyEndpoints(health));
    },
    server(server) {
      health.serve(server);
    },
  };
}

/** The same, followed by a wall that lets nobody through: what a limit, a redirect or a login does to strangers. */
export function mountHealthBeforeWall(health: Health): Mount {
  const mount = mountHealth(health);
  return {
    ...mount,
    async node(app) {
      await mount.node?.(app);
      app.use((_request, response) => {
        response.statusCode = 401;
        response.end();
      });
    },
    async express(app) {
      await mount.express?.(app);
      app.use((_request, response) => {
        response.status(401).end();
      });
    },
    async fastify(app) {
      await mount.fastify?.(app);
      app.addHook('onRequest', async (_request, reply) => reply.code(401).send());
    },
  };
}
