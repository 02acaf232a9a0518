import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { contractRoutes } from './contract-routes.js';
import type { HttpHost, NodeApp, NodeMiddleware } from './host.js';
import { listen } from './listen.js';
import { plainReply, type Route } from './route.js';

const maxBodyBytes = 1024 * 1024;

/** node:http without a framework. */
export const nodeHost: HttpHost = {
  name: 'node:http',
  async serve(mount = {}) {
    const middlewares: NodeMiddleware[] = [];
    let onError = answerFailure;
    const app: NodeApp = {
      use: (middleware) => void middlewares.push(middleware),
      onError: (handler) => {
        onError = handler;
      },
    };
    await mount.node?.(app);
    const routes = [...contractRoutes, ...(mount.routes ?? [])].map(compile);

    const server = createServer((request, response) => {
      run(middlewares, request, response, () => route(routes, request, response)).catch((error: unknown) =>
        onError(error, request, response),
      );
    });
    await mount.server?.(server);
    return listen(server);
  },
};

/**
 * Runs the middlewares one inside the other, as frameworks do: what `next` leads to runs within the middleware's call, and
 * so within an AsyncLocalStorage that it entered. One that answers instead of calling `next` ends the request there.
 */
function run(
  [first, ...rest]: readonly NodeMiddleware[],
  request: IncomingMessage,
  response: ServerResponse,
  last: () => Promise<void>,
): Promise<void> {
  if (first === undefined) return response.writableEnded ? Promise.resolve() : last();
  return new Promise((resolve, reject) => {
    response.once('close', resolve);
    const next = (error?: unknown): void =>
      error === undefined ? resolve(run(rest, request, response, last)) : reject(error);
    (async () => first(request, response, next))().catch(reject);
  });
}

interface CompiledRoute {
  readonly route: Route;
  readonly pattern: RegExp;
}

function compile(route: Route): CompiledRoute {
  const path = `${route.under ?? ''}${route.path}`;
  return { route, pattern: new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`) };
}

async function route(
  routes: readonly CompiledRoute[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://host');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  for (const { route, pattern } of routes) {
    const match = route.method === method ? pattern.exec(pathname) : null;
    if (match === null) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    const { method: sent = 'GET', url = '/', headers } = request;
    const body = await readJson(request);
    const reply = plainReply(
      await route.handle({ method: sent, url, params, headers, body, raw: request, native: request }),
    );
    response.writeHead(reply.status, { ...reply.headers });
    if (typeof reply.body === 'string') response.end(reply.body);
    else await pipeline(Readable.from(reply.body), response);
    return;
  }
  response.writeHead(404, { 'content-type': 'application/json; charset=utf-8' }).end('{"error":"not found"}');
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part);
    length += part.length;
    if (length > maxBodyBytes) throw new Error('The request body is larger than 1 MB.');
  }
  return length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'));
}

function answerFailure(_error: unknown, _request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500, { 'content-type': 'application/json; charset=utf-8' }).end('{"error":"internal"}');
}
