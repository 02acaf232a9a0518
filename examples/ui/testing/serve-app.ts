import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { answer, type FakeRoutes } from './fake-api.js';

/** The strictest policy that the guides ask for; the applications must run under exactly this. */
export const strictPolicy = "default-src 'self'";

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface ServedApp extends AsyncDisposable {
  readonly url: string;
  /** Paths below /api that were asked, with their method: `POST /auth/login`. */
  readonly asked: readonly string[];
}

/** Serves a built application on a spare port, under the strict policy, in front of an API that lives in memory. */
export async function serveApp(folder: string, routes: FakeRoutes, port = 0): Promise<ServedApp> {
  const asked: string[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://app');
    if (url.pathname.startsWith('/api/')) {
      const path = url.pathname.slice('/api'.length);
      const method = request.method ?? 'GET';
      asked.push(`${method} ${path}`);
      const body = await readBody(request);
      const {
        status,
        body: json,
        headers,
      } = answer(routes, method, path, {
        query: url.searchParams,
        body,
        headers: request.headers,
      });
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      return response.end(json === undefined ? undefined : JSON.stringify(json));
    }
    const file = extname(url.pathname) === '' ? '/index.html' : url.pathname;
    const content = await readFile(join(folder, file)).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': strictPolicy,
    });
    response.end(content);
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
