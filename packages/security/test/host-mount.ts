import type { Mount } from '@seaworthy/testkit';
import { securityOf as ofExpress, secure as secureExpress } from '../src/adapters/express.js';
import { securityOf as ofFastify, secure as secureFastify } from '../src/adapters/fastify.js';
import type { RequestSecurity } from '../src/adapters/node.js';
import { secure as secureNode } from '../src/adapters/node.js';
import type { Security } from '../src/index.js';

/** The same security in front of each of the four hosts, and a route that tells what handlers get to know. */
export function mountOf(security: Security): Mount {
  return {
    node: (app) => app.use(secureNode(security)),
    express: (app) => void app.use(secureExpress(security)),
    fastify: async (app) => void (await app.register(secureFastify(security))),
    routes: [
      {
        method: 'GET',
        path: '/whoami',
        handle: ({ raw, native }) => ({ body: raw === native ? ofExpress(raw) : askedOf(native, raw) }),
      },
      { method: 'GET', path: '/api/items', handle: () => ({ body: [] }) },
      { method: 'GET', path: '/cached', handle: () => ({ status: 304 }) },
    ],
  };
}

function askedOf(native: object, raw: Parameters<typeof ofExpress>[0]): RequestSecurity {
  return 'raw' in native ? ofFastify({ raw }) : ofExpress(raw);
}
