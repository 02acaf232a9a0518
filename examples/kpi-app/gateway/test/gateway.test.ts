import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@seaworthy/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { kpiGateway } from '../src/service.js';

interface Upstream {
  readonly url: string;
  readonly seen: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  readonly server: Server;
}

const closing: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function upstream(name: string): Promise<Upstream> {
  const seen: Upstream['seen'] = [];
  const server = createServer((req, res) => {
    seen.push({ url: req.url ?? '', headers: req.headers });
    if (req.url === '/api/stream') {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: one\n\n');
      return;
    }
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => res.setHeader('x-upstream', name).end(JSON.stringify({ name, body })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server };
}

async function gateway(variables: Readonly<Record<string, string>>): Promise<string> {
  const env = {
    NODE_ENV: 'test',
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_PORT: String(await freePort()),
    LOG_LEVEL: 'error',
    ...variables,
  };
  const service = await kpiGateway({ sources: { env }, signals: false }).start();
  closing.push(() => service.close());
  return service.url ?? '';
}

describe('the KPI gateway', () => {
  it('sends /api to the backend and everything else to the pages, bodies and queries included', async () => {
    const [backend, pages] = [await upstream('backend'), await upstream('pages')];
    const url = await gateway({ BACKEND_URL: backend.url, FRONTEND_URL: pages.url });
    const api = await fetch(`${url}/api/echo?x=1`, { method: 'POST', body: 'hello' });
    expect(await api.json()).toEqual({ name: 'backend', body: 'hello' });
    expect(backend.seen[0]?.url).toBe('/api/echo?x=1');
    for (const path of ['/', '/objectives/1', '/assets/index.js?v=2']) {
      expect(await (await fetch(`${url}${path}`)).json()).toMatchObject({ name: 'pages' });
    }
    expect(pages.seen.map((request) => request.url)).toEqual(['/', '/objectives/1', '/assets/index.js?v=2']);
  });

  it('passes one chain of addresses on, which begins with the peer, whatever the client claims', async () => {
    const [backend, pages] = [await upstream('backend'), await upstream('pages')];
    const url = await gateway({ BACKEND_URL: backend.url, FRONTEND_URL: pages.url });
    await fetch(`${url}/api/x`, {
      headers: { 'x-forwarded-for': '8.8.8.8', 'x-real-ip': '8.8.8.8', forwarded: 'for=8.8.8.8' },
    });
    const headers: IncomingHttpHeaders = backend.seen[0]?.headers ?? {};
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(headers['x-real-ip']).toBe('127.0.0.1');
    expect(headers['x-forwarded-proto']).toBe('http');
    expect(headers['x-forwarded-host']).toBe(new URL(url).host);
    expect(headers.forwarded).toBeUndefined();
  });

  it('believes a trusted proxy about the client and its protocol', async () => {
    const [backend, pages] = [await upstream('backend'), await upstream('pages')];
    const said = { 'x-forwarded-for': '8.8.8.8, 203.0.113.9', 'x-forwarded-proto': 'https' };
    const seenBehind = async (trusted: string) => {
      const url = await gateway({
        BACKEND_URL: backend.url,
        FRONTEND_URL: pages.url,
        TRUSTED_PROXIES: trusted,
      });
      await fetch(`${url}/api/x`, { headers: said });
      const headers = backend.seen.at(-1)?.headers;
      return [headers?.['x-forwarded-for'], headers?.['x-forwarded-proto']];
    };
    expect(await seenBehind('127.0.0.0/8,::1/128')).toEqual(['203.0.113.9', 'https']);
    expect(await seenBehind('10.0.0.0/8')).toEqual(['127.0.0.1', 'http']);
  });

  it('lets a stream through as it comes', async () => {
    const [backend, pages] = [await upstream('backend'), await upstream('pages')];
    const url = await gateway({ BACKEND_URL: backend.url, FRONTEND_URL: pages.url });
    const abort = new AbortController();
    const stream = await fetch(`${url}/api/stream`, { signal: abort.signal });
    const first = await stream.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toBe('data: one\n\n');
    abort.abort();
  });

  it('answers 502 as a problem when the backend is gone', async () => {
    const pages = await upstream('pages');
    const url = await gateway({
      BACKEND_URL: `http://127.0.0.1:${await freePort()}`,
      FRONTEND_URL: pages.url,
    });
    const answer = await fetch(`${url}/api/x`);
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 502, code: 'UPSTREAM_UNAVAILABLE' });
    expect((await fetch(`${url}/`)).status).toBe(200);
  });

  it('limits the API per client and leaves the pages alone', async () => {
    const [backend, pages] = [await upstream('backend'), await upstream('pages')];
    const url = await gateway({
      BACKEND_URL: backend.url,
      FRONTEND_URL: pages.url,
      RATE_LIMIT_MAX_REQUESTS: '3',
    });
    const statuses = [];
    for (let request = 0; request < 5; request += 1) statuses.push((await fetch(`${url}/api/x`)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await fetch(`${url}/`)).status).toBe(200);
    expect(backend.seen).toHaveLength(3);
  });
});
