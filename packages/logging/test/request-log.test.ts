import { createServer, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createFakeClock,
  describeHttpContract,
  type HttpHost,
  httpHosts,
  type Mount,
  type Route,
  rawRequest,
  waitFor,
} from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { requestLog as expressRequestLog } from '../src/adapters/express.js';
import { requestLog as fastifyRequestLog } from '../src/adapters/fastify.js';
import { requestLog as nodeRequestLog, type RequestLogOptions } from '../src/adapters/node.js';
import { outboundHeaders, type ServiceLogger } from '../src/index.js';
import { messageClasses } from '../src/requests/message-classes.js';
import { type Line, testLogger } from './support/memory-sink.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Routes of our own beside the contract's: they log, and they show what they would hand on. */
function routes(log: ServiceLogger, held: () => Promise<void>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/held',
      handle: async () => {
        log.info('Held');
        await held();
        log.info('Let go');
        return { body: 'late' };
      },
    },
    {
      method: 'POST',
      path: '/orders',
      handle: async ({ body }) => {
        log.info('Order received', { body });
        await sleep(1);
        log.info('Order stored');
        return { body: outboundHeaders() };
      },
    },
    { method: 'GET', path: '/reset/:token', handle: () => ({ body: 'ok' }) },
    { method: 'GET', under: '/tenants/:tenant', path: '/again/:tenant2', handle: () => ({ body: 'ok' }) },
    {
      method: 'GET',
      under: '/tenants/:tenant',
      path: '/broken/:part',
      handle: () => {
        throw new Error('broken');
      },
    },
  ];
}

function mount(
  log: ServiceLogger,
  options: RequestLogOptions = {},
  held = (): Promise<void> => Promise.resolve(),
): Mount {
  return {
    node: (app) => app.use(nodeRequestLog(log, options)),
    express: (app) => void app.use(expressRequestLog(log, options)),
    fastify: (app) => void app.register(fastifyRequestLog(log, options)),
    routes: routes(log, held),
  };
}

/** With requests that are Express's from the start. */
function mountWithClasses(...given: Parameters<typeof mount>): Mount {
  return { ...mount(...given), expressServer: (app) => createServer(messageClasses(app), app) };
}

describeHttpContract('the request log', (host) => requestLogOf(host, mount));

for (const host of httpHosts.filter(({ name }) => name.startsWith('express'))) {
  describe(`the request log on ${host.name} with message classes`, () =>
    requestLogOf(host, mountWithClasses));
}

function requestLogOf(host: HttpHost, mounted: typeof mount): void {
  const isNode = host.name === 'node:http';

  async function serve(options: RequestLogOptions = {}) {
    const { log, lines } = testLogger();
    let held = Promise.resolve();
    const service = await host.serve(mounted(log, options, () => held));
    const completed = (): Line[] => lines().filter(({ message }) => message === 'Request completed');
    /** From now on `GET /held` waits for what this returns to be called. */
    const hold = (): (() => void) => {
      let letGo = (): void => undefined;
      held = new Promise((resolve) => {
        letGo = resolve;
      });
      return letGo;
    };
    return { service, lines, completed, log, hold };
  }

  /** The line of the only request so far. */
  async function only(completed: () => Line[]): Promise<Line> {
    await waitFor(() => completed().length > 0, { what: 'the request line' });
    const [line, ...more] = completed();
    expect(more).toEqual([]);
    return line ?? {};
  }

  test('[row 84] one line has exactly the keys method, url, statusCode, duration, userAgent and ip; route and ids are extra', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    await fetch(`${service.url}/users/42?page=2`, { headers: { 'user-agent': 'probe/1' } });
    const line = await only(completed);
    const { timestamp, level, message, service: name, environment, ...own } = line;
    const { route, requestId, trace_id, span_id, ...keys } = own;
    expect(keys).toEqual({
      method: 'GET',
      url: '/users/42?page=2',
      statusCode: 200,
      duration: expect.any(Number),
      userAgent: 'probe/1',
      ip: '127.0.0.1',
    });
    expect({ level, message, name, environment }).toEqual({
      level: 'info',
      message: 'Request completed',
      name: 'shop',
      environment: 'test',
    });
    expect(typeof timestamp).toBe('string');
    expect(route).toBe(isNode ? undefined : '/users/:user');
    expect(requestId).toMatch(uuid);
    expect(trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect(span_id).toMatch(/^[0-9a-f]{16}$/);
  });

  test('the keys are there even when the client sent nothing to fill them', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    await rawRequest({ port: service.port, text: 'GET /hello HTTP/1.1\nHost: a\nConnection: close\n\n' });
    expect(await only(completed)).toMatchObject({ userAgent: null, ip: '127.0.0.1' });
  });

  test('[row 84] the URL is the request’s own, with its secrets masked', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    await fetch(`${service.url}/users/42?token=canary&page=2&user%5Bpassword%5D=canary&code=canary`);
    expect((await only(completed)).url).toBe(
      '/users/42?token=[redacted]&page=2&user%5Bpassword%5D=[redacted]&code=[redacted]',
    );
  });

  test('[row 84] a request that the client gives up is logged once, as 499', async () => {
    const { service, completed, lines, hold } = await serve();
    await using _service = service;
    const letGo = hold();
    const socket = connect(service.port, '127.0.0.1');
    socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
    const has = (message: string) => lines().some((line) => line.message === message);
    await waitFor(() => has('Held'), { what: 'the handler' });
    socket.destroy();
    expect(await only(completed)).toMatchObject({ url: '/held', statusCode: 499, aborted: true });
    letGo();
    await waitFor(() => has('Let go'), { what: 'the handler to answer, into nothing' });
    await (await fetch(`${service.url}/hello`)).text();
    await waitFor(() => completed().length > 1, { what: 'the line of the next request' });
    expect(completed().map(({ url }) => url)).toEqual(['/held', '/hello']);
  });

  test('[row 84] a response that the client leaves in the middle is logged once, as 499', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    await new Promise<void>((resolve) => {
      const sent = httpRequest(`${service.url}/stream?ms=50`, (response) => {
        response.once('data', () => {
          sent.destroy();
          resolve();
        });
      });
      sent.on('error', () => undefined);
      sent.end();
    });
    expect(await only(completed)).toMatchObject({ statusCode: 499, aborted: true });
  });

  test.each([
    ['/boom', 500],
    ['/boom-later', 500],
    ['/nowhere', 404],
    ['/empty', 204],
  ])('%s is logged with its status %i', async (path, statusCode) => {
    const { service, completed } = await serve();
    await using _service = service;
    await fetch(`${service.url}${path}`);
    const line = await only(completed);
    expect(line).toMatchObject({ url: path, statusCode });
    if (statusCode === 404) expect(line).not.toHaveProperty('route');
  });

  test('a line for each of many requests on one connection, each with its own id', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    for (let round = 0; round < 20; round += 1) await (await fetch(`${service.url}/hello`)).text();
    await waitFor(() => completed().length === 20);
    expect(new Set(completed().map(({ requestId }) => requestId)).size).toBe(20);
  });

  test('lines of a handler carry the id of their request, also after its body was read and among others', async () => {
    const { service, lines } = await serve();
    await using _service = service;
    const ids = Array.from({ length: 10 }, (_, index) => `order-${index}`);
    await Promise.all(
      ids.map((id) =>
        fetch(`${service.url}/orders`, {
          method: 'POST',
          headers: { 'x-request-id': id, 'content-type': 'application/json' },
          body: JSON.stringify({ id, password: 'canary', padding: 'x'.repeat(100_000) }),
        }),
      ),
    );
    await waitFor(() => lines().length === 30, { what: 'three lines for each request' });
    for (const id of ids) {
      const own = lines().filter(({ requestId }) => requestId === id);
      expect(own.map(({ message }) => message)).toEqual([
        'Order received',
        'Order stored',
        'Request completed',
      ]);
      expect(own[0]?.body).toMatchObject({ id, password: '[redacted]' });
    }
  });

  test.each(['7f3a', '01HV7Z8Q5E8M3X', 'Root=1-67891233-abcdef012345678912345678', 'a'.repeat(128)])(
    'the request id %s comes in, goes out and stands in the line',
    async (id) => {
      const { service, completed } = await serve();
      await using _service = service;
      const response = await fetch(`${service.url}/hello`, { headers: { 'x-request-id': id } });
      expect(response.headers.get('x-request-id')).toBe(id);
      expect((await only(completed)).requestId).toBe(id);
    },
  );

  test.each([
    ['an empty id', 'X-Request-Id: '],
    ['a long id', `X-Request-Id: ${'a'.repeat(129)}`],
    ['blanks', 'X-Request-Id: a b'],
    ['markup', 'X-Request-Id: <script>'],
    ['a quote', 'X-Request-Id: a","level":"error'],
    ['two ids', 'X-Request-Id: a\nX-Request-Id: b'],
    ['high bytes', 'X-Request-Id: \u00e4'],
  ])('%s is replaced by an id of our own', async (_what, header) => {
    const { service, completed } = await serve();
    await using _service = service;
    const reply = await rawRequest({
      port: service.port,
      text: `GET /hello HTTP/1.1\nHost: a\n${header}\nConnection: close\n\n`,
    });
    expect(reply.header('x-request-id')).toEqual([expect.stringMatching(uuid)]);
    expect((await only(completed)).requestId).toBe(reply.header('x-request-id')[0]);
  });

  test('a trace comes in, is answered and is handed on with the request id', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    const response = await fetch(`${service.url}/orders`, {
      method: 'POST',
      headers: {
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
        tracestate: 'vendor=1',
        'x-request-id': 'r1',
        'content-type': 'application/json',
      },
      body: '{}',
    });
    const line = await only(completed);
    expect(line.trace_id).toBe(traceId);
    const ours = `00-${traceId}-${String(line.span_id)}-01`;
    expect(response.headers.get('traceparent')).toBe(ours);
    expect(await response.json()).toEqual({
      'x-request-id': 'r1',
      traceparent: ours,
      tracestate: 'vendor=1',
    });
  });

  test('ignored paths have no line, and an id all the same', async () => {
    const { service, completed } = await serve({ ignore: ['/hello', '/tenants/*'] });
    await using _service = service;
    for (const path of ['/hello', '/hello?probe=1', '/tenants/7/users/8', '/text']) {
      const response = await fetch(`${service.url}${path}`);
      expect(response.headers.get('x-request-id')).toMatch(uuid);
    }
    await waitFor(() => completed().length > 0);
    expect(completed().map(({ url }) => url)).toEqual(['/text']);
  });

  test('a function may decide what is ignored, and what the client’s address is', async () => {
    const { service, completed } = await serve({
      ignore: ({ method, url, header }) =>
        method === 'GET' && url === '/hello' && header('x-probe') === 'yes',
      clientIp: ({ header }) => header('x-real-ip'),
    });
    await using _service = service;
    await fetch(`${service.url}/hello`, { headers: { 'x-probe': 'yes' } });
    await fetch(`${service.url}/hello`, { headers: { 'x-real-ip': '203.0.113.7' } });
    expect(await only(completed)).toMatchObject({ ip: '203.0.113.7' });
  });

  test('an id comes in, goes out and is handed on by the header that was asked for', async () => {
    const { service, completed } = await serve({ requestIdHeader: 'X-Correlation-Id' });
    await using _service = service;
    const response = await fetch(`${service.url}/orders`, {
      method: 'POST',
      headers: { 'x-correlation-id': 'c1', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(response.headers.get('x-correlation-id')).toBe('c1');
    expect(response.headers.has('x-request-id')).toBe(false);
    const handedOn = await response.json();
    expect(handedOn).toEqual({ 'x-correlation-id': 'c1', traceparent: response.headers.get('traceparent') });
    expect((await only(completed)).requestId).toBe('c1');
  });

  test('a function among the options that throws costs no request its answer or its line, and is told of once', async () => {
    const { service, completed, lines } = await serve({
      ignore: ({ url }) => new URL(url, 'http://x').pathname === '/livez',
      clientIp: ({ header }) => {
        const ip = header('x-real-ip');
        if (ip === undefined) throw new Error('no header: password=canary');
        return ip;
      },
    });
    await using _service = service;
    for (const _round of [1, 2]) {
      const reply = await rawRequest({
        port: service.port,
        text: 'GET // HTTP/1.1\nHost: a\nConnection: close\n\n',
      });
      expect(reply.header('x-request-id')).toEqual([expect.stringMatching(uuid)]);
    }
    await waitFor(() => completed().length === 2, { what: 'both lines' });
    expect(completed()).toMatchObject([
      { url: '//', ip: null },
      { url: '//', ip: null },
    ]);
    const told = lines().filter(({ level }) => level === 'warn');
    const requestId = completed()[0]?.requestId;
    expect(told).toMatchObject([
      { message: 'An option of the request log threw', option: 'ignore', requestId },
      { option: 'clientIp', reason: 'no header: password=[redacted]', requestId },
    ]);
  });

  test('requests that were sent ahead on a connection have a line each, answered or given up', async () => {
    const { service, completed, lines, hold } = await serve();
    await using _service = service;
    const letGo = hold();
    const held = 'GET /held HTTP/1.1\r\nHost: a\r\n\r\n';
    const ahead = 'GET /users/1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(15);
    const warned: Error[] = [];
    const onWarning = (warning: Error): void => {
      if (warning.name === 'MaxListenersExceededWarning') warned.push(warning);
    };
    process.on('warning', onWarning);
    let listeners = 0;
    service.server.on('request', ({ socket }) => {
      listeners = Math.max(listeners, socket.listenerCount('close'));
    });
    const reader = connect(service.port, '127.0.0.1');
    reader.resume();
    reader.write(held + ahead);
    await waitFor(() => lines().some(({ message }) => message === 'Held'), { what: 'the handler' });
    expect(completed()).toEqual([]);
    letGo();
    await waitFor(() => completed().length === 16, { what: 'the lines of what was answered' });
    const before = listeners;
    reader.write(ahead);
    await waitFor(() => completed().length === 31, { what: 'the lines of what came later' });
    expect(listeners).toBe(before);
    reader.destroy();

    const letGoToo = hold();
    const leaver = connect(service.port, '127.0.0.1');
    leaver.write(held + ahead);
    const heard = () => lines().filter(({ message }) => message === 'Held').length;
    await waitFor(() => heard() === 2, { what: 'the handler' });
    leaver.destroy();
    await waitFor(() => completed().length === 47, { what: 'the lines of what was given up' });
    letGoToo();
    await (await fetch(`${service.url}/hello`)).text();
    await waitFor(() => completed().length === 48, { what: 'the line of the next request' });
    const states = completed().map(({ statusCode, aborted }) => `${statusCode} ${aborted}`);
    expect(states.slice(0, 31)).toEqual(Array(31).fill('200 undefined'));
    expect(states.slice(31, 47)).toEqual(Array(16).fill('499 true'));
    process.off('warning', onWarning);
    expect(warned).toEqual([]);
  });

  test('a request from slowMs on is a warning', async () => {
    const clock = createFakeClock();
    const { log, lines } = testLogger();
    const { routes: ours = [], ...hosts } = mounted(log, { slowMs: 500, clock });
    const take: Route = {
      method: 'GET',
      path: '/take',
      handle: async ({ url }) => {
        await clock.advance(Number(new URL(url, 'http://h').searchParams.get('ms')));
        return { body: 'ok' };
      },
    };
    await using service = await host.serve({ ...hosts, routes: [...ours, take] });
    for (const ms of [499, 500]) await fetch(`${service.url}/take?ms=${ms}`);
    await waitFor(() => lines().length === 2);
    expect(lines()).toEqual([
      expect.objectContaining({ level: 'info', duration: 499 }),
      expect.objectContaining({ level: 'warn', duration: 500 }),
    ]);
  });

  if (isNode) return;

  test('[row 84] the route is the template, also across nested routers, and holds no value', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    for (const path of [
      '/users/42',
      '/tenants/7/users/8?x=1',
      '/tenants/tenants/again/again',
      '/tenants/a%2Fb/users/c',
      '/tenants/7/broken/8',
    ]) {
      await fetch(`${service.url}${path}`);
    }
    await waitFor(() => completed().length === 5);
    expect(completed().map(({ route }) => route)).toEqual([
      '/users/:user',
      '/tenants/:tenant/users/:user',
      '/tenants/:tenant/again/:tenant2',
      '/tenants/:tenant/users/:user',
      '/tenants/:tenant/broken/:part',
    ]);
  });

  test('the value of a path parameter with a secret name is masked', async () => {
    const { service, completed } = await serve();
    await using _service = service;
    await fetch(`${service.url}/reset/can%61ry?page=1`);
    expect(await only(completed)).toMatchObject({ url: '/reset/[redacted]?page=1', route: '/reset/:token' });
  });

  test('mounting it twice still writes one line', async () => {
    const { log, lines } = testLogger();
    const once = mount(log);
    await using service = await host.serve({
      ...mounted(log),
      express: (app) => {
        once.express?.(app);
        once.express?.(app);
      },
      fastify: (app) => {
        once.fastify?.(app);
        once.fastify?.(app);
      },
    });
    await fetch(`${service.url}/hello`);
    await fetch(`${service.url}/hello`);
    await waitFor(() => lines().length >= 2);
    expect(lines()).toHaveLength(2);
  });

  if (!host.name.startsWith('express')) return;

  test.each([
    [false, '127.0.0.1'],
    [1, '203.0.113.9'],
    [['loopback', '203.0.113.0/24'], '198.51.100.4'],
  ])('with trust proxy %j the address is %s, as Express has it', async (trust, expected) => {
    const { log, lines } = testLogger();
    const { express, ...rest } = mounted(log);
    await using service = await host.serve({
      ...rest,
      express: (app) => {
        app.set('trust proxy', trust);
        return express?.(app);
      },
    });
    await fetch(`${service.url}/hello`, { headers: { 'x-forwarded-for': '198.51.100.4, 203.0.113.9' } });
    await waitFor(() => lines().length === 1);
    expect(lines()).toMatchObject([{ ip: expected }]);
  });
}

test('listeners on the request and the response log with the id too, whenever the bytes come', async () => {
  const { log, lines } = testLogger();
  const middleware = nodeRequestLog(log);
  const server = createServer((request, response) =>
    middleware(request, response, () => {
      request.on('data', () => log.info('data'));
      request.on('end', () => {
        log.info('end');
        response.on('close', () => log.info('closed'));
        response.end('ok');
      });
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  for (const id of ['one', 'two']) {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${id}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab`,
    );
    const count = lines().length;
    await waitFor(() => lines().length === count + 1, { what: 'the first bytes to be read' });
    socket.write('cd');
    await waitFor(() => lines().length === count + 5, { what: 'all five lines' });
    socket.destroy();
  }
  server.close();
  expect(lines().map(({ message, requestId }) => [requestId, message])).toEqual(
    ['one', 'two'].flatMap((id) =>
      ['data', 'data', 'end', 'Request completed', 'closed'].map((message) => [id, message]),
    ),
  );
});

test('what is logged when a client goes away has the id of its request', async () => {
  const { log, lines } = testLogger();
  const middleware = nodeRequestLog(log);
  const server = createServer((request, response) =>
    middleware(request, response, () => {
      response.on('close', () => log.info('gone'));
      response.write('part');
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: one\r\n\r\n');
  socket.once('data', () => socket.destroy());
  await waitFor(() => lines().length === 2, { what: 'both lines' });
  server.close();
  expect(lines().map(({ requestId }) => requestId)).toEqual(['one', 'one']);
});

describe('request log options', () => {
  test('an unknown one is refused and the right one named', () => {
    const { log } = testLogger();
    for (const adapter of [nodeRequestLog, expressRequestLog, fastifyRequestLog]) {
      // @ts-expect-error a misspelt option
      expect(() => adapter(log, { slowM: 1 })).toThrow(/Did you mean "slowMs"/);
      expect(() => adapter(log, { slowMs: -1 })).toThrow(/slowMs/);
      for (const requestIdHeader of ['x request id', '', 'x:y', 'x\r\ny']) {
        expect(() => adapter(log, { requestIdHeader })).toThrow(/"requestIdHeader" must be a name/);
      }
    }
  });

  test('a logger that only has info and warn will do, and gets a masked URL', async () => {
    const calls: unknown[] = [];
    const logger = {
      info: (message: string, fields?: object) => calls.push([message, fields]),
      warn: () => undefined,
    };
    const middleware = nodeRequestLog(logger);
    const server = createServer((request, response) =>
      middleware(request, response, () => response.end('ok')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await rawRequest({ port, text: 'GET /a?token=canary HTTP/1.1\nHost: a\nConnection: close\n\n' });
    await waitFor(() => calls.length === 1);
    server.close();
    expect(calls).toEqual([['Request completed', expect.objectContaining({ url: '/a?token=[redacted]' })]]);
  });
});
