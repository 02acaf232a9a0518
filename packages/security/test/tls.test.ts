import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { Agent, get } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { type Authority, createAuthority, createFakeClock, waitFor } from '@seaworthy/testkit';
import express from 'express';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTls, pinnedIdentity, pinOf, serverLimits, type Tls } from '../src/transport/index.js';

const run = promisify(execFile);

let authority: Authority;
let certFile: string;
let keyFile: string;

async function install(name: string): Promise<void> {
  const issued = await authority.issue(name, 'DNS:localhost,IP:127.0.0.1');
  await copyFile(issued.certPath, certFile);
  await copyFile(issued.keyPath, keyFile);
}

beforeAll(async () => {
  authority = await createAuthority();
  certFile = `${authority.folder}/live.pem`;
  keyFile = `${authority.folder}/live.key`;
  await install('first');
});
afterAll(() => authority[Symbol.asyncDispose]());

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The name on the certificate that a new connection sees. */
function nameAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority.ca, servername: 'localhost' }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

async function serve(tls: Tls, options = {}): Promise<{ port: number; server: Server }> {
  const server = tls.createServer((request, response) => {
    response.end(request.httpVersion);
  }, options);
  return { port: await listening(server), server };
}

describe('a server with TLS', () => {
  test('speaks TLS 1.2 and 1.3 and nothing older, with forward secrecy and authenticated encryption alone', async () => {
    await using tls = await createTls({ certFile, keyFile, every: 0 });
    const { port, server } = await serve(tls);
    const handshake = async (...args: readonly string[]): Promise<string> => {
      const child = run('openssl', [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        '-CAfile',
        authority.caPath,
        ...args,
      ]);
      child.child.stdin?.end();
      const { stdout } = await child.catch((error: { readonly stdout: string }) => error);
      return /Cipher is (\S+)/.exec(stdout)?.[1] ?? /Cipher {4}: (\S+)/.exec(stdout)?.[1] ?? '(NONE)';
    };
    const weak = 'DEFAULT:ALL:@SECLEVEL=0';
    for (const version of ['-tls1', '-tls1_1']) {
      expect([version, await handshake(version, '-cipher', weak)]).toEqual([version, '(NONE)']);
    }
    expect(await handshake('-tls1_3')).toMatch(/^TLS_/);
    const { stdout } = await run('openssl', ['ciphers', '-s', '-tls1_2', weak]);
    const accepted: string[] = [];
    for (const cipher of stdout.trim().split(':')) {
      if (cipher.startsWith('TLS_')) continue;
      const agreed = await handshake('-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`);
      if (agreed !== '(NONE)' && agreed !== '0000') accepted.push(agreed);
    }
    expect(accepted.length).toBeGreaterThan(1);
    for (const cipher of accepted) expect(cipher).toMatch(/^ECDHE-.*(GCM|CHACHA20)/);
    server.close();
  });

  test('answers curl by HTTP/2 and by HTTP/1.1, and many streams at once', async () => {
    await using tls = await createTls({ certFile, keyFile, every: 0 });
    const { port, server } = await serve(tls);
    const curl = async (flag: string): Promise<string> => {
      const { stdout } = await run('curl', [
        '--silent',
        '--show-error',
        flag,
        '--cacert',
        authority.caPath,
        '--write-out',
        ' %{http_version}',
        `https://localhost:${port}/`,
      ]);
      return stdout;
    };
    expect(await curl('--http2')).toBe('2.0 2');
    expect(await curl('--http1.1')).toBe('1.1 1.1');

    const session = connectHttp2(`https://localhost:${port}`, { ca: authority.ca });
    const answers = await Promise.all(Array.from({ length: 500 }, () => streamOf(session)));
    expect(new Set(answers)).toEqual(new Set(['200 2.0']));
    session.close();
    server.close();
  });

  test('serves Express by HTTP/1.1 and Fastify by both', async () => {
    await using tls = await createTls({ certFile, keyFile, every: 0 });
    const app = express();
    app.get('/', (request, response) => void response.json({ secure: request.secure }));
    const server = tls.createServer(app, { http2: false });
    const port = await listening(server);
    const agent = new Agent({ ca: authority.ca });
    expect(await bodyOf(`https://localhost:${port}/`, agent)).toBe('{"secure":true}');
    server.close();

    const other = fastify({ serverFactory: (handler) => tls.createServer(handler) });
    other.get('/', async (request) => ({ version: request.raw.httpVersion }));
    await other.listen({ port: 0, host: '127.0.0.1' });
    const fastifyPort = (other.server.address() as AddressInfo).port;
    expect(await bodyOf(`https://localhost:${fastifyPort}/`, agent)).toBe('{"version":"1.1"}');
    const session = connectHttp2(`https://localhost:${fastifyPort}`, { ca: authority.ca });
    expect(await streamOf(session)).toBe('200 {"version":"2.0"}');
    session.destroy();
    agent.destroy();
    await other.close();
  });

  test('takes a renewed certificate for new connections, by itself, and keeps the open ones', async () => {
    const clock = createFakeClock();
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const gauge: number[] = [];
    const metrics = {
      counter: () => ({ add: () => undefined }),
      histogram: () => ({ record: () => undefined }),
      gauge: () => ({ set: (value: number) => void gauge.push(value) }),
    };
    await using tls = await createTls({
      certFile,
      keyFile,
      clock,
      metrics,
      logger: { error: log, warn: log, info: log, debug: log },
    });
    const { port, server } = await serve(tls);
    expect(await nameAt(port)).toBe('first');
    const session = connectHttp2(`https://localhost:${port}`, { ca: authority.ca });
    expect(await streamOf(session)).toBe('200 2.0');

    await install('second');
    await clock.advance(60_000);
    await waitFor(async () => (await nameAt(port)) === 'second', { what: 'the new certificate' });
    expect(await streamOf(session)).toBe('200 2.0');
    expect(gauge.at(-1)).toBe(tls.expiresAt.getTime() / 1_000);
    expect(await tls.reload()).toBe(false);

    await writeFile(certFile, 'half a cert'); // as while somebody copies
    for (let look = 0; look < 3; look += 1) {
      await clock.advance(60_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await nameAt(port)).toBe('second');
    await expect(tls.reload()).rejects.toMatchObject({ code: 'SECURITY_CERTIFICATE_UNUSABLE' });
    await install('third');
    await clock.advance(60_000);
    await waitFor(async () => (await nameAt(port)) === 'third', { what: 'the certificate after that' });
    expect(lines).toEqual([
      'Certificate exchanged',
      'Certificate not exchanged; the one before stays',
      'Certificate exchanged',
    ]);
    session.destroy();
    server.close();
  });

  test('does not start with a certificate and a key that do not belong together', async () => {
    const other = await authority.issue('other', 'DNS:localhost');
    await expect(createTls({ certFile, keyFile: other.keyPath })).rejects.toMatchObject({
      code: 'SECURITY_CERTIFICATE_UNUSABLE',
    });
    await expect(createTls({ certFile: '/nowhere', keyFile })).rejects.toMatchObject({
      code: 'SECURITY_CERTIFICATE_UNUSABLE',
    });
  });
});

describe('pinned keys', () => {
  test('[row 24] a server with the right key is asked, one with another is refused before anything is sent', async () => {
    await install('pinned');
    await using tls = await createTls({ certFile, keyFile, every: 0 });
    const asked: string[] = [];
    const server = tls.createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('ok');
    });
    const port = await listening(server);
    const [pin, spare] = [pinOf(await readFile(certFile)), pinOf(authority.ca)];
    const other = pinOf(await readFile((await authority.issue('foreign', 'DNS:localhost')).certPath));
    const { stdout } = await run('sh', [
      '-c',
      `openssl x509 -in ${certFile} -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl base64`,
    ]);
    expect(pin).toBe(`sha256/${stdout.trim()}`);

    const agentWith = (...pins: readonly string[]): Agent =>
      new Agent({ ca: authority.ca, checkServerIdentity: pinnedIdentity({ pins }) });
    expect(await bodyOf(`https://localhost:${port}/right`, agentWith(spare, pin))).toBe('ok');
    await expect(bodyOf(`https://localhost:${port}/wrong`, agentWith(spare, other))).rejects.toMatchObject({
      code: 'SECURITY_PIN_MISMATCH',
    });
    // What TLS itself checks stays checked.
    await expect(bodyOf(`https://[::ffff:127.0.0.1]:${port}/name`, agentWith(spare, pin))).rejects.toThrow();
    await expect(
      bodyOf(
        `https://localhost:${port}/chain`,
        new Agent({ checkServerIdentity: pinnedIdentity({ pins: [pin, spare] }) }),
      ),
    ).rejects.toThrow(/issuer|self|verify/i);
    expect(asked).toEqual(['/right']);
    server.close();
    server.closeAllConnections?.();
  });

  test('need one in reserve, and the form of RFC 7469', () => {
    const pin = `sha256/${'A'.repeat(43)}=`;
    for (const pins of [[], [pin], [pin, pin], [pin, 'sha1/abc'], [pin, 'A'.repeat(44)]]) {
      expect(() => pinnedIdentity({ pins })).toThrow(/two different pins/);
    }
  });
});

describe('the time that a server gives', () => {
  test('ends for a client that sends its headers drop by drop', async () => {
    const limits = serverLimits({ headersTimeout: '200ms', requestTimeout: '400ms' });
    const server = createServer(limits, (_request, response) => void response.end('ok'));
    const port = await listening(server);
    const socket = connectTcp(port, '127.0.0.1');
    let text = '';
    let closed = false;
    socket.on('data', (part) => {
      text += part;
    });
    socket.on('close', () => {
      closed = true;
    });
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    const drops = setInterval(() => socket.write('X-Drop: 1\r\n'), 50);
    await waitFor(() => closed, { what: 'the connection to be closed' });
    clearInterval(drops);
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    server.close();
  });

  test.each([
    ['headers', 'GET / HTTP/1.1\r\nHost: a\r\n', 'X-Drop: 1\r\n'],
    ['its body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n', '.'],
    ['nothing', '', ''],
  ])(
    'ends by TLS for a client of HTTP/1.1 that sends %s drop by drop, on servers with HTTP/2 and without',
    async (_what, beginning, drop) => {
      await using tls = await createTls({ certFile, keyFile, every: 0 });
      const limits = { headersTimeout: '200ms', requestTimeout: '400ms' };
      for (const http2 of [true, false]) {
        const { port, server } = await serve(tls, { http2, ...limits });
        const socket = connectTls({
          port,
          host: '127.0.0.1',
          ca: authority.ca,
          servername: 'localhost',
          ALPNProtocols: ['http/1.1'],
        });
        let closed = false;
        socket.on('error', () => undefined).on('data', () => undefined);
        socket.on('close', () => {
          closed = true;
        });
        socket.write(beginning);
        const drops = setInterval(() => socket.write(drop), 50);
        await waitFor(() => closed, { what: 'the connection to be closed', timeoutMs: 15_000 });
        clearInterval(drops);
        server.close();
      }
    },
  );

  test('is longer between requests than nginx and load balancers rest, and reaches a server of both versions', async () => {
    expect(serverLimits().keepAliveTimeout).toBeGreaterThan(60_000);
    await using tls = await createTls({ certFile, keyFile, every: 0 });
    for (const http2 of [true, false]) {
      const { server } = await serve(tls, { http2, keepAliveTimeout: '90s' });
      expect([server.keepAliveTimeout, server.headersTimeout]).toEqual([90_000, 10_000]);
      server.close();
    }
  });

  test('ends a request of HTTP/2 whose body never ends, and no answer to a whole one however long it takes', async () => {
    await using tls = await createTls({ certFile, keyFile, every: 0 });
    const answers: ServerResponse[] = [];
    const server = tls.createServer((_request, response) => void answers.push(response), {
      requestTimeout: '1s',
      headersTimeout: '1s',
    });
    const session = connectHttp2(`https://localhost:${await listening(server)}`, { ca: authority.ca });
    const whole = session.request({ ':method': 'POST' });
    whole.end('all of it');
    const none = session.request({ ':path': '/' });
    const open = session.request({ ':method': 'POST' });
    open.on('error', () => undefined).write('and then');
    const drops = setInterval(() => open.write('.'), 50);
    await waitFor(() => open.closed, { what: 'the request that never ends to be ended' });
    clearInterval(drops);
    expect([whole.closed, none.closed]).toEqual([false, false]);
    const answered = Promise.all(
      [whole, none].map((stream) => new Promise((resolve) => stream.resume().once('end', resolve))),
    );
    for (const response of answers) response.end();
    await answered;
    session.destroy();
    server.close();
  });

  test('refuses headers that may take longer than their request', () => {
    expect(() => serverLimits({ headersTimeout: '2m' })).toThrow(/headersTimeout/);
  });
});

function streamOf(session: ClientHttp2Session): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/' });
    let [status, text] = ['', ''];
    stream.on('response', (headers) => {
      status = String(headers[':status']);
    });
    stream.on('data', (part) => {
      text += part;
    });
    stream.on('end', () => resolve(`${status} ${text}`));
    stream.on('error', reject);
    session.on('error', reject);
  });
}

function bodyOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}
