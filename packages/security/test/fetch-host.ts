import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpService } from '@seaworthy/testkit';
import { Hono } from 'hono';
import { secure, securityOf } from '../src/adapters/fetch.js';
import type { Security } from '../src/index.js';

interface Env {
  readonly incoming: IncomingMessage;
}

/** What the other hosts serve, by Hono. */
function routes(): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();
  app.get('/hello', (c) => c.json({ hello: 'world' }));
  app.get('/empty', (c) => c.body(null, 204));
  app.get('/cached', (c) => c.body(null, 304));
  app.get('/api/items', (c) => c.json([]));
  app.get('/boom', () => {
    throw new Error('boom');
  });
  app.get('/boom-later', async () => Promise.reject(new Error('boom')));
  app.get('/tenants/:tenant/users/:user', (c) => c.json(c.req.param()));
  app.get('/whoami', (c) => c.json(securityOf(c.req.raw)));
  app.post('/echo', async (c) => {
    const text = await c.req.text();
    return text.length > 1_048_576 ? c.text('too large', 413) : c.json(JSON.parse(text));
  });
  app.get('/stream', () => new Response(Readable.toWeb(Readable.from(chunks())) as ReadableStream));
  return app;
}

async function* chunks(): AsyncGenerator<Buffer> {
  for (let chunk = 1; chunk <= 5; chunk += 1) {
    yield Buffer.from(`chunk ${chunk}\n`);
    await sleep(1);
  }
}

/** Serves a Web-standard handler by node:http, as the servers of Hono do. */
export async function serveFetch(security: Security): Promise<HttpService> {
  const app = routes();
  const handle = secure(security, (request, env: Env) => app.fetch(request, env), {
    peer: (_request, env) => env.incoming.socket.remoteAddress,
    onError: () => undefined,
  });
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, handle(requestOf(incoming), { incoming }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    server,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function requestOf(incoming: IncomingMessage): Request {
  const { method = 'GET', headers, url = '/' } = incoming;
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(url, `http://${headers.host ?? 'host'}`), {
    method,
    headers: pairs,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' } : {}),
  });
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  made: Response | Promise<Response>,
): Promise<void> {
  const response = await made;
  const body = Buffer.from(await response.arrayBuffer());
  const length = response.body === null ? {} : { 'content-length': String(body.length) };
  const hasNoBody = response.status === 204 || response.status === 304;
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    ...(hasNoBody ? {} : { 'content-length': '0', ...length }),
  });
  outgoing.end(incoming.method === 'HEAD' ? '' : body);
}
