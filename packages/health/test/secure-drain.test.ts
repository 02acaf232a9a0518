import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect, createSecureServer, createServer } from 'node:http2';
import { Agent, createServer as createHttpsServer, get } from 'node:https';
import { type AddressInfo, connect as connectTcp, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { createFakeClock, type FakeClock, findProgram, waitFor } from '@seaworthy/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { healthEndpoints } from '../src/adapters/node.js';
import { createHealth } from '../src/index.js';

let folder: string | undefined;
let credentials: { key: Buffer; cert: Buffer };
const openssl = findProgram('openssl');

beforeAll(() => {
  if (openssl === undefined && process.env.CI !== 'true') return;
  folder = mkdtempSync(join(tmpdir(), 'seaworthy-health-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    openssl ?? fail('OpenSSL is needed to make a certificate: apt-get install openssl'),
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  credentials = { key: readFileSync(key), cert: readFileSync(cert) };
});

beforeEach(({ skip }) => {
  skip(openssl === undefined && process.env.CI !== 'true', 'needs OpenSSL: apt-get install openssl');
});

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function fail(message: string): never {
  throw new Error(message);
}

const healthFor = () => createHealth({ signals: false, shutdown: { quiet: '150ms' } });

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function advanceUntil(clock: FakeClock, done: Promise<unknown>): Promise<void> {
  let over = false;
  void done.finally(() => (over = true));
  await waitFor(async () => {
    await clock.advance(100);
    return over;
  });
}

/** One HTTP/2 request: its status and body. */
async function ask(session: ClientHttp2Session, path: string): Promise<[number, string]> {
  const stream = session.request({ ':path': path });
  stream.setEncoding('utf8');
  let body = '';
  stream.on('data', (text: string) => {
    body += text;
  });
  const [headers] = await once(stream, 'response');
  await once(stream, 'end');
  return [Number(Reflect.get(headers, ':status')), body];
}

test('drains an https server: answers with Connection: close, sweeps idle and silent connections', async () => {
  const health = healthFor();
  const server = health.serve(
    createHttpsServer(credentials, (_request, response) => void setTimeout(() => response.end('late'), 300)),
  );
  const port = await portOf(server);
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const ask = async (): Promise<string | undefined> => {
    const [response] = await once(get({ port, host: '127.0.0.1', agent }), 'response');
    response.resume();
    await once(response, 'end');
    return response.headers.connection;
  };
  const silent = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(silent, 'secureConnect');
  expect(await ask()).toBe('keep-alive');
  const underWay = ask();
  await waitFor(() => Object.keys(agent.sockets).length === 1);
  const stopping = health.shutdown();
  const silentEnded = once(silent.resume(), 'end');
  expect(await underWay).toBe('close');
  await silentEnded;
  expect(await stopping).toMatchObject({ clean: true, trafficStopped: true });
  agent.destroy();
});

test('an https server answers a request whose headers were still arriving when it stopped listening', async () => {
  const health = createHealth({ signals: false, shutdown: { quiet: 0 } });
  const server = health.serve(createHttpsServer(credentials, (_request, response) => response.end('whole')));
  const port = await portOf(server);
  const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  let received = '';
  client.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  const [serverSide] = await Promise.all([once(server, 'secureConnection'), once(client, 'secureConnect')]);
  client.write('GET / HTTP/1.1\r\n');
  await waitFor(() => serverSide[0].bytesRead > 0);
  const stopping = health.shutdown();
  await waitFor(() => !server.listening);
  client.write('Host: a\r\n\r\n');
  await once(client, 'end');
  expect(received).toMatch(/200 OK[\s\S]*connection: close[\s\S]*whole/i);
  expect(await stopping).toMatchObject({ clean: true });
  client.destroy();
});

for (const [name, make] of [
  ['cleartext http2', () => createServer()],
  ['secure http2', () => createSecureServer(credentials)],
] as const) {
  test(`drains a ${name} server: GOAWAY, and the streams under way finish`, async () => {
    const health = healthFor();
    const endpoints = healthEndpoints(health);
    const server = make();
    let answer = (): void => undefined;
    server.on('request', (request, response) => {
      endpoints(request, response, () => {
        answer = () => void response.end('late');
      });
    });
    health.serve(server);
    const port = await portOf(server);
    const scheme = name === 'secure http2' ? 'https' : 'http';
    const session = connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
    expect(await ask(session, '/readyz')).toEqual([200, '{"status":"pass"}']);
    const goaways: number[] = [];
    session.on('goaway', (_code: number, lastStream: number) => goaways.push(lastStream));
    const underWay = ask(session, '/');
    await waitFor(async () => (await ask(session, '/livez'))[0] === 200);
    const stopping = health.shutdown();
    await waitFor(() => goaways.length === 2, { what: 'both frames' });
    answer();
    expect(await underWay).toEqual([200, 'late']);
    const [first = 0, second = 0] = goaways;
    expect(await stopping).toMatchObject({ clean: true, trafficStopped: true });
    // First one that refuses nothing yet, then one with the last stream that was served.
    expect(first).toBe(2 ** 31 - 1);
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThan(100);
    expect(session.closed).toBe(true);
    session.destroy();
  });
}

test('closes an http2 session whose client ignores the first GOAWAY', async () => {
  const health = healthFor();
  const port = await portOf(health.serve(createServer()));
  const client = connectTcp({ port, host: '127.0.0.1' }).resume();
  const ended = once(client, 'end');
  client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  client.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])); // empty SETTINGS; nothing is answered after it
  await once(client, 'data');
  health.stop('drain', 'the client', () => ended); // before the connections that are left are cut
  expect(await health.shutdown()).toMatchObject({ clean: true });
});

test('names a hung http2 stream and ends it at the bound', async () => {
  const health = createHealth({ signals: false, shutdown: { quiet: 0, deadlines: { drain: '200ms' } } });
  let asked = false;
  const server = health.serve(
    createServer(() => {
      asked = true;
    }),
  );
  const session = connect(`http://127.0.0.1:${await portOf(server)}`);
  const stream = session.request({ ':path': '/hung?token=canary' });
  const closed = once(stream, 'close');
  stream.on('error', () => undefined);
  session.on('error', () => undefined);
  await waitFor(() => asked);
  const report = await health.shutdown();
  expect(report.phases[1]?.pending).toEqual(['request GET /hung']);
  await closed;
  session.destroy();
});

test('an http2 client that comes during the announcement, and waits for the settings of the server, is served', async () => {
  const clock = createFakeClock();
  const health = createHealth({ clock, signals: false, shutdown: { quiet: '1s' } });
  const server = health.serve(createServer((_request, response) => void response.end('hello')));
  const port = await portOf(server);
  const stopping = health.shutdown();
  await clock.advance(900);
  const client = connect(`http://127.0.0.1:${port}`);
  let turnedAway = false;
  client.on('goaway', () => {
    turnedAway = true;
  });
  await once(client, 'remoteSettings');
  await new Promise((resolve) => client.ping(resolve)); // all that the server sent at first has come
  await clock.advance(500);
  expect(server.listening, 'its first request may still follow').toBe(true);
  expect(await ask(client, '/')).toEqual([200, 'hello']);
  await waitFor(() => turnedAway);
  await advanceUntil(clock, stopping);
  expect(await stopping).toMatchObject({ clean: true, trafficStopped: true });
});

test('an http2 client that had just connected when the announcement began has its first request served', async () => {
  const health = createHealth({ signals: false, shutdown: { quiet: '1s' } });
  const server = health.serve(createServer((_request, response) => void response.end('hello')));
  const client = connect(`http://127.0.0.1:${await portOf(server)}`);
  await once(client, 'remoteSettings');
  const stopping = health.shutdown();
  await new Promise((resolve) => client.ping(resolve)); // whatever the server said at once has come
  expect(await ask(client, '/')).toEqual([200, 'hello']);
  expect(await stopping).toMatchObject({ clean: true });
});

test('a TLS handshake that is under way holds the end of the announcement, as a silent connection does', async () => {
  const clock = createFakeClock();
  const health = createHealth({ clock, signals: false, shutdown: { quiet: '1s' } });
  const server = health.serve(createHttpsServer(credentials, (_request, response) => response.end('whole')));
  const port = await portOf(server);
  const stopping = health.shutdown();
  await clock.advance(900);
  const raw = connectTcp({ port, host: '127.0.0.1' });
  await once(server, 'connection');
  await clock.advance(500);
  expect(server.listening).toBe(true);
  const client = connectTls({ socket: raw, rejectUnauthorized: false });
  let received = '';
  client.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(client, 'end');
  expect(received).toMatch(/200 OK[\s\S]*connection: close[\s\S]*whole/i);
  const late = connectTcp({ port, host: '127.0.0.1' }).on('error', () => undefined); // a client that never says a word
  await once(server, 'connection');
  await advanceUntil(clock, stopping);
  expect(await stopping).toMatchObject({ clean: true, trafficStopped: true });
  late.destroy();
});
