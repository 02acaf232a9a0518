import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describeHttpContract, type HttpHost, type HttpService } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { type CompressionOptions, compressed, compressedPlugin } from '../src/compression/compression.js';
import { createSessions, memorySessionStore } from '../src/sessions/index.js';
import { Browser, sessionMount } from './session-mount.js';

const long = { text: 'a word and a word '.repeat(200) };
const routes = [
  { method: 'GET', path: '/long', handle: () => ({ body: long }) },
  {
    method: 'GET',
    path: '/kept',
    handle: () => ({ body: long, headers: { 'cache-control': 'private, no-transform' } }),
  },
  {
    method: 'GET',
    path: '/events',
    handle: () => ({ body: events(), headers: { 'content-type': 'text/event-stream' } }),
  },
  {
    method: 'GET',
    path: '/part',
    handle: () => ({ status: 206, body: long, headers: { 'content-range': 'bytes 0-3608/9999' } }),
  },
  ...(['identity', 'gzip'] as const).map((coding) => ({
    method: 'GET' as const,
    path: `/tagged-${coding}`,
    handle: () => ({
      body: long,
      headers: {
        etag: '"v1"',
        'accept-ranges': 'bytes',
        ...(coding === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
      },
    }),
  })),
  { method: 'GET', path: '/same', handle: () => ({ status: 304, headers: { etag: '"v1"' } }) },
  {
    method: 'GET',
    path: '/signed',
    handle: () => ({ body: long, headers: { 'content-digest': 'sha-256=:AAAA:' } }),
  },
  { method: 'GET', path: '/image', handle: () => ({ body: long, headers: { 'content-type': 'image/png' } }) },
] as const;

async function* events(): AsyncGenerator<string> {
  for (let event = 0; event < 50; event += 1) yield `data: ${'x'.repeat(60)}\n\n`;
}

function serve(host: HttpHost, options: CompressionOptions = {}): Promise<HttpService> {
  return host.serve({
    node: (app) => app.use(compressed(options)),
    express: (app) => void app.use(compressed(options)),
    fastify: async (app) => void (await app.register(compressedPlugin(options))),
    routes,
  });
}

interface Answer {
  readonly encoding: string | undefined;
  readonly vary: string | undefined;
  readonly etag: string | undefined;
  readonly ranges: string | undefined;
  readonly bytes: Buffer;
}

/** Without the decompression that fetch does. */
function ask(service: HttpService, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(service.url + path, { headers: { 'accept-encoding': 'gzip', ...headers } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const { 'content-encoding': encoding, vary, etag, 'accept-ranges': ranges } = response.headers;
        resolve({ encoding, vary, etag, ranges, bytes: Buffer.concat(parts) });
      });
    }).on('error', reject);
  });
}

test.each([
  ['an object', { 'Content-Type': 'application/json', 'X-Other': ['a', 'b'] }],
  ['a list', ['Content-Type', 'application/json', 'X-Other', 'a', 'X-Other', 'b']],
  [
    'pairs',
    [
      ['Content-Type', 'application/json'],
      ['X-Other', ['a', 'b']],
    ],
  ],
] as const)('a head that is written before the body tells its headers as %s', async (_what, headers) => {
  const compress = compressed();
  const server = createServer((request, response) =>
    compress(request, response, () => {
      Reflect.apply(response.writeHead, response, [201, 'Made', headers]);
      if (request.url === '/flushed') response.flushHeaders();
      response.end(JSON.stringify(request.url === '/short' ? {} : long));
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [path, encoding] of [
    ['/long', 'gzip'],
    ['/short', null],
    ['/flushed', 'gzip'],
  ] as const) {
    const answer = await fetch(url + path, { headers: { 'accept-encoding': 'gzip' } });
    expect([path, answer.status, answer.statusText, answer.headers.get('x-other')]).toEqual([
      path,
      201,
      'Made',
      'a, b',
    ]);
    expect([path, answer.headers.get('content-encoding')]).toEqual([path, encoding]);
    expect(await answer.json()).toEqual(path === '/short' ? {} : long);
  }
  server.close();
  server.closeAllConnections();
});

describeHttpContract('compression', (host) => {
  test('[row 27] gzip for JSON above 1 KB and not below, not for event streams or no-transform, with Vary', async () => {
    await using service = await serve(host);
    const gzipped = await ask(service, '/long');
    expect([gzipped.encoding, gzipped.vary]).toEqual(['gzip', 'Accept-Encoding']);
    expect(gzipped.bytes.length).toBeLessThan(300);
    expect(JSON.parse(gunzipSync(gzipped.bytes).toString())).toEqual(long);
    const short = await ask(service, '/hello');
    expect([short.encoding, short.vary]).toEqual([undefined, 'Accept-Encoding']);
    expect(JSON.parse(short.bytes.toString())).toEqual({ hello: 'world' });
    for (const path of ['/events', '/kept', '/image']) {
      const { encoding, bytes } = await ask(service, path);
      expect([path, encoding]).toEqual([path, undefined]);
      expect(bytes.length).toBeGreaterThan(3_000);
    }
  });

  test('leaves a part of a whole as it is, which a client puts together with others', async () => {
    await using service = await serve(host);
    const { encoding, bytes } = await ask(service, '/part');
    expect([encoding, JSON.parse(bytes.toString())]).toEqual([undefined, long]);
  });

  test('marks the ETag of what it compressed weak and takes its ranges back, because the bytes are others', async () => {
    await using service = await serve(host);
    for (const coding of ['gzip', 'br']) {
      const { encoding, etag, ranges } = await ask(service, '/tagged-identity', {
        'accept-encoding': coding,
      });
      expect([encoding, etag, ranges]).toEqual([coding, 'W/"v1"', undefined]);
    }
    for (const [path, accepted] of [
      ['/tagged-identity', 'identity'],
      ['/tagged-gzip', 'gzip'], // encoded by the handler, whose tag is of these very bytes
    ] as const) {
      const { etag, ranges } = await ask(service, path, { 'accept-encoding': accepted });
      expect([path, etag, ranges]).toEqual([path, '"v1"', 'bytes']);
    }
  });

  test('tells a client that its copy is good by the ETag of that copy', async () => {
    await using service = await serve(host);
    for (const [known, told] of [
      ['W/"v1"', 'W/"v1"'],
      ['"v0", W/"v1"', 'W/"v1"'],
      ['"v1"', '"v1"'],
      ['W/"v1", "v1"', '"v1"'],
      ['*', '"v1"'],
    ] as const) {
      const { etag } = await ask(service, '/same', { 'if-none-match': known });
      expect([known, etag]).toEqual([known, told]);
    }
  });

  test('leaves an answer with a digest of its bytes as it is', async () => {
    await using service = await serve(host);
    const { encoding, bytes } = await ask(service, '/signed');
    expect([encoding, JSON.parse(bytes.toString())]).toEqual([undefined, long]);
  });

  test('compresses by brotli where the client takes it, and not where it takes nothing', async () => {
    await using service = await serve(host);
    const small = await ask(service, '/long', { 'accept-encoding': 'gzip, br' });
    expect(small.encoding).toBe('br');
    expect(JSON.parse(brotliDecompressSync(small.bytes).toString())).toEqual(long);
    const plain = await ask(service, '/long', { 'accept-encoding': 'identity' });
    expect([plain.encoding, plain.vary]).toEqual([undefined, 'Accept-Encoding']);
  });

  test('leaves answers alone that a foreign page asked for with cookies, against BREACH', async () => {
    await using service = await serve(host);
    const foreign = { 'sec-fetch-site': 'cross-site', cookie: 'sid=1' };
    expect((await ask(service, '/long', foreign)).encoding).toBeUndefined();
    expect((await ask(service, '/long', { 'sec-fetch-site': 'cross-site' })).encoding).toBe('gzip');
    expect((await ask(service, '/long', { 'sec-fetch-site': 'same-origin', cookie: 'sid=1' })).encoding).toBe(
      'gzip',
    );
  });

  test('whoever adds headers when the head is written still does: a login gets its cookie', async () => {
    const keys = ['a-key-of-the-sessions-0123456789abcdef'];
    const sessions = createSessions({ store: memorySessionStore(), environment: 'test', keys });
    const { node, express, fastify, routes: logins } = sessionMount(sessions);
    await using service = await host.serve({
      node: (app) => {
        app.use(compressed());
        node?.(app);
      },
      express: async (app) => {
        app.use(compressed());
        await express?.(app);
      },
      fastify: async (app) => {
        await app.register(compressedPlugin());
        await fastify?.(app);
      },
      routes: logins ?? [],
    });
    const login = await new Browser().ask('POST', `${service.url}/login/ada`);
    expect(login.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-session=1\./)]);
    expect(login.headers.get('cache-control')).toBe('no-store');
  });

  test('begins at the length that is asked for', async () => {
    await using service = await serve(host, { minBytes: '1mb' });
    expect((await ask(service, '/long')).encoding).toBeUndefined();
  });
});
