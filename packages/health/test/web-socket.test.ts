import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createHealth } from '../src/index.js';

/** A WebSocket server that says everything back, behind a health object. */
async function serve(options: ConstructorParameters<typeof WebSocketServer>[0] = {}) {
  const health = createHealth({ signals: false, shutdown: { quiet: 0, deadlines: { drain: '2s' } } });
  const server = health.serve(createServer((_request, response) => response.end('http')));
  const sockets = new WebSocketServer({ ...options, server });
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { health, sockets, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function open(url: string): Promise<WebSocket> {
  const client = new WebSocket(url);
  await once(client, 'open');
  return client;
}

describe.each([false, true])('compressed: %s', (perMessageDeflate) => {
  test('every WebSocket is closed with 1001 and ends cleanly', async () => {
    const { health, sockets, url } = await serve({ perMessageDeflate });
    const clients = await Promise.all(Array.from({ length: 20 }, () => open(url)));
    const endings = clients.map(async (client) => (await once(client, 'close'))[0]);
    const served = [...sockets.clients].map(async (socket) => (await once(socket, 'close'))[0]);
    const [first] = clients;
    first?.send('still here');
    if (first !== undefined) expect(String((await once(first, 'message'))[0])).toBe('still here');
    expect(await health.shutdown()).toMatchObject({ clean: true });
    expect(new Set(await Promise.all(endings))).toEqual(new Set([1001]));
    expect(new Set(await Promise.all(served)), 'the server sees an ordinary close').toEqual(new Set([1001]));
  });
});

test('a large message that is on its way arrives whole before the close', async () => {
  const { health, sockets, url } = await serve();
  const client = await open(url);
  const large = Buffer.alloc(4 * 1024 ** 2, 'x');
  const received = once(client, 'message');
  const ended = once(client, 'close');
  for (const socket of sockets.clients) socket.send(large);
  const stopping = health.shutdown();
  expect(Buffer.compare(large, (await received)[0])).toBe(0);
  expect((await ended)[0]).toBe(1001);
  await stopping;
});

test('a WebSocket whose client does not answer the close is ended all the same', async () => {
  const { health, sockets, url } = await serve();
  const client = await open(url);
  client.pause();
  expect(await health.shutdown()).toMatchObject({ clean: true });
  await waitFor(() => sockets.clients.size === 0);
  client.terminate();
});
