import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  boomMessage,
  describeHttpContract,
  httpHosts,
  type Mount,
  rawRequest,
  sustainLoad,
  waitFor,
} from '../src/index.js';

/** A package's behaviour in the shape that each host wants: one header on every answer. */
const stamp = (response: ServerResponse): void => void response.setHeader('x-stamp', 'yes');
const stamped: Mount = {
  node: (app) =>
    app.use((_request, response, next) => {
      stamp(response);
      next();
    }),
  express: (app) =>
    void app.use((_request, response, next) => {
      stamp(response);
      next();
    }),
  fastify: (app) =>
    void app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-stamp', 'yes');
    }),
};

describeHttpContract('the contract routes', (host) => {
  test('are the same on every host', async () => {
    await using service = await host.serve(stamped);
    const get = async (path: string, init?: RequestInit): Promise<[number, string | null, string]> => {
      const response = await fetch(service.url + path, init);
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    const json = 'application/json; charset=utf-8';
    expect(await get('/hello')).toEqual([200, json, '{"hello":"world"}']);
    expect(await get('/text')).toEqual([200, 'text/plain; charset=utf-8', 'plain text']);
    expect((await get('/empty'))[0]).toBe(204);
    expect(await get('/users/a%20b')).toEqual([200, json, '{"user":"a b"}']);
    expect(await get('/tenants/7/users/9')).toEqual([200, json, '{"tenant":"7","user":"9"}']);
    expect(await get('/slow?ms=1')).toEqual([200, json, '{"slow":1}']);
    expect((await get('/stream?ms=1'))[2]).toBe('chunk 1\nchunk 2\nchunk 3\nchunk 4\nchunk 5\n');
    const body = JSON.stringify({ list: [1, 'zwei', null] });
    const posted = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    expect(await get('/echo', posted)).toEqual([200, json, body]);
    for (const path of ['/boom', '/boom-later', '/tenants/7/boom']) expect((await get(path))[0]).toBe(500);
    expect((await get('/nowhere'))[0]).toBe(404);
    expect((await fetch(`${service.url}/hello`, { method: 'HEAD' })).status).toBe(200);
  });

  test('run behind what the mount puts before them, failures included', async () => {
    await using service = await host.serve(stamped);
    for (const path of ['/hello', '/stream?ms=1', '/tenants/7/users/9', '/boom', '/nowhere']) {
      expect([path, (await fetch(service.url + path)).headers.get('x-stamp')]).toEqual([path, 'yes']);
    }
  });

  test('can be joined by routes of the suite', async () => {
    await using service = await host.serve({
      routes: [
        {
          method: 'PUT',
          under: '/a/:one',
          path: '/b/:two',
          handle: ({ params }) => ({ status: 201, body: params }),
        },
      ],
    });
    const response = await fetch(`${service.url}/a/1/b/2`, { method: 'PUT' });
    expect([response.status, await response.json()]).toEqual([201, { one: '1', two: '2' }]);
  });

  test('give the server to whoever asks, before it listens', async () => {
    let listening: boolean | undefined;
    await using service = await host.serve({
      server: (server) => {
        listening = server.listening;
      },
    });
    expect([listening, service.server.listening]).toEqual([false, true]);
  });

  test('end with close, connections that are in use included', async () => {
    const service = await host.serve();
    const pending = fetch(`${service.url}/slow?ms=60000`).catch(() => 'cut');
    await waitFor(() => connectionsOf(service.server));
    await service.close();
    expect(await pending).toBe('cut');
    await expect(fetch(`${service.url}/hello`)).rejects.toThrow();
  });

  test('refuse a mount that is for other hosts only', async () => {
    const other: Mount = host.name === 'fastify5' ? { node: () => {} } : { fastify: () => {} };
    await expect(host.serve(other)).rejects.toThrow(host.name);
  });

  test('show headers as they are on the wire to a raw request', async () => {
    await using service = await host.serve({
      routes: [
        { method: 'GET', path: '/x', handle: () => ({ headers: { 'X-Odd-Case': ' a ' }, body: 'body' }) },
      ],
    });
    const text = 'GET /x HTTP/1.1\nHost: test\nConnection: close\n\n';
    const reply = await rawRequest({ port: service.port, text });
    expect(reply.status).toBe(200);
    expect(reply.header('x-odd-case')).toEqual(['a']);
    expect(reply.body).toContain('body');
    expect((await rawRequest({ port: service.port, text: 'NONSENSE\n\n' })).status).toBe(400);
  });

  test('bear a sustained load, whose failures are counted by kind', async () => {
    const service = await host.serve();
    const load = sustainLoad({ url: `${service.url}/echo`, clients: 5, method: 'POST' });
    await waitFor(() => load.result.ok >= 50);
    expect(load.result.failed).toEqual([]);
    await service.close();
    await waitFor(() => load.result.failed.some(({ kind }) => kind === 'ECONNREFUSED'));
    const { sent, ok, failed } = await load.stop();
    expect(sent).toBe(ok + failed.length);
  });
});

test('there are four hosts', () => {
  expect(httpHosts.map(({ name }) => name)).toEqual(['node:http', 'express4', 'express5', 'fastify5']);
});

describe('the node:http host', () => {
  test('runs what follows inside a middleware, and lets a package answer errors', async () => {
    const [host] = httpHosts;
    const seen: unknown[] = [];
    const store = new AsyncLocalStorage<string>();
    const service = await host?.serve({
      node: (app) => {
        app.use((_request, response, next) => {
          response.setHeader('x-outer', 'yes');
          store.run('outer', next);
        });
        app.use((_request, response, next) => {
          response.setHeader('x-inner', store.getStore() ?? 'nothing');
          next();
        });
        app.onError((error, _request, response) => {
          seen.push(error);
          response.writeHead(503).end();
        });
      },
    });
    const response = await fetch(`${service?.url}/boom`);
    expect([response.status, response.headers.get('x-outer'), response.headers.get('x-inner')]).toEqual([
      503,
      'yes',
      'outer',
    ]);
    expect(String(seen[0])).toContain(boomMessage);
    await service?.close();
  });
});

function connectionsOf(server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown;
}): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
