import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { rawRequest, waitFor } from '@seaworthy/testkit';
import { type FastifyInstance, fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { auditRequests as expressAudit, requestLog as expressLog } from '../src/adapters/express.js';
import { auditRequests as fastifyAudit, requestLog as fastifyLog } from '../src/adapters/fastify.js';
import type { AuditEvent } from '../src/audit/index.js';
import { testLogger } from './support/memory-sink.js';

/** The parts of Express that are used here. */
type Handler = (request: unknown, response: Answer, next: (error?: unknown) => void) => void;
interface Answer {
  status(code: number): Answer;
  send(body: string): void;
  end(body: string): void;
}
interface Routes {
  (...request: unknown[]): void;
  use(...mount: unknown[]): void;
  get(path: unknown, ...handlers: Handler[]): void;
  post(path: unknown, ...handlers: Handler[]): void;
  delete(path: unknown, ...handlers: Handler[]): void;
}
interface ExpressModule {
  (): Routes;
  Router(options?: { readonly mergeParams: boolean }): Routes;
}

const answer: Handler = (_request, response) => response.send('ok');
const answerPlainly: Handler = (_request, response) => response.end('ok');
const fail: Handler = () => {
  throw new Error('broken');
};
const pass: Handler = (_request, _response, next) => next();

function watched() {
  const { log, lines } = testLogger();
  const events: AuditEvent[] = [];
  const record = async (event: AuditEvent): Promise<void> => void events.push(event);
  const options = { actor: () => 'u1', onError: (error: unknown) => events.push(Object(error)) };
  const mount = {
    express: (app: Routes): void => {
      app.use(expressLog(log));
      app.use(expressAudit(record, options));
    },
    log: fastifyLog(log),
    audit: fastifyAudit(record, options),
  };
  const completed = () => lines().filter(({ message }) => message === 'Request completed');

  /** What the log says of requests: `POST /reset/x` and so on. */
  async function seen(port: number, ...requests: readonly string[]) {
    const before = completed().length;
    for (const request of requests) {
      const [method = '', path = ''] = request.split(' ');
      await rawRequest({
        port,
        text: `${method} ${path} HTTP/1.1\nHost: a\nContent-Length: 0\nConnection: close\n\n`,
      });
    }
    await waitFor(() => completed().length === before + requests.length, { what: 'a line for each' });
    return completed()
      .slice(before)
      .map(({ url, statusCode, route }) => `${statusCode} ${url} ${route}`);
  }

  return { mount, events, completed, seen };
}

describe.each(['express4', 'express'])('paths in %s', (name) => {
  const express: ExpressModule = createRequire(import.meta.url)(name);

  async function serve(add: (app: Routes) => void) {
    const { mount, ...world } = watched();
    const app = express();
    mount.express(app);
    add(app);
    const server = createServer((request, response) => app(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { ...world, port, [Symbol.asyncDispose]: async () => void server.close() };
  }

  const onError = (_error: unknown, _request: unknown, response: Answer, _next: unknown): void =>
    response.status(500).send('no');

  test('a secret in the path is masked when the route throws, under routers, in a part of a segment, and on the way to nothing', async () => {
    await using service = await serve((app) => {
      app.post('/reset/:token', fail);
      const invites = express.Router();
      invites.post('/confirm', answer);
      const deep = express.Router({ mergeParams: true });
      deep.get('/to/:id', answer);
      invites.use('/go/:pin', deep);
      app.use('/invite/:token', invites);
      app.get('/dl/:token.zip', answer);
      app.get('/x/:token-:b', answer);
      app.get('/pass/:token', pass);
      app.get(/^\/plain\/(?<token>\w+)\/(\w+)$/, answer);
      app.get(['/one/:secret', '/two/:id/:secret'], answer);
      app.use(onError);
    });
    expect(
      await service.seen(
        service.port,
        'POST /reset/canary1',
        'GET /reset/can%61ry/',
        'GET http://host/reset/canary?token=canary',
        'GET /reset/canary%zz',
        'POST /invite/canary/confirm?a=1',
        'GET /invite/canary/nowhere',
        'GET /invite/canary/go/canary2/to/7',
        'GET /dl/canary.zip',
        'GET /x/x-b',
        'GET /pass/canary',
        'GET /two/7/canary',
        'POST /one/canary',
      ),
    ).toEqual([
      '500 /reset/[redacted] /reset/:token',
      '404 /reset/[redacted]/ undefined',
      '404 http://host/reset/[redacted]?token=[redacted] undefined',
      '500 /reset/[redacted] undefined',
      '200 /invite/[redacted]/confirm?a=1 /invite/:token/confirm',
      '404 /invite/[redacted]/nowhere undefined',
      '200 /invite/[redacted]/go/[redacted]/to/7 /invite/:token/go/:pin/to/:id',
      '200 /dl/[redacted].zip /dl/:token.zip',
      '200 /x/[redacted]-b /x/:token-:b',
      '404 /pass/[redacted] undefined',
      '200 /two/7/[redacted] /one/:secret|/two/:id/:secret',
      '404 /one/[redacted] undefined',
    ]);
    const [plain] = await service.seen(service.port, 'GET /plain/canary/b');
    expect(plain).toMatch(/^200 \/plain\/(\[redacted\]|canary)\/b /);
    expect(JSON.stringify(service.events)).not.toContain('canary');
    expect(service.events.map(({ action }) => action)).toEqual([
      'POST /reset/:token',
      'POST /invite/:token/confirm',
      'POST /one/[redacted]',
    ]);
  });

  test('an audit record says of what, also of a failure and with the values of outer routers', async () => {
    await using service = await serve((app) => {
      app.delete('/customers/:id', (_request, _response, next) => next(new Error('no')));
      const users = express.Router();
      users.post('/users/:user', answer);
      users.delete('/users/:user', fail);
      app.use('/tenants/:tenant', users);
      app.use(onError);
    });
    await service.seen(
      service.port,
      'DELETE /customers/7',
      'POST /tenants/a%20b/users/3',
      'DELETE /tenants/t/users/4',
    );
    expect(service.events).toMatchObject([
      { action: 'DELETE /customers/:id', target: { id: '7' }, outcome: 'failure' },
      {
        action: 'POST /tenants/:tenant/users/:user',
        target: { tenant: 'a b', user: '3' },
        outcome: 'success',
      },
      { action: 'DELETE /tenants/:tenant/users/:user', target: { tenant: 't', user: '4' } },
    ]);
  });

  test('the route of an application within has the path of its mounts', async () => {
    await using service = await serve((app) => {
      const api = express();
      api.get('/users/:id', answer);
      api.post('/reset/:token/:id', fail);
      const inner = express();
      const router = express.Router();
      router.get('/things/:thing', answer);
      inner.use('/deep/:at', router);
      inner.get('/', answer);
      api.use('/inner', inner);
      app.use('/other', express());
      app.use('/api/v1', api);
    });
    const [users, things, root, failed, unknown] = await service.seen(
      service.port,
      'GET /api/v1/users/5',
      'GET /api/v1/inner/deep/7/things/8',
      'GET /api/v1/inner',
      'POST /api/v1/reset/canary/7',
      'GET /api/v1/nowhere',
    );
    expect(users).toBe('200 /api/v1/users/5 /api/v1/users/:id');
    expect(things).toBe('200 /api/v1/inner/deep/7/things/8 /api/v1/inner/deep/:at/things/:thing');
    expect(root).toBe('200 /api/v1/inner /api/v1/inner');
    // The error went to the outer application, from where the routes of the inner one are not to be seen.
    expect(failed).toBe('500 /api/v1/reset/[redacted]/7 undefined');
    expect(unknown).toBe('404 /api/v1/nowhere undefined');
    expect(service.events).toMatchObject([
      { action: 'POST /api/v1/reset/[redacted]/7', target: { token: '[redacted]', id: '7' } },
    ]);
  });

  test('a router that serves without an application has its routes, and its secrets are masked', async () => {
    const { mount, seen } = watched();
    const router = express.Router();
    mount.express(router);
    router.get('/reset/:token', answerPlainly);
    const server = createServer((request, response) => router(request, response, () => response.end()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await seen(port, 'GET /reset/canary')).toEqual(['200 /reset/[redacted] /reset/:token']);
    server.close();
  });

  test('a route that passed a request on to nothing is not the route that answered; one that answers 404 is', async () => {
    await using service = await serve((app) => {
      app.get('/pass/:id', pass);
      app.get('/missing/:id', (_request, response) => response.status(404).send('no'));
    });
    expect(await service.seen(service.port, 'GET /pass/5', 'GET /missing/5')).toEqual([
      '404 /pass/5 undefined',
      '404 /missing/5 /missing/:id',
    ]);
  });

  test('what is mounted later, or in several places, has its template too', async () => {
    let root: Routes | undefined;
    await using service = await serve((app) => {
      root = app;
      app.get('/first', answer);
    });
    expect(await service.seen(service.port, 'GET /first')).toEqual(['200 /first /first']);
    const router = express.Router();
    router.get('/b/:id', answer);
    root?.use('/a', router);
    root?.use('/tenants/:tenant', router);
    root?.use(/^\/v\d+/, router);
    expect(await service.seen(service.port, 'GET /A/b/1', 'GET /tenants/7/b/1', 'GET /v2/b/1')).toEqual([
      '200 /A/b/1 /a/b/:id',
      '200 /tenants/7/b/1 /tenants/:tenant/b/:id',
      '200 /v2/b/1 /v2/b/:id',
    ]);
    router.get('/reset/:token', answer);
    expect(await service.seen(service.port, 'GET /tenants/7/reset/canary')).toEqual([
      '200 /tenants/7/reset/[redacted] /tenants/:tenant/reset/:token',
    ]);
  });
});

describe('paths in fastify', () => {
  const thrown = async (): Promise<never> => {
    throw new Error('broken');
  };

  async function serve(add: (app: FastifyInstance) => Promise<void> | void, wait = true) {
    const { mount, ...world } = watched();
    const app = fastify();
    if (wait) {
      await app.register(mount.log);
      await app.register(mount.audit);
    } else {
      app.register(mount.log);
    }
    await add(app);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const port = Number(new URL(app.listeningOrigin).port);
    return { ...world, app, port, [Symbol.asyncDispose]: () => app.close() };
  }

  test('a secret is masked in a part of a segment, in any spelling, and when no route answered', async () => {
    await using service = await serve((app) => {
      for (const url of ['/dl/:token.zip', '/x/:token-:b', '/reset/:token/', '/größe/:token']) {
        app.get(url, async () => 'ok');
      }
      app.post('/thrown/:token', thrown);
      app.delete('/customers/:id', thrown);
    });
    const lines = await service.seen(
      service.port,
      'GET /dl/canary.zip?token=canary',
      'GET /x/x-b',
      'GET /res%65t/can%61ry/',
      'GET /gr%C3%B6%C3%9Fe/canary',
      'POST /reset/canary/',
      'POST /thrown/canary',
      'DELETE /customers/7',
      `GET /dl/${'canary'.repeat(30)}.zip`,
    );
    expect(lines).toEqual([
      '200 /dl/[redacted].zip?token=[redacted] /dl/:token.zip',
      '200 /x/[redacted]-b /x/:token-:b',
      '200 /res%65t/[redacted]/ /reset/:token/',
      '200 /gr%C3%B6%C3%9Fe/[redacted] /größe/:token',
      '404 /reset/[redacted]/ undefined',
      '500 /thrown/[redacted] /thrown/:token',
      '500 /customers/7 /customers/:id',
      '414 /dl/[redacted].zip undefined',
    ]);
    expect(service.events).toMatchObject([
      { action: 'POST /reset/[redacted]/' },
      { action: 'POST /thrown/:token', outcome: 'failure' },
      { action: 'DELETE /customers/:id', target: { id: '7' }, outcome: 'failure' },
    ]);
  });

  test('a secret is masked in a route that was made before the plugin was loaded', async () => {
    await using service = await serve((app) => void app.get('/reset/:token', async () => 'ok'), false);
    expect(await service.seen(service.port, 'GET /reset/canary')).toEqual([
      '200 /reset/[redacted] /reset/:token',
    ]);
  });

  test('what is answered without hooks has a line: a URL that cannot be decoded, and a server that is closing', async () => {
    let letGo = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let held = false;
    await using service = await serve((app) => {
      app.get('/held', async () => {
        held = true;
        await released;
        return 'ok';
      });
      app.addHook('onClose', () => released);
    });
    expect(await service.seen(service.port, 'GET /%zz')).toEqual(['400 /%zz undefined']);
    const socket = connect(service.port, '127.0.0.1');
    socket.resume();
    socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitFor(() => held, { what: 'the handler' });
    const closed = service.app.close();
    socket.write('GET /late HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => service.app.server.once('request', resolve));
    letGo();
    await closed;
    await waitFor(() => service.completed().length === 3, { what: 'both lines' });
    expect(service.completed().map(({ url, statusCode }) => `${statusCode} ${url}`)).toEqual([
      '400 /%zz',
      '200 /held',
      '503 /late',
    ]);
  });
});
