import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, waitFor } from '@seaworthy/testkit';
import { afterEach, expect, test } from 'vitest';
import { httpDependency } from '../../src/index.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Answers with the status code that the path names; `/hang` never. */
async function serve() {
  const seen: string[] = [];
  let closed = 0;
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-token'] ?? ''}`.trim());
    if (request.url === '/hang') return;
    response.writeHead(Number(request.url?.slice(1)), { location: '/200' }).end('a body');
  });
  server.on('connection', (socket) => {
    socket.on('close', () => {
      closed += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => void server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, closed: () => closed };
}

const never = AbortSignal.timeout(60_000);

test('passes on 2xx, fails on the rest, and follows no redirect', async () => {
  const { url, seen } = await serve();
  expect(await httpDependency(`${url}/204`).probe(never)).toEqual({ statusCode: 204 });
  for (const code of [302, 404, 503]) {
    await expect(httpDependency(`${url}/${code}`).probe(never)).rejects.toMatchObject({
      code: 'HEALTH_UNEXPECTED_ANSWER',
      message: `It answered ${code}.`,
    });
  }
  expect(seen).toEqual(['GET /204', 'GET /302', 'GET /404', 'GET /503']);
});

test('asks as it is told to and accepts what it is told to', async () => {
  const { url, seen } = await serve();
  const accept = (statusCode: number): boolean => statusCode === 401;
  const check = httpDependency(`${url}/401`, { method: 'HEAD', headers: { 'x-token': 't' }, accept });
  expect(await check.probe(never)).toEqual({ statusCode: 401 });
  expect(seen).toEqual(['HEAD /401 t']);
});

test('stops on its signal and closes its connection', async () => {
  const { url, closed, seen } = await serve();
  const stop = new AbortController();
  const hanging = httpDependency(`${url}/hang`).probe(stop.signal);
  await waitFor(() => seen.length === 1);
  stop.abort(new Error('time is up'));
  await expect(hanging).rejects.toThrow('time is up');
  await waitFor(() => closed() === 1);
});

test('refuses what is no address', () => {
  for (const url of ['payments', 'ftp://payments', '']) {
    expect(() => httpDependency(url)).toThrow(/an address that begins with http/);
  }
});

test('refuses an address with a password, which would stand in every cause, and does not repeat it', () => {
  for (const url of ['http://user:canary@payments.internal/', 'http://canary@payments.internal/']) {
    expect(() => httpDependency(url)).toThrow(/without user and password.*headers/);
    expect(() => httpDependency(url)).not.toThrow(/canary/);
  }
});

test('tells why nobody answered', async () => {
  const port = await freePort();
  await expect(httpDependency(`http://127.0.0.1:${port}/`).probe(never)).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});
