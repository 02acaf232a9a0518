import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFakeClock, describeHttpContract, type Route, waitFor } from '@seaworthy/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { createHealth, type Health, type HealthOptions } from '../src/index.js';
import { mountHealth } from './mount.js';
import { get, openWire } from './wire.js';

const hung: Route = { method: 'GET', path: '/hung/:id', handle: () => new Promise(() => undefined) };

/** A request that is answered when the test says so. */
function held(): { readonly route: Route; readonly answer: () => void } {
  let answer = (): void => undefined;
  const reply = new Promise<{ readonly body: string }>((resolve) => {
    answer = () => resolve({ body: 'late' });
  });
  return { route: { method: 'GET', path: '/held', handle: () => reply }, answer };
}

function healthFor(options: HealthOptions = {}): Health {
  return createHealth({ signals: false, shutdown: { quiet: '150ms' }, ...options });
}

describeHttpContract('a drain', (host) => {
  test('serves what comes during the announcement and asks each client to turn away', async () => {
    const health = healthFor();
    await using service = await host.serve(mountHealth(health));
    await using first = await openWire(service.port);
    first.send(get('/hello'));
    await first.seen('world');
    expect(first.received).not.toMatch(/connection: close/i);

    const stopping = health.shutdown();
    first.send(get('/hello'));
    expect(await first.closed()).toBe('ended');
    expect(first.received.match(/"world"/g)).toHaveLength(2);
    expect(first.received.match(/connection: close/gi)).toHaveLength(1);
    await using second = await openWire(service.port);
    second.send(get('/hello'));
    expect(await second.closed()).toBe('ended');
    expect(second.received).toMatch(/connection: close[\s\S]*world/i);

    expect(await stopping).toMatchObject({ clean: true, trafficStopped: true });
    await expect(openWire(service.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('finishes a request that was under way, with Connection: close, after the listener has closed', async () => {
    const health = healthFor();
    const { route, answer } = held();
    await using service = await host.serve({ ...mountHealth(health), routes: [route] });
    await using client = await openWire(service.port);
    client.send(get('/held'));
    await waitFor(async () => (await connections(service.server)) === 1);
    // The request has reached the server before the one after it is answered.
    expect((await fetch(`${service.url}/hello`)).status).toBe(200);
    const stopping = health.shutdown();
    await waitFor(() => !service.server.listening, { what: 'the listener to close' });
    expect(client.received).toBe('');
    answer();
    expect(await client.closed()).toBe('ended');
    expect(client.received).toMatch(/200 OK[\s\S]*connection: close[\s\S]*late/i);
    expect(await stopping).toMatchObject({ clean: true });
  });

  test('closes connections that wait for nothing, before and after their first request', async () => {
    const health = healthFor();
    const { route, answer } = held();
    await using service = await host.serve({ ...mountHealth(health), routes: [route] });
    await using silent = await openWire(service.port);
    await using idle = await openWire(service.port);
    await using busy = await openWire(service.port);
    busy.send(get('/held'));
    idle.send(get('/hello'));
    await idle.seen('world');
    await waitFor(async () => (await connections(service.server)) === 3);
    const stopping = health.shutdown();
    expect(await silent.closed()).toBe('ended');
    expect(await idle.closed()).toBe('ended');
    expect(busy.state, 'the others did not wait for it').toBe('open');
    answer();
    expect(await stopping).toMatchObject({ clean: true, trafficStopped: true });
    expect(busy.received).toContain('late');
  });

  test('waits a second for headers that were still arriving when the listener closed, and no longer', async () => {
    const clock = createFakeClock();
    const health = healthFor({ clock, shutdown: { quiet: 0 } });
    await using service = await host.serve(mountHealth(health));
    await using first = await openWire(service.port);
    await using second = await openWire(service.port);
    await using slow = await openWire(service.port);
    second.send(get('/hello'));
    await second.seen('world');
    for (const client of [first, second, slow]) client.send('GET /hello HTTP/1.1\n');
    await waitFor(async () => (await connections(service.server)) === 3);
    // What they have sent has reached the server before the request after it is answered.
    await using last = await openWire(service.port);
    last.send(get('/hello'));
    await last.seen('world');
    let over = false;
    const stopping = health.shutdown().finally(() => (over = true));
    await waitFor(() => !service.server.listening);
    await clock.advance(900);
    for (const client of [first, second]) client.send('Host: a\n\n');
    expect(await first.closed()).toBe('ended');
    expect(await second.closed()).toBe('ended');
    expect(first.received).toMatch(/200 OK[\s\S]*connection: close[\s\S]*world/i);
    expect(second.received.match(/world/g)).toHaveLength(2);
    expect(slow.state).toBe('open');
    await waitFor(async () => {
      await clock.advance(100);
      return over;
    });
    expect(await slow.closed()).not.toBe('open');
    expect(await stopping).toMatchObject({ clean: true });
    expect((await stopping).phases[1]?.durationMs).toBeLessThan(3_000);
  });

  test('cuts no answer short that its client reads slowly', async () => {
    const health = healthFor({ shutdown: { quiet: 0 } });
    const size = 32 * 1024 ** 2;
    const big: Route = { method: 'GET', path: '/big', handle: () => ({ body: 'x'.repeat(size) }) };
    await using service = await host.serve({ ...mountHealth(health), routes: [big] });
    const client = connect({ port: service.port, host: '127.0.0.1' });
    let received = 0;
    client.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received === chunk.length) client.pause();
    });
    const closed = once(client, 'close');
    client.write('GET /big HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitFor(() => received > 0);
    const stopping = health.shutdown();
    await waitFor(() => !service.server.listening);
    // Meanwhile the drain looks for idle connections several times.
    await expect(Promise.race([closed, sleep(300, 'still open')])).resolves.toBe('still open');
    client.resume();
    await closed;
    expect(received).toBeGreaterThan(size);
    expect(await stopping).toMatchObject({ clean: true });
  });

  test('names a hung request without its query, and ends it at the bound', async () => {
    const health = healthFor({ shutdown: { quiet: 0, deadlines: { drain: '300ms' } } });
    await using service = await host.serve({ ...mountHealth(health), routes: [hung] });
    await using client = await openWire(service.port);
    client.send(get('/hung/7?token=canary'));
    await waitFor(async () => (await connections(service.server)) === 1);
    expect((await fetch(`${service.url}/hello`)).status).toBe(200);
    const report = await health.shutdown();
    expect(report.clean).toBe(false);
    expect(report.phases[1]).toMatchObject({ phase: 'drain', pending: ['request GET /hung/7'] });
    expect(await client.closed()).not.toBe('open');
  });

  test('fails readiness while it announces, and probes do not hold it', async () => {
    const health = healthFor({ shutdown: { quiet: '300ms' } });
    await using service = await host.serve(mountHealth(health));
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    const codes = new Set<string>();
    const stopping = health.shutdown();
    let over = false;
    void stopping.then(() => (over = true));
    while (!over && service.server.listening) {
      for (const path of ['/readyz', '/livez']) {
        const answer = await fetch(`${service.url}${path}`).catch(() => undefined);
        if (answer !== undefined) codes.add(`${path} ${answer.status} ${answer.headers.get('connection')}`);
      }
    }
    expect(await stopping).toMatchObject({ clean: true, trafficStopped: true });
    expect(codes).toEqual(new Set(['/readyz 503 close', '/livez 200 close']));
  });

  test('waits as long as requests keep coming, and no longer than its bound', async () => {
    const health = healthFor({ shutdown: { quiet: '300ms', deadlines: { announce: '1s' } } });
    await using service = await host.serve(mountHealth(health));
    const stopping = health.shutdown();
    let over = false;
    void stopping.then(() => (over = true));
    let served = 0;
    while (!over && service.server.listening) {
      const answer = await fetch(`${service.url}/hello`).catch(() => undefined);
      if (answer?.status === 200) served += 1;
    }
    const report = await stopping;
    expect(report).toMatchObject({ clean: true, trafficStopped: false });
    expect(report.phases[0]?.durationMs).toBeGreaterThanOrEqual(1_000);
    expect(served).toBeGreaterThan(5);
  });
});

function connections(server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown;
}) {
  return new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

describe('connections that do not end by themselves', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function serve(health: Health, listener: Parameters<typeof createServer>[1]) {
    const server = health.serve(createServer(listener ?? (() => undefined)));
    closers.push(() => void server.close().closeAllConnections());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, port: (server.address() as AddressInfo).port };
  }

  test('an event stream is ended in order when the requests are done, and is no unfinished request', async () => {
    const health = healthFor();
    const { port } = await serve(health, (request, response) => {
      if (request.url === '/set') response.setHeader('content-type', 'text/event-stream');
      else response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    });
    await using first = await openWire(port);
    await using second = await openWire(port);
    first.send(get('/set'));
    second.send(get('/'));
    await Promise.all([first.seen('data: 1'), second.seen('data: 1')]);
    const report = await health.shutdown();
    expect(report).toMatchObject({ clean: true });
    expect(report.phases[1]?.durationMs).toBeLessThan(8_000);
    for (const stream of [first, second]) {
      expect(await stream.closed()).toBe('ended');
      expect(stream.received.endsWith('0\r\n\r\n')).toBe(true);
    }
  });

  test('goes by the type that was sent, and not by what the client would take: a document is whole, a stream is ended', async () => {
    const health = healthFor({ shutdown: { quiet: 0 } });
    let finish: () => void = () => undefined;
    const { server, port } = await serve(health, (request, response) => {
      const type = request.url === '/stream' ? 'text/event-stream; charset=utf-8' : 'application/json';
      response.writeHead(200, { 'content-type': type });
      response.write(request.url === '/stream' ? 'data: 1\n\n' : '["first"');
      if (request.url !== '/stream') finish = () => response.end(', "last"]');
    });
    await using document = await openWire(port);
    await using stream = await openWire(port);
    document.send('GET /document HTTP/1.1\nHost: a\nAccept: application/json, text/event-stream\n\n');
    stream.send('GET /stream HTTP/1.1\nHost: a\nAccept: */*\n\n');
    await Promise.all([document.seen('first'), stream.seen('data: 1')]);
    const stopping = health.shutdown();
    await waitFor(() => !server.listening);
    await sleep(200);
    finish();
    expect(await stopping).toMatchObject({ clean: true });
    expect((await stopping).phases[1]?.durationMs).toBeLessThan(8_000);
    await document.closed();
    expect(document.received).toContain('"last"]');
    expect(await stream.closed()).toBe('ended');
    expect(stream.received.endsWith('0\r\n\r\n')).toBe(true);
  });

  test('an upload that is refused while it is sent keeps its connection, so that its client can read why', async () => {
    const health = healthFor({ shutdown: { quiet: '5s' } });
    const server = health.serve(
      createServer((_request, response) => {
        response.statusCode = 413;
        response.end('too large');
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stopping = health.shutdown();
    const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    let received = '';
    client.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    client.pause(); // it reads only when all is written, as most HTTP clients outside of Node do
    const size = 32 * 1024 ** 2;
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    await new Promise<void>((resolve, reject) =>
      client.write('x'.repeat(size), (error) => (error ? reject(error) : resolve())),
    );
    client.resume();
    await waitFor(() => received.includes('too large'));
    // What was read to its end is asked to turn away, as ever.
    client.write(get('/').replaceAll('\n', '\r\n'));
    await once(client, 'end');
    expect(received.match(/413 Payload/g)).toHaveLength(2);
    expect(received.match(/connection: close/gi)).toHaveLength(1);
    client.destroy();
    server.closeAllConnections();
    void stopping;
  });

  test('an event stream that writes after its end does not bring the process down', async () => {
    const health = healthFor();
    let written = 0;
    let writer: NodeJS.Timeout | undefined;
    const { port } = await serve(health, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('x'.repeat(32 * 1024 ** 2));
      writer = setInterval(() => {
        response.write('data: x\n\n');
        written += 1;
      }, 5);
    });
    closers.push(() => clearInterval(writer));
    const crashes: unknown[] = [];
    const onCrash = (error: unknown): void => void crashes.push(error);
    process.prependListener('uncaughtException', onCrash);
    closers.push(() => process.removeListener('uncaughtException', onCrash));
    // A client that does not read: the end waits behind what was written before it.
    const client = connect({ port, host: '127.0.0.1' }).pause();
    client.on('error', () => undefined);
    closers.push(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n');
    await waitFor(() => written > 0);
    expect(await health.shutdown()).toMatchObject({ clean: true });
    const before = written;
    await waitFor(() => written > before + 2);
    expect(crashes).toEqual([]);
  });

  test('an upgraded connection is ended after the requests', async () => {
    const health = healthFor();
    const { server, port } = await serve(
      health,
      (_request, response) => void setTimeout(() => response.end('late'), 600),
    );
    server.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    await using socket = await openWire(port);
    await using client = await openWire(port);
    socket.send('GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n\n');
    await socket.seen('101');
    client.send(get('/'));
    await waitFor(async () => (await connections(server)) === 2);
    const stopping = health.shutdown();
    await client.seen('late');
    expect(socket.state).toBe('open');
    expect(await stopping).toMatchObject({ clean: true });
    expect(await socket.closed()).toBe('ended');
  });

  test.each([
    ['checkContinue', '100-continue'],
    ['checkExpectation', 'something-else'],
  ])(
    'a request that the application takes by %s is finished, or named when it hangs',
    async (event, expectation) => {
      for (const drain of ['8s', '50ms']) {
        const health = healthFor({ shutdown: { quiet: 0, deadlines: { drain } } });
        const { server, port } = await serve(health, () => undefined);
        let asked = false;
        server.on(event, (request: IncomingMessage, response: ServerResponse) => {
          asked = true;
          response.writeContinue();
          request.resume().once('end', () => response.end('late'));
        });
        await using client = await openWire(port);
        client.send(`POST /taken HTTP/1.1\nHost: a\nContent-Length: 4\nExpect: ${expectation}\n\n`);
        await waitFor(() => asked);
        const stopping = health.shutdown();
        await waitFor(() => !server.listening, { what: 'the listener to close' });
        if (drain === '50ms') {
          expect((await stopping).phases[1]).toMatchObject({
            phase: 'drain',
            pending: ['request POST /taken'],
          });
          continue;
        }
        client.send('body');
        expect(await client.closed()).toBe('ended');
        expect(client.received).toMatch(/200 OK[\s\S]*connection: close[\s\S]*late/i);
        expect(await stopping).toMatchObject({ clean: true });
      }
    },
  );

  test('an upgrade that is still being judged is waited for, and named when it is not answered', async () => {
    for (const upgrade of ['websocket', 'other']) {
      const health = healthFor({ shutdown: { quiet: 0, deadlines: { drain: '1s' } } });
      const server = createServer();
      let judge: () => void = () => undefined;
      let came = 0;
      server.on('upgrade', (request, socket) => {
        came += 1;
        if (request.url === '/forgotten?token=canary') return;
        judge = () => socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      });
      health.serve(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      await using client = await openWire(port);
      await using forgotten = await openWire(port);
      const asking = (path: string): string =>
        `GET ${path} HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: ${upgrade}\n\n`;
      client.send(asking('/judged'));
      forgotten.send(asking('/forgotten?token=canary'));
      await waitFor(() => came === 2);
      const stopping = health.shutdown();
      await waitFor(() => !server.listening);
      await sleep(100);
      judge();
      await client.closed();
      expect(client.received).toMatch(/^HTTP\/1.1 401 Unauthorized/);
      expect((await stopping).phases[1]?.pending).toEqual(['request GET /forgotten']);
      expect(forgotten.received).toBe('');
    }
  });

  test('a server that takes no upgrades goes on answering such requests, tracked or not', async () => {
    const health = healthFor();
    const { server, port } = await serve(health, (_request, response) => response.end('plain'));
    const upgrade = 'GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: h2c\n\n';
    const answer = async (): Promise<string> => {
      await using client = await openWire(port);
      client.send(upgrade);
      await client.seen('plain');
      return client.received.slice(0, 15);
    };
    expect(await answer()).toBe('HTTP/1.1 200 OK');
    const listener = (): void => undefined;
    server.on('upgrade', listener);
    expect(server.listenerCount('upgrade')).toBe(2);
    server.removeListener('upgrade', listener);
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(await answer()).toBe('HTTP/1.1 200 OK');
    await health.close();
  });

  test('leaves no timer of the server behind, which would hold it in memory, and says once that it is closed', async () => {
    const health = healthFor({ shutdown: { quiet: 0 } });
    const { server, port } = await serve(health, (_request, response) => response.end('plain'));
    let closed = 0;
    server.on('close', () => {
      closed += 1;
    });
    await using client = await openWire(port);
    client.send(get('/'));
    await client.seen('plain');
    // Node tells nobody about this timer but the server itself.
    const key = Object.getOwnPropertySymbols(server).find(({ description }) =>
      description?.includes('connectionsCheckingInterval'),
    );
    if (key === undefined) throw new Error('this Node has no such timer');
    expect(Reflect.get(server, key)).toMatchObject({ _destroyed: false });
    await health.close();
    expect(Reflect.get(server, key)).toMatchObject({ _destroyed: true });
    expect(closed).toBe(1);
  });

  test('a server that begins to listen during the shutdown is closed again', async () => {
    const health = healthFor({ shutdown: { quiet: 0 } });
    const server = health.serve(createServer());
    health.stop('workers', 'late', async () => {
      server.listen(0, '127.0.0.1');
      await waitFor(() => !server.listening && server.address() === null);
    });
    expect(await health.shutdown()).toMatchObject({ clean: true });
    expect(server.listening).toBe(false);
  });

  test('a server that is given during the shutdown is closed with the others', async () => {
    const health = healthFor({ shutdown: { quiet: 0 } });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    health.stop('workers', 'late', () => {
      health.serve(server);
      expect(server.listening).toBe(false);
    });
    expect(await health.shutdown()).toMatchObject({ clean: true });
  });

  test('names requests through the redactor', async () => {
    const redactor = {
      redact: () => undefined,
      redactText: (text: string) => text.replace('canary', '[redacted]'),
    };
    const health = healthFor({ redactor, shutdown: { quiet: 0, deadlines: { drain: '50ms' } } });
    let asked = false;
    const { port } = await serve(health, () => {
      asked = true;
    });
    await using client = await openWire(port);
    client.send(get('/reset/canary'));
    await waitFor(() => asked);
    expect((await health.shutdown()).phases[1]?.pending).toEqual(['request GET /reset/[redacted]']);
  });

  test('leaves no listener of its own on the server', async () => {
    const health = healthFor();
    const server = createServer();
    const before = server.eventNames().map((name) => [name, server.listenerCount(name)]);
    health.serve(server);
    health.serve(server);
    expect(server.listenerCount('request')).toBe(1);
    await health.close();
    expect(server.eventNames().map((name) => [name, server.listenerCount(name)])).toEqual(before);
  });
});
