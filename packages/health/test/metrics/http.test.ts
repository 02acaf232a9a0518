import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2';
import { createRequire } from 'node:module';
import { type AddressInfo, connect } from 'node:net';
import { describeHttpContract, type HttpHostName, type Mount, waitFor } from '@seaworthy/testkit';
import express from 'express';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { measureHttp as measureExpress } from '../../src/adapters/express.js';
import { measureHttp as measureFastify } from '../../src/adapters/fastify.js';
import { measureHttp as measureNode } from '../../src/adapters/node.js';
import { createMetrics, type MetricStore } from '../../src/index.js';
import { askMany } from '../ask-many.js';

/** What a router of one's own would know. */
const nodeTemplates: readonly (readonly [RegExp, string])[] = [
  [/^\/users\/[^/]+$/, '/users/:user'],
  [/^\/tenants\/[^/]+\/deep\/[^/]+$/, '/tenants/:tenant/deep/:id'],
  [/^\/tenants\/[^/]+\/fail\/[^/]+$/, '/tenants/:tenant/fail/:id'],
  [/^\/(?:hello|boom|slow)$/, ''],
];

function mountMetrics(metrics: MetricStore): Mount {
  return {
    node(app) {
      app.use(
        measureNode(metrics, ({ url = '/' }) => {
          const [path = ''] = url.split('?', 1);
          const found = nodeTemplates.find(([pattern]) => pattern.test(path));
          return found === undefined || found[1] !== '' ? found?.[1] : path;
        }),
      );
    },
    express(app) {
      app.use(measureExpress(metrics));
    },
    async fastify(app) {
      await app.register(measureFastify(metrics));
    },
    routes: [
      { method: 'GET', under: '/tenants/:tenant', path: '/deep/:id', handle: () => ({ body: 'deep' }) },
      {
        method: 'GET',
        under: '/tenants/:tenant',
        path: '/fail/:id',
        handle: () => Promise.reject(new Error('fails')),
      },
    ],
  };
}

/** Method, route and status code with their counts. */
function counts(metrics: MetricStore, text: string): Record<string, number> {
  void metrics;
  const found: Record<string, number> = {};
  const pattern =
    /^http_server_request_duration_seconds_count\{http_request_method="(.*?)",http_route="(.*?)",http_response_status_code="(.*?)"\} (\d+)$/gm;
  for (const [, method, route, status, count] of text.matchAll(pattern)) {
    found[`${method} ${route} ${status}`] = Number(count);
  }
  return found;
}

describeHttpContract('HTTP metrics', (host) => {
  test('[row 74] a known load of 1,000 requests is counted exactly by route and status, quantiles are within a bucket, unknown paths collapse', async () => {
    const registry = new Registry();
    const metrics = createMetrics({ registry, process: false });
    await using service = await host.serve(mountMetrics(metrics));
    const get = async (path: string, count: number): Promise<void> => {
      await askMany(
        Array.from({ length: count }, (_none, at) => service.url + path.replaceAll('*', String(at))),
      );
    };
    await get('/hello', 400);
    await get('/users/*', 200);
    await get('/tenants/t*/deep/d*', 150);
    await get('/tenants/t*/fail/d*', 50);
    await get('/boom', 30);
    await get('/wp-admin/*.php', 140);
    await get('/slow?ms=120&n=*', 30);
    const expected = {
      'GET /hello 200': 400,
      'GET /users/:user 200': 200,
      'GET /tenants/:tenant/deep/:id 200': 150,
      'GET /tenants/:tenant/fail/:id 500': 50,
      'GET /boom 500': 30,
      'GET  404': 140,
      'GET /slow 200': 30,
    };
    const read = async () => counts(metrics, (await metrics.scrape()).body);
    await waitFor(async () => Object.values(await read()).reduce((sum, count) => sum + count, 0) >= 1_000);
    expect(await read()).toEqual(expected);
    expect(counts(metrics, await registry.metrics()), 'the registry of the user tells the same').toEqual(
      expected,
    );

    const { inFlight, routes } = metrics.httpSummary();
    expect(inFlight).toBe(0);
    expect(routes[0]).toMatchObject({
      method: 'GET',
      route: '/hello',
      requests: 400,
      clientErrors: 0,
      serverErrors: 0,
    });
    expect(routes.find(({ route }) => route === '')).toMatchObject({ clientErrors: 140 });
    expect(routes.find(({ route }) => route.endsWith('/fail/:id'))).toMatchObject({ serverErrors: 50 });
    const slow = routes.find(({ route }) => route === '/slow');
    // 120 ms and more lie in the bucket from 100 ms on; on a busy machine in a later one.
    for (const figure of [slow?.p50, slow?.p95, slow?.p99]) expect(figure).toBeGreaterThan(0.1);
    await metrics.close();
  });

  test('counts a request whose client leaves before the answer, and nothing stays in flight', async () => {
    const metrics = createMetrics({ process: false });
    await using service = await host.serve(mountMetrics(metrics));
    const client = connect(service.port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET /slow?ms=60000 HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitFor(() => metrics.httpSummary().inFlight === 1);
    client.destroy();
    await waitFor(() => metrics.httpSummary().inFlight === 0);
    expect(counts(metrics, (await metrics.scrape()).body)).toEqual({ 'GET /slow 499': 1 });
    await metrics.close();
  });

  test('collapses methods that clients invent', async () => {
    const metrics = createMetrics({ process: false });
    await using service = await host.serve(mountMetrics(metrics));
    // Node's parser knows these and no standard of HTTP does.
    for (const method of ['PROPFIND', 'MKCOL', 'SUBSCRIBE']) {
      await fetch(`${service.url}/hello`, { method }).then((response) => response.arrayBuffer());
    }
    await waitFor(() => metrics.httpSummary().inFlight === 0);
    const { routes } = metrics.httpSummary();
    expect(routes.map(({ method, route }) => [method, route])).toEqual([
      ['_OTHER', notFoundRoute[host.name]],
    ]);
    expect(routes[0]?.requests).toBe(3);
    await metrics.close();
  });
});

test('counts a client that left before it was measured, over HTTP/1.1 and HTTP/2', async () => {
  const metrics = createMetrics({ process: false });
  const measure = measureNode(metrics);
  let late = 0;
  const measureLate = (
    request: Parameters<typeof measure>[0],
    response: Parameters<typeof measure>[1],
  ): void => {
    const count = (): void => {
      late += 1;
    };
    response.once('close', () => setImmediate(() => measure(request, response, count)));
  };
  const one = createServer(measureLate);
  const two = createHttp2Server(measureLate);
  for (const server of [one, two]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const wire = connect((one.address() as AddressInfo).port, '127.0.0.1');
  wire.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const session = connectHttp2(`http://127.0.0.1:${(two.address() as AddressInfo).port}`);
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => undefined);
  await Promise.all([one, two].map((server) => once(server, 'request')));
  wire.destroy();
  stream.close(constants.NGHTTP2_CANCEL);
  await waitFor(() => late === 2);
  expect(metrics.httpSummary().inFlight).toBe(0);
  expect(counts(metrics, (await metrics.scrape()).body)).toEqual({ 'GET  499': 2 });
  session.close();
  one.close();
  two.close();
  await metrics.close();
});

test('counts requests over HTTP/2, answered and cancelled', async () => {
  const metrics = createMetrics({ process: false });
  const measure = measureNode(metrics, ({ url }) => url);
  const server = createHttp2Server((request, response) =>
    measure(request, response, () => {
      if (request.url !== '/hang') response.writeHead(201).end('done');
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.request({ ':path': '/done' }).resume();
  const hanging = client.request({ ':path': '/hang' });
  hanging.on('error', () => undefined);
  await waitFor(() => metrics.httpSummary().routes.length === 1 && metrics.httpSummary().inFlight === 1);
  hanging.close(constants.NGHTTP2_CANCEL);
  await waitFor(() => metrics.httpSummary().inFlight === 0);
  expect(counts(metrics, (await metrics.scrape()).body)).toEqual({ 'GET /done 201': 1, 'GET /hang 499': 1 });
  client.close();
  server.close();
  await metrics.close();
});

test('a request is counted although its route cannot be told, and the process lives', async () => {
  await using metrics = createMetrics({ process: false });
  const measure = measureNode(metrics, ({ url }) => {
    if (url === '/number') return 7 as unknown as string;
    throw new Error('no such route');
  });
  const server = createServer((request, response) => measure(request, response, () => response.end('ok')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ['/throws', '/number']) expect((await fetch(url + path)).status).toBe(200);
  await waitFor(() => metrics.httpSummary().inFlight === 0);
  expect(counts(metrics, (await metrics.scrape()).body)).toEqual({ 'GET  200': 2 });
  server.closeAllConnections();
  server.close();
});

/** The host of node:http looks at the path alone. */
const notFoundRoute: Readonly<Record<HttpHostName, string>> = {
  'node:http': '/hello',
  express4: '',
  express5: '',
  fastify5: '',
};

const express4: typeof express = createRequire(import.meta.resolve('@seaworthy/testkit'))('express4');

describe.each([
  ['Express 4', express4],
  ['Express 5', express],
])('routers of %s', (_name, make) => {
  async function routesOf(
    build: (app: ReturnType<typeof express>) => void,
    paths: readonly string[],
  ): Promise<string[]> {
    const metrics = createMetrics({ process: false });
    const app = make();
    app.use(measureExpress(metrics));
    build(app);
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const seen: string[] = [];
    for (const path of paths) {
      const before = new Map(
        metrics.httpSummary().routes.map((each) => [`${each.method} ${each.route}`, each.requests]),
      );
      await (await fetch(`http://127.0.0.1:${port}${path}`)).arrayBuffer();
      await waitFor(() => metrics.httpSummary().inFlight === 0);
      const grown = metrics
        .httpSummary()
        .routes.find((each) => each.requests > (before.get(`${each.method} ${each.route}`) ?? 0));
      seen.push(grown?.route ?? 'none');
    }
    server.closeAllConnections();
    server.close();
    return seen;
  }
  const answer = (_request: unknown, response: { end(text: string): unknown }): unknown => response.end('ok');
  const fail = (): never => {
    throw new Error('fails');
  };

  test('nested three deep, with an error handler, a router in two places and an application within', async () => {
    const seen = await routesOf(
      (app) => {
        const inner = make.Router({ mergeParams: true });
        inner.get('/users/:user', answer);
        inner.get('/', answer);
        inner.get('/boom/:id', fail);
        const middle = make.Router({ mergeParams: true });
        middle.use('/v1/:area', inner);
        app.use('/tenants/:tenant', middle);
        const shared = make.Router();
        shared.get('/items/:id', answer);
        app.use('/shops', shared);
        app.use('/stores', shared);
        const sub = make();
        sub.get('/reports/:id', answer);
        app.use('/admin', sub);
        app.get(['/a/:x', '/b/:x'], answer);
        app.use('/wall', answer);
        app.use(
          (_error: unknown, _request: unknown, response: { end(text: string): unknown }, _next: unknown) => {
            response.end('handled');
          },
        );
      },
      [
        '/tenants/7/v1/eu/users/42?x=1',
        '/tenants/7/v1/eu',
        '/tenants/7/v1/eu/boom/1',
        '/shops/items/1',
        '/stores/items/1',
        '/admin/reports/5',
        '/b/1',
        '/wall/anything',
        '/nothing/here',
      ],
    );
    expect(seen).toEqual([
      '/tenants/:tenant/v1/:area/users/:user',
      '/tenants/:tenant/v1/:area',
      '/tenants/:tenant/v1/:area/boom/:id',
      '/shops/items/:id',
      '/stores/items/:id',
      '/admin/reports/:id',
      '/a/:x|/b/:x',
      '',
      '',
    ]);
  });
});
