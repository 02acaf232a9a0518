import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpHosts } from '@seaworthy/testkit';
import express, { type Express, type NextFunction, Router } from 'express';
import fc from 'fast-check';
import Fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { guardRoutes as onExpress, routesOf as routesOfExpress } from '../src/adapters/express.js';
import { guardRoutes as onFastify, routesOf as routesOfFastify } from '../src/adapters/fastify.js';
import { guardRoutes as onNode } from '../src/adapters/node.js';
import {
  AccessError,
  accessMatrix,
  definePolicy,
  type GuardedRoute,
  matrixText,
} from '../src/roles/index.js';

interface User {
  readonly id: string;
  readonly role: string;
}

interface Note {
  readonly owner: string;
}

const policy = definePolicy({
  actions: ['note.list', 'note.write', 'note.remove', 'user.list'],
  roles: {
    viewer: { may: ['note.list'] },
    writer: {
      like: ['viewer'],
      may: ['note.write'],
      mayIf: { 'note.remove': 'own' },
    },
    admin: { like: ['writer'], may: ['note.remove', 'user.list'] },
  },
  conditions: { own: (user: User, note: Note) => note.owner === user.id },
});

const roles = ['viewer', 'writer', 'admin'] as const;
const ada: User = { id: 'ada', role: 'writer' };

describe('a policy', () => {
  test('grants what it says, what it says of roles that one is like, and nothing else', () => {
    const grants = roles.map((role) => policy.actions.map((action) => policy.grant(role, action)));
    expect(grants).toEqual([
      ['always', 'never', 'never', 'never'],
      ['always', 'always', 'sometimes', 'never'],
      ['always', 'always', 'always', 'always'],
    ]);
    expect([...policy.roles]).toEqual([...roles]);
  });

  test('asks about the thing where a right is for some things', () => {
    expect(policy.can(ada, 'note.remove', { owner: 'ada' })).toBe(true);
    expect(policy.can(ada, 'note.remove', { owner: 'eve' })).toBe(false);
    expect(policy.can(ada, 'note.remove')).toBe(false);
    expect(policy.can({ id: 'x', role: 'admin' }, 'note.remove')).toBe(true);
    expect(policy.can({ id: 'ada', role: 'viewer' }, 'note.remove', { owner: 'ada' })).toBe(false);
  });

  test('lets nobody and unknown roles do nothing, whatever they are called', () => {
    expect(policy.can(undefined, 'note.list')).toBe(false);
    expect(policy.can(null, 'note.list')).toBe(false);
    expect(policy.can(ada, 'note.remove', null)).toBe(false);
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'Admin', 'admin ')),
        (role) => {
          fc.pre(!policy.roles.some((known) => known === role));
          for (const action of policy.actions) {
            expect(policy.can({ id: 'ada', role }, action, { owner: 'ada' })).toBe(false);
            expect(policy.grant(role, action)).toBe('never');
          }
        },
      ),
    );
  });

  test('takes only true for a yes', () => {
    const loose = definePolicy({
      actions: ['a'],
      roles: { r: { mayIf: { a: 'answered' } } },
      conditions: {
        answered: (_user: User, thing: { readonly answer: unknown }) => JSON.parse(String(thing.answer)),
      },
    });
    const answers = ['true', '1', '"yes"', '{}', 'false', 'null'].map((answer) =>
      loose.can({ id: 'x', role: 'r' }, 'a', { answer }),
    );
    expect(answers).toEqual([true, false, false, false, false, false]);
  });

  test('that speaks of what there is not, or goes in a circle, is refused when it is defined', () => {
    const broken: ReadonlyArray<() => unknown> = [
      () => definePolicy({ actions: ['a'], roles: { r: { may: [JSON.parse('"b"')] } } }),
      () => definePolicy({ actions: ['a'], roles: { r: { like: [JSON.parse('"s"')] } } }),
      () => definePolicy({ actions: ['a', 'a'], roles: {} }),
      () => definePolicy({ actions: ['anyone'], roles: {} }),
      () => definePolicy({ actions: ['a'], roles: { r: { like: ['s'] }, s: { like: ['r'] } } }),
      () => definePolicy({ actions: ['a'], roles: { r: { like: ['r'] } } }),
      () => definePolicy({ actions: ['a'], roles: JSON.parse('{"r":{"mayIf":{"a":"x"}}}') }),
      () =>
        definePolicy({
          actions: ['a'],
          roles: { r: { mayIf: { a: 'x' } } },
          conditions: { x: JSON.parse('true') },
        }),
    ];
    for (const define of broken) expect(define).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => definePolicy({ actions: ['a'], roles: { r: JSON.parse('{"may":[],"lik":[]}') } })).toThrow(
      'Did you mean "like"?',
    );
    expect(() => policy.can(ada, JSON.parse('"note.burn"'))).toThrow(
      expect.objectContaining({ code: 'SECURITY_UNKNOWN_ACTION' }),
    );
  });

  test('makes no guard of a right for some things that nobody can look at', () => {
    expect(() => onExpress(policy, { userOf: () => ada }).may('note.remove')).toThrow('resourceOf');
  });
});

/** What Express, Fastify and Node have in common. */
type Asking = { readonly headers: IncomingMessage['headers']; readonly url?: string | undefined };

/** The role is what the request says: who they are is not what is tested here. */
const userOf = (request: Asking): User | undefined => {
  const role = request.headers['x-role'];
  return typeof role === 'string' ? { id: 'ada', role } : undefined;
};
const noteOf = ({ url = '' }: Asking): Note | undefined =>
  url.includes('mine') ? { owner: 'ada' } : url.includes('theirs') ? { owner: 'eve' } : undefined;

function expressApp(): Express {
  const { may, anyone } = onExpress(policy, { userOf });
  const app = express();
  const api = Router();
  const users = Router();
  const ok = (_request: unknown, response: { json(body: unknown): unknown }): void => void response.json({});
  app.get('/hello', anyone(), ok);
  api.route('/notes').get(may('note.list'), ok).post(may('note.write'), ok);
  api.delete('/notes/:id', may('note.remove', noteOf), ok);
  users.get(['/users', '/people'], may('user.list'), ok);
  app.use('/api', api);
  api.use(users); // at the root of a router at a path
  app.use(
    (
      error: unknown,
      _request: unknown,
      response: { sendStatus(code: number): unknown },
      _next: NextFunction,
    ) => {
      response.sendStatus(AccessError.is(error) ? error.statusCode : 500);
    },
  );
  return app;
}

async function fastifyApp(): Promise<{
  readonly app: FastifyInstance;
  readonly routes: readonly GuardedRoute[];
}> {
  const { may, anyone } = onFastify(policy, { userOf });
  const app = Fastify();
  const routes = routesOfFastify(app);
  app.get('/hello', { preHandler: anyone() }, () => ({}));
  await app.register(
    async (api) => {
      api.get('/notes', { preHandler: [async () => undefined, may('note.list')] }, () => ({}));
      api.post('/notes', { onRequest: may('note.write') }, () => ({}));
      api.delete('/notes/:id', { preHandler: may('note.remove', noteOf) }, () => ({}));
      for (const path of ['/users', '/people']) api.get(path, { preHandler: may('user.list') }, () => ({}));
    },
    { prefix: '/api' },
  );
  await app.ready();
  return { app, routes };
}

const expected = `
route                  access       viewer  writer  admin
GET /api/notes         note.list    yes     yes     yes
POST /api/notes        note.write   -       yes     yes
DELETE /api/notes/:id  note.remove  -       if      yes
GET /api/people        user.list    -       -       yes
GET /api/users         user.list    -       -       yes
GET /hello             anyone       yes     yes     yes
`.trim();

describe.each([
  [
    'Express',
    async () => {
      const app = expressApp();
      const server = app.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const close = async (): Promise<void> => void server.close();
      return {
        url: `http://127.0.0.1:${port}`,
        routes: routesOfExpress(app),
        close,
      };
    },
  ],
  [
    'Fastify',
    async () => {
      const { app, routes } = await fastifyApp();
      return { url: await app.listen({ port: 0, host: '127.0.0.1' }), routes, close: () => app.close() };
    },
  ],
] as const)('the matrix of the routes of %s', (_name, start) => {
  test('is whole, and every cell of it is what a request of that role gets', async () => {
    const { url, routes, close } = await start();
    try {
      const matrix = accessMatrix(policy, routes);
      expect(matrixText(matrix)).toBe(expected);
      let cells = 0;
      for (const { method, path, access, roles: row } of matrix) {
        const ask = async (id: string, role?: string): Promise<number> => {
          const headers = role === undefined ? {} : { 'x-role': role };
          return (await fetch(url + path.replace(':id', id), { method, headers })).status;
        };
        for (const role of roles) {
          cells += 1;
          const statuses = [await ask('mine', role), await ask('theirs', role), await ask('none', role)];
          const allowed = { always: [200, 200, 200], sometimes: [200, 403, 403], never: [403, 403, 403] };
          expect([method, path, role, statuses]).toEqual([method, path, role, allowed[row[role]]]);
        }
        expect([path, await ask('mine')]).toEqual([path, access === 'anyone' ? 200 : 401]);
        expect([path, await ask('mine', 'root')]).toEqual([path, access === 'anyone' ? 200 : 403]);
      }
      expect(cells).toBe(18);
    } finally {
      await close();
    }
  });
});

describe('a route that does not say what it asks for', () => {
  test('is named, in Express and in Fastify', async () => {
    const app = expressApp();
    app.get('/forgotten', (_request, response) => void response.end());
    expect(() => accessMatrix(policy, routesOfExpress(app))).toThrow('GET /forgotten');
    const { may } = onFastify(policy, { userOf });
    const fastify = Fastify();
    const routes = routesOfFastify(fastify);
    fastify.get('/said', { preHandler: may('note.list') }, () => ({}));
    fastify.put('/forgotten', () => ({}));
    fastify.head('/seen', () => ({}));
    fastify.route({
      method: ['HEAD', 'GET'],
      url: '/both',
      preHandler: may('note.list'),
      handler: () => ({}),
    });
    expect(routes.filter(({ path }) => path === '/both').map(({ method }) => method)).toEqual(['GET']);
    expect(() => accessMatrix(policy, routes)).toThrow('PUT /forgotten, HEAD /seen.');
    await fastify.close();
  });

  test('cannot hide: routers at paths that are not named, applications in applications and several actions are errors', () => {
    const unreadable = expect.objectContaining({ code: 'SECURITY_ROUTES_UNREADABLE' });
    const outer = express();
    outer.use('/inner', expressApp());
    expect(() => routesOfExpress(outer)).toThrow(unreadable);
    expect(() => routesOfExpress({})).toThrow(unreadable);
    const { may } = onExpress(policy, { userOf });
    const twice = Router();
    twice.get('/', may('note.list'), may('user.list'), (_request, response) => void response.end());
    expect(() => routesOfExpress(twice)).toThrow(unreadable);
  });
});

describe('a guard behind its handler', () => {
  const { may } = onExpress(policy, { userOf });
  const ok = (_request: unknown, response: { end(): unknown }): void => void response.end();
  const failed = (_e: unknown, _request: unknown, response: { end(): unknown }, _next: unknown): void =>
    void response.end();
  const unreadable = expect.objectContaining({ code: 'SECURITY_ROUTES_UNREADABLE' });

  test.each<readonly [string, (router: Router) => unknown]>([
    ['a route', (router) => router.get('/late', ok, may('note.list'))],
    ['a route with its own handler of errors', (router) => router.get('/late', ok, may('note.list'), failed)],
    ['all methods', (router) => router.route('/late').get(ok).all(may('note.list'))],
  ])('guards nothing, and is an error that names the route: %s', (_what, mount) => {
    const router = Router();
    mount(router);
    expect(() => routesOfExpress(router)).toThrow(unreadable);
    expect(() => routesOfExpress(router)).toThrow('GET /late');
  });

  test('is not one that stands for a path alone, or before handlers of single methods', () => {
    const router = Router();
    router.all('/all', may('note.list'));
    router.route('/split').all(may('note.list')).get(ok);
    expect(routesOfExpress(router)).toEqual([
      { method: '*', path: '/all', access: 'note.list' },
      { method: '*', path: '/split', access: 'note.list' },
      { method: 'GET', path: '/split', access: 'note.list' },
    ]);
  });
});

test('the routes of Express 4 are read as well', async () => {
  const host = httpHosts.find(({ name }) => name === 'express4') ?? expect.fail('no Express 4');
  let app: Express | undefined;
  const { may } = onExpress(policy, { userOf });
  await using service = await host.serve({
    express: (one) => {
      app = one;
      one.get('/notes', may('note.list'), (_request, response) => void response.end());
    },
  });
  expect(service.url).toContain('http');
  expect(() => routesOfExpress(app ?? {})).toThrow('mounts'); // Express 4 forgets where a router is mounted
  const routes = routesOfExpress(app ?? {}, { mounts: ['/other', '/tenants/7'] });
  expect(routes).toContainEqual({ method: 'GET', path: '/notes', access: 'note.list' });
  expect(routes).toContainEqual({ method: 'POST', path: '/echo', access: undefined });
  expect(routes).toContainEqual({ method: 'GET', path: '/tenants/7/boom', access: undefined });
});

test('null is nobody and no thing, as databases and ORMs say it', async () => {
  const { may } = onNode(policy, {
    userOf: (request: IncomingMessage) => (request.url === '/ada' ? ada : null),
  });
  const guard = may('note.remove', async () => null);
  const server = createServer((request, response) =>
    guard(
      request,
      response,
      (error) => void response.end(AccessError.is(error) ? error.code : String(error)),
    ),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const ask = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(await ask('/')).toBe('SECURITY_UNAUTHENTICATED');
    expect(await ask('/ada')).toBe('SECURITY_FORBIDDEN');
  } finally {
    server.close();
  }
});

test('without a framework a guard is middleware like any other, and its error may be the application’s own', async () => {
  const { may, anyone } = onNode(policy, { userOf, refuse: (reason) => new Error(`own ${reason}`) });
  const server = createServer((request, response) => {
    const guard = request.url === '/open' ? anyone() : may('note.write');
    guard(request, response, (error) => {
      response.statusCode = error === undefined ? 200 : 418;
      response.end(error instanceof Error ? error.message : 'in');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const ask = async (path: string, role?: string): Promise<string> =>
      (
        await fetch(`http://127.0.0.1:${port}${path}`, {
          headers: role === undefined ? {} : { 'x-role': role },
        })
      ).text();
    expect(await ask('/', 'writer')).toBe('in');
    expect(await ask('/', 'viewer')).toBe('own forbidden');
    expect(await ask('/')).toBe('own unauthenticated');
    expect(await ask('/open')).toBe('in');
  } finally {
    server.close();
  }
});
