import { EventEmitter, once } from 'node:events';
import { get, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { type HttpHost, httpHosts, type Mount, waitFor } from '@seaworthy/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { withContext } from '../src/index.js';
import { currentContext } from '../src/log-context.js';
import { initSentry, type Sentry, type SentrySdk } from '../src/sentry/index.js';

/** What a route throws, and what the service's own error handler makes of it: without a status it leaves it to the framework. */
interface Failure {
  readonly error: unknown;
  readonly answer?: number;
}

class NotFound extends Error {}

const failures = {
  plain: { error: new Error('plain') },
  'of another service': { error: Object.assign(new Error('upstream'), { status: 404 }), answer: 500 },
  unavailable: { error: Object.assign(new Error('unavailable'), { status: 400 }), answer: 503 },
  'not found': { error: new NotFound('not found'), answer: 404 },
  'with a word': { error: Object.assign(new Error('with a word'), { statusCode: 404, status: 'fail' }) },
  text: { error: 'text', answer: 500 },
} satisfies Record<string, Failure>;

type Name = keyof typeof failures;

const errorNamed = (name: string): unknown => failures[name as Name].error;
const answerTo = (error: unknown): number | undefined =>
  Object.values<Failure>(failures).find((failure) => failure.error === error)?.answer;

const arrivals = new EventEmitter();

/** Waits for the client to leave where the query says so. */
async function gone(url: string, response: ServerResponse): Promise<void> {
  if (!url.includes('?gone')) return;
  arrivals.emit('request');
  await once(response, 'close');
  setImmediate(() => setImmediate(() => arrivals.emit('left'))); // behind what the error handlers put off
}

/** A handler that asks somebody for its text answers later than it returns. */
function answer(status: number, send: () => void): void {
  if (status === 503) setImmediate(send);
  else send();
}

function ownHandler(
  error: unknown,
  _request: unknown,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const status = answerTo(error);
  if (status === undefined || response.headersSent) next(error);
  else answer(status, () => response.writeHead(status).end('own'));
}

function mount(sentry: Sentry): Mount {
  return {
    express(app) {
      app.use((_request, _response, next) => withContext({ requestId: 'r1' }, next));
      app.get('/late', (_request, response, next) => {
        response.writeHead(200).write('half');
        next(errorNamed('of another service'));
      });
      app.get('/streamed', (request, response, next) => {
        const parts = async function* () {
          yield 'half';
          if (request.url.includes('?gone')) arrivals.emit('request');
          else throw errorNamed('of another service');
          await new Promise(() => undefined); // a source that has no more for now
        };
        pipeline(Readable.from(parts()), response, (error) => {
          next(error); // the answer is destroyed by now, whoever was at fault
          arrivals.emit('end of a stream');
        });
      });
      app.get('/errors/:name', (request, response, next) => {
        const error = errorNamed(request.params.name);
        void gone(request.url, response).then(() => next(error));
      });
    },
    expressErrors(app) {
      app.use(sentry.expressErrorHandler());
      app.use(sentry.expressErrorHandler()); // twice by mistake
      app.use(ownHandler);
      app.set('env', 'test'); // prints no stack
    },
    async fastify(app) {
      app.addHook('onRequest', (_request, _reply, done) => withContext({ requestId: 'r1' }, done));
      await app.register(sentry.fastifyErrorHandler());
      await app.register(sentry.fastifyErrorHandler());
      app.setErrorHandler((error, _request, reply) => {
        const status = answerTo(error);
        if (status === undefined) return reply.send(error);
        answer(status, () => void reply.code(status).send('own'));
        return reply;
      });
      app.get<{ Params: { name: string } }>('/errors/:name', async (request, reply) => {
        await gone(request.url, reply.raw);
        throw errorNamed(request.params.name);
      });
    },
  };
}

/** The host, and what Sentry is told, with the log context and the name of that moment. */
async function serve(host: HttpHost, setName?: () => never) {
  const told: Array<{ readonly error: unknown; readonly requestId: unknown; readonly route: unknown }> = [];
  let route: string | undefined;
  const sdk: SentrySdk = {
    init: () => undefined,
    makeNodeTransport: () => ({ send: async () => ({}), flush: async () => true }),
    captureException(error) {
      told.push({ error, requestId: currentContext()?.requestId, route });
      return 'id';
    },
    getIsolationScope: () => ({
      setTransactionName(name) {
        setName?.();
        route = name;
      },
    }),
    flush: async () => true,
    close: async () => true,
  };
  const dsn = 'http://public@127.0.0.1:1/1';
  const sentry = await initSentry(sdk, { dsn, environment: 'test', release: 'r', process: false });
  const service = await host.serve(mount(sentry));
  onTestFinished(() => service.close());
  const request = async (path: string): Promise<number> => {
    const response = await fetch(`${service.url}${path}`);
    await response.text();
    return response.status;
  };
  /** What was told of before a last error, which is told behind all others. */
  const toldUntilNow = async () => {
    const count = told.length;
    await request('/errors/plain');
    await waitFor(() => told.length > count && told.at(-1)?.error === errorNamed('plain'), {
      what: 'the last error',
    });
    return told.slice(0, -1);
  };
  return { url: service.url, request, toldUntilNow };
}

const frameworks = httpHosts.filter(({ name }) => name !== 'node:http');

describe.each(frameworks)('on $name', (host) => {
  test.each<[Name, number, number]>([
    ['plain', 500, 1],
    ['of another service', 500, 1],
    ['unavailable', 503, 1],
    ['text', 500, 1],
    ['not found', 404, 0],
    ['with a word', 404, 0],
  ])(
    'an error (%s) that is answered with %d is sent %d times, with its context',
    async (name, status, times) => {
      const { request, toldUntilNow } = await serve(host);
      expect(await request(`/errors/${name}`)).toBe(status);
      const sent = { error: errorNamed(name), requestId: 'r1', route: 'GET /errors/:name' };
      expect(await toldUntilNow()).toEqual(Array.from({ length: times }, () => sent));
    },
  );

  test('an error whose route cannot be told is sent, and answered', async () => {
    const { request, toldUntilNow } = await serve(host, () => {
      throw new Error('no name');
    });
    expect(await request('/errors/plain')).toBe(500);
    expect(await toldUntilNow()).toEqual([{ error: errorNamed('plain'), requestId: 'r1', route: undefined }]);
  });

  test('an error that comes when the client has left is sent once, unless it would have been a 4xx', async () => {
    const { url, toldUntilNow } = await serve(host);
    for (const name of ['not found', 'with a word', 'of another service', 'plain']) {
      const arrived = once(arrivals, 'request');
      const left = get(`${url}/errors/${encodeURIComponent(name)}?gone`).on('error', () => undefined);
      await arrived;
      const seen = once(arrivals, 'left');
      left.destroy();
      await seen;
    }
    const sent = await toldUntilNow();
    expect(sent.map(({ error }) => error)).toEqual([errorNamed('of another service'), errorNamed('plain')]);
  });
});

describe.each(frameworks.filter(({ name }) => name.startsWith('express')))('on $name', (host) => {
  test.each(['/late', '/streamed'])(
    'an error behind the headers (%s), which the status does not tell of, is sent',
    async (path) => {
      const { request, toldUntilNow } = await serve(host);
      await expect(request(path)).rejects.toThrow();
      expect(await toldUntilNow()).toEqual([
        { error: errorNamed('of another service'), requestId: 'r1', route: `GET ${path}` },
      ]);
    },
  );

  test('a client that leaves in the middle of a stream is no error', async () => {
    const { url, toldUntilNow } = await serve(host);
    const arrived = once(arrivals, 'request');
    const left = get(`${url}/streamed?gone`, (answer) => answer.on('error', () => undefined));
    left.on('error', () => undefined);
    await arrived;
    const ended = once(arrivals, 'end of a stream');
    left.destroy();
    await ended;
    expect(await toldUntilNow()).toEqual([]);
  });
});
