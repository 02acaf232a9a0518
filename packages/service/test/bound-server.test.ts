import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { type HttpApp, httpHost } from '../src/http-host.js';

/** The longest that usual load balancers keep a connection to us: nginx and AWS 60 s. */
const balancerMs = 60_000;

/** What Node looks at while the server runs; the interval is read when it begins to listen. */
function timesOf(server: Server) {
  const { keepAliveTimeout, headersTimeout, requestTimeout } = server;
  const interval: unknown = Reflect.get(server, 'connectionsCheckingInterval');
  return { keepAliveTimeout, headersTimeout, requestTimeout, interval };
}

async function served(
  app: HttpApp,
): Promise<AsyncDisposable & { readonly server: Server; readonly url: string }> {
  const host = httpHost(app);
  const url = await host.listen({ port: 0 });
  return { server: host.server, url, [Symbol.asyncDispose]: () => host.close() };
}

describe('a served application', () => {
  const answering: ReadonlyArray<readonly [name: string, app: () => HttpApp]> = [
    ['a request listener', () => (_request, response) => void response.end('hello')],
    ['an Express application', () => express().get('/', (_request, response) => void response.send('hello'))],
    ['a Fastify application', () => Fastify().get('/', async () => 'hello')],
    ['a server of Node', () => createServer((_request, response) => response.end('hello'))],
  ];

  it.each(answering)('keeps connections longer than a load balancer does: %s', async (_name, app) => {
    await using host = await served(app());
    const answer = await fetch(host.url);
    expect(await answer.text()).toBe('hello');
    const said = /^timeout=(\d+)$/.exec(answer.headers.get('keep-alive') ?? '')?.[1];
    expect(Number(said) * 1_000).toBeGreaterThan(balancerMs);
    expect(timesOf(host.server)).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      interval: 1_000,
    });
  });

  it('makes requests of an Express application its own from the start, which costs Express less', async () => {
    const app = express().get('/', (_request, response) => void response.send('hello'));
    await using host = await served(app);
    const prototypes: unknown[] = [];
    host.server.prependListener('request', (request, response) => {
      prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
    });
    expect(await (await fetch(host.url)).text()).toBe('hello');
    expect(prototypes[0]).toBe(app.request);
    expect(prototypes[1]).toBe(app.response);
  });

  it('leaves upgrades to Node, whose requests take whatever a listener puts on them', async () => {
    await using host = await served(express());
    host.server.on('upgrade', (request, socket) => {
      const { query, path } = Object.assign(request, { query: 'a=1', path: '/live' });
      socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\n${path} ${query}`);
    });
    const client = connect(Number(new URL(host.url).port), '127.0.0.1');
    client.write('GET /live?a=1 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    expect(await text(client)).toContain('/live a=1');
  });

  it('keeps the times that it set itself, at a server of Node', async () => {
    const own = { keepAliveTimeout: 7_000, headersTimeout: 8_000, requestTimeout: 9_000 };
    await using host = await served(
      createServer({ ...own, connectionsCheckingInterval: 500 }, () => undefined),
    );
    expect(timesOf(host.server)).toEqual({ ...own, interval: 500 });
    await using unbounded = await served(createServer({ requestTimeout: 0 }, () => undefined));
    expect(unbounded.server.requestTimeout).toBe(0);
  });

  it('keeps the times that it set itself, at Fastify', async () => {
    const own = { keepAliveTimeout: 7_000, requestTimeout: 120_000 };
    await using host = await served(Fastify({ ...own, http: { headersTimeout: 20_000 } }));
    expect(timesOf(host.server)).toMatchObject({ ...own, headersTimeout: 20_000 });
  });

  it('gives headers no longer than the request that it bounded itself, and a request no less than its headers', async () => {
    const quick = createServer();
    quick.requestTimeout = 5_000;
    await using short = await served(quick);
    expect(timesOf(short.server)).toMatchObject({ headersTimeout: 5_000, requestTimeout: 5_000 });
    await using long = await served(createServer({ headersTimeout: 90_000 }));
    expect(timesOf(long.server)).toMatchObject({ headersTimeout: 90_000, requestTimeout: 90_000 });
  });

  it('is rid of a client whose headers are too slow soon after their time, not at the next half minute of Node', async () => {
    await using host = await served(createServer({ headersTimeout: 100 }, () => undefined));
    const client = connect(Number(new URL(host.url).port), '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nHost: a\r\n');
    expect(await text(client)).toMatch(/^HTTP\/1\.1 408 /);
  }, 20_000);
});
