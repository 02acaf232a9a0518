import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { OptionsError } from '@seaworthy/contracts';
import { waitFor } from '@seaworthy/testkit';
import express5, { type Application, type Express } from 'express';
import { describe, expect, onTestFinished, test } from 'vitest';
import { messageClasses } from '../src/requests/message-classes.js';

const express4: typeof express5 = createRequire(import.meta.url)('express4');

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('on a server with message classes, %s', (_name, express) => {
  /** What programs do with requests and responses, as far as it depends on their prototypes. */
  function application(): Express {
    const app = express();
    app.set('trust proxy', 'loopback');
    app.use(express.json());
    app.get('/seen/:id', (request, response) => {
      const { ip, ips, protocol, secure, hostname, path, query, params, originalUrl, fresh, xhr } = request;
      response.cookie('a', 'b', { httpOnly: true }).vary('Accept');
      response.json({
        ...{ ip, ips, protocol, secure, hostname, path, query, params, originalUrl, fresh, xhr },
        accepts: request.accepts('json', 'html'),
        isMessage: request instanceof IncomingMessage && response instanceof ServerResponse,
        app: request.app === app && response.app === app,
      });
    });
    app.post('/sent', (request, response) => void response.status(201).send(request.body));
    app.get('/away', (_request, response) => response.redirect('/seen/1'));
    app.get(
      '/streamed',
      (_request, response) => void response.type('text').write('a', () => response.end('b')),
    );
    app.get('/broken', () => {
      throw new Error('broken');
    });
    app.use((_error: Error, _request: unknown, response: express5.Response, _next: unknown) => {
      response.status(500).send('sorry');
    });
    const inner = express();
    inner.get('/which', (request, response, next) => {
      response.locals.inner = request.app === inner;
      next();
    });
    app.use('/inner', inner);
    app.use('/inner', (request, response) => {
      response.json({ inner: response.locals.inner, outer: request.app === app });
    });
    return app;
  }

  const requests: ReadonlyArray<readonly [path: string, init?: RequestInit]> = [
    ['/seen/7?a=1', { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' } }],
    ['/seen/8', { method: 'HEAD' }],
    ['/sent', { method: 'POST', body: '{"a":[1]}', headers: { 'content-type': 'application/json' } }],
    ['/sent', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }],
    ['/away', { redirect: 'manual' }],
    ['/streamed'],
    ['/broken'],
    ['/inner/which'],
    ['/nowhere'],
    ['/seen/9', { method: 'OPTIONS' }],
  ];

  async function answers(url: string): Promise<unknown[]> {
    const all = [];
    for (const [path, init] of requests) {
      const response = await fetch(`${url}${path}`, init);
      const { date: _date, ...headers } = Object.fromEntries(response.headers);
      const body = (await response.text()).replaceAll(url, '').replaceAll(/:\d{4,5}/g, ':port');
      all.push({ path, status: response.status, headers, body });
    }
    return all;
  }

  test('answers are the same as on any server', async () => {
    const app = application();
    const plain = await listening(createServer(app));
    const ours = await listening(createServer(messageClasses(app), app));
    const found = await answers(ours);
    expect(found).toEqual(await answers(plain));
    expect(found[0]).toMatchObject({ status: 200, body: expect.stringContaining('"ip":"203.0.113.9"') });
    expect(found[0]).toMatchObject({ body: expect.stringContaining('"isMessage":true,"app":true') });
    expect(found[7]).toMatchObject({ status: 200, body: '{"inner":true,"outer":true}' });
  });

  test('requests and responses have their prototype before the application is called', async () => {
    const app = application();
    const server = createServer(messageClasses(app), app);
    const prototypes: unknown[] = [];
    server.prependListener('request', (request, response) => {
      prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
    });
    await fetch(`${await listening(server)}/seen/1`);
    expect(prototypes[0]).toBe(app.request);
    expect(prototypes[1]).toBe(app.response);
  });

  test('all requests are of one hidden class, and so are all responses', async () => {
    const app = express();
    const seen: [object, object][] = [];
    app.get('/', (request, response) => {
      seen.push([request, response]);
      response.end();
    });
    const url = await listening(createServer(messageClasses(app), app));
    for (let warm = 0; warm < 20; warm += 1) await (await fetch(url)).text(); // V8 settles an instance's size
    const [first, second] = seen.slice(-2);
    expect(haveSameMap(first?.[0], second?.[0])).toBe(true);
    expect(haveSameMap(first?.[1], second?.[1])).toBe(true);
  });

  test('what is put on the prototypes later counts, and so do others in their place', async () => {
    const app = application();
    const url = await listening(createServer(messageClasses(app), app));
    app.get('/later', (request, response) => void response.json([Reflect.get(request, 'tenant')]));
    Object.assign(app.request, { tenant: 'one' });
    expect(await (await fetch(`${url}/later`)).json()).toEqual(['one']);
    app.request = Object.create(app.request, { tenant: { value: 'two' } });
    expect(await (await fetch(`${url}/later`)).json()).toEqual(['two']);
  });

  test('what Node answers itself has nothing of the application, whatever its responses do at their end', async () => {
    const app: Application = application(); // as the types of Express have it where they say no more
    const { response: responses } = app as Express;
    const { end } = responses;
    const ended: string[] = [];
    responses.end = function (
      this: ServerResponse & { locals: Record<string, unknown> },
      ...given: unknown[]
    ) {
      this.locals.ended = ended.push(this.req.url ?? '');
      return Reflect.apply(end, this, given);
    };
    const port = Number(new URL(await listening(createServer(messageClasses(app), app))).port);
    expect(await answerTo(port, 'GET /nameless HTTP/1.1\r\nConnection: close\r\n\r\n')).toContain(
      ' 400 Bad ',
    );
    const asked = ['GET /seen/1 HTTP/1.1', 'Host: a', 'Connection: close'].join('\r\n');
    expect(await answerTo(port, `${asked}\r\nExpect: tea\r\n\r\n`)).toContain(' 417 Expectation ');
    expect(ended).toEqual([]);
    expect(await answerTo(port, `${asked}\r\nExpect: 100-continue\r\n\r\n`)).toMatch(/ 100 .* 200 OK/s);
    expect(await answerTo(port, `${asked}\r\n\r\n`)).toContain(' 200 OK');
    expect(ended).toEqual(['/seen/1', '/seen/1']);
  });

  test('prototypes that Node could not make messages of are put on them by Express, as on any server', async () => {
    const app = application();
    const url = await listening(createServer(messageClasses(app), app));
    const seen = `${url}/seen/1`;
    const { request: requests, response: responses } = app;
    app.request = Object.create(requests);
    const before = await (await fetch(seen)).text();
    app.request = requests;
    Object.defineProperty(requests, 'client', { get: () => 'mine', configurable: true });
    expect(await (await fetch(seen)).text()).toBe(before);
    Reflect.deleteProperty(requests, 'client');
    // With prototypes that copy Node's instead of inheriting from them, in the place that the guide of Express names.
    for (const [own, parent] of [
      [requests, IncomingMessage] as const,
      [responses, ServerResponse] as const,
    ]) {
      const named = Object.getPrototypeOf(own);
      onTestFinished(() => Object.setPrototypeOf(named, parent.prototype));
      Object.setPrototypeOf(named, copyOf(parent.prototype));
    }
    expect(await (await fetch(seen)).json()).toMatchObject({ path: '/seen/1', isMessage: false });
  });

  test('a server of node:https takes them, and an upgrade has the address that Express sees', async () => {
    const app = application();
    const server = createTlsServer(messageClasses(app), app);
    expect(server.listeners('request')).toEqual([app]);
    const upgradable = createServer(messageClasses(app), app);
    upgradable.on('upgrade', (request, socket) => {
      socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\n${Reflect.get(request, 'ip')} ${request.url}`);
    });
    const { port } = new URL(await listening(upgradable));
    const socket = connect(Number(port), '127.0.0.1');
    let received = '';
    socket.on('data', (part) => {
      received += part;
    });
    socket.write('GET /live HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    await waitFor(() => received.includes('/live'), { what: 'the upgrade' });
    expect(received).toContain('127.0.0.1 /live');
  });

  test('an upgrade listener cannot assign what Express computes until it takes the prototype of Node', async () => {
    const app = application();
    const server = createServer(messageClasses(app), app);
    server.on('upgrade', (request, socket) => {
      const assign = (): unknown => Object.assign(request, { path: '/mine' }).path;
      expect(assign).toThrow(/only a getter/);
      Object.setPrototypeOf(request, IncomingMessage.prototype);
      socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\n${assign()}`);
    });
    const port = Number(new URL(await listening(server)).port);
    const asked = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
    expect(await answerTo(port, asked)).toContain('/mine');
  });
});

test.each([
  ['a request listener', (): void => undefined],
  ['a router', express5.Router()],
  ['an object', { request: {}, response: {} }],
])('%s is no Express application, and is refused', (_what, app) => {
  expect(() => messageClasses(Object(app))).toThrow(OptionsError);
  expect(() => messageClasses(Object(app))).toThrow(/messageClasses.*app.*an Express 4 or 5 application/);
});

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** All that a server sends until it closes the connection. */
function answerTo(port: number, sent: string): Promise<string> {
  return text(
    connect(port, '127.0.0.1')
      .setEncoding('utf8')
      .on('connect', function (this: Socket) {
        this.write(sent);
      }),
  );
}

function copyOf(prototype: object): object {
  const inherited = Object.getPrototypeOf(prototype);
  const copy = inherited === null ? {} : copyOf(inherited);
  return Object.defineProperties(copy, Object.getOwnPropertyDescriptors(prototype));
}

/** Whether V8 holds two objects for the same kind. It is asked by a function that no program has. */
function haveSameMap(first: unknown, second: unknown): unknown {
  setFlagsFromString('--allow-natives-syntax');
  const ask: (a: unknown, b: unknown) => unknown = runInThisContext('(a, b) => %HaveSameMap(a, b)');
  return ask(first, second);
}
