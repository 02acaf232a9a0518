import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import {
  describeHttpContract,
  type HttpHost,
  type HttpService,
  rawRequest,
  waitFor,
} from '@seaworthy/testkit';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonBodies as expressBodies, validated as expressValidated } from '../src/adapters/express.js';
import { jsonBodies as fastifyBodies, validated as fastifyValidated } from '../src/adapters/fastify.js';
import { jsonBodies as nodeBodies, validated as nodeValidated } from '../src/adapters/node.js';
import { inputCheck } from '../src/input/check-input.js';
import type { InputSchemas, JsonBodiesOptions } from '../src/input/index.js';

const canary = 'canary-7f3a';

/** The same route by three libraries. */
const vendors = {
  zod: {
    params: z.object({ id: z.uuid() }),
    query: z.object({ limit: z.string().regex(/^\d+$/) }),
    headers: z.object({ 'x-tenant': z.string() }),
    body: z.object({
      items: z.array(z.object({ price: z.number(), kind: z.enum(['a', 'b']) })),
      note: z.string(),
    }),
  },
  valibot: {
    params: v.object({ id: v.pipe(v.string(), v.uuid()) }),
    query: v.object({ limit: v.pipe(v.string(), v.regex(/^\d+$/)) }),
    headers: v.object({ 'x-tenant': v.string() }),
    body: v.object({
      items: v.array(v.object({ price: v.number(), kind: v.picklist(['a', 'b']) })),
      note: v.string(),
    }),
  },
  arktype: {
    params: type({ id: 'string.uuid' }),
    query: type({ limit: /^\d+$/ }),
    headers: type({ 'x-tenant': 'string' }),
    body: type({ items: type({ price: 'number', kind: "'a' | 'b'" }).array(), note: 'string' }),
  },
} satisfies Readonly<Record<string, InputSchemas>>;

/** A PUT of /orders/:id that answers with what its schemas made of it. */
function serve(host: HttpHost, schemas: InputSchemas, options: JsonBodiesOptions = {}): Promise<HttpService> {
  // Only a router knows parameters.
  const { params: _params, ...withoutParams } = schemas;
  const [onNode, onExpress, onFastify] = [
    nodeValidated(withoutParams),
    expressValidated(schemas),
    fastifyValidated(schemas),
  ];
  return host.serve({
    node: (app) => {
      app.use(nodeBodies(options));
      app.use(onNode);
      app.use(
        (request, response) => void response.end(JSON.stringify({ ...onNode.of(request), params: {} })),
      );
    },
    express: (app) => {
      app.use(expressBodies(options));
      app.put('/orders/:id', onExpress, (request, response) => {
        response.json(onExpress.of(request));
      });
    },
    fastify: async (app) => {
      await app.register(fastifyBodies(options));
      app.put('/orders/:id', { preValidation: onFastify }, async (request) => onFastify.of(request));
    },
  });
}

const id = '6a8d3c1e-6f0e-4b5c-9d7b-0f6f5f3c2b1a';
const json = { 'content-type': 'application/json' };
const put = (
  service: HttpService,
  body: string,
  { path = `/orders/${id}?limit=5`, headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Promise<Response> =>
  fetch(service.url + path, { method: 'PUT', body, headers: { ...json, 'x-tenant': 't', ...headers } });

describeHttpContract('input', (host) => {
  const hasRouter = host.name !== 'node:http';

  test.each(Object.entries(vendors))(
    '[row 36] of bad body, query, params and headers is refused with one and the same list of fields, without a value: %s',
    async (_vendor, schemas) => {
      await using service = await serve(host, schemas);
      const answer = await fetch(`${service.url}/orders/${canary}?limit=${canary}`, {
        method: 'PUT',
        headers: json,
        body: JSON.stringify({
          items: [
            { price: 1, kind: 'a' },
            { price: canary, kind: canary },
          ],
        }),
      });
      const text = await answer.text();
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(text).not.toContain(canary);
      const { fields, ...problem } = JSON.parse(text) as { readonly fields: readonly object[] };
      const count = hasRouter ? 6 : 5;
      expect(problem).toEqual({
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        code: 'INVALID_INPUT',
        detail: `${count} fields are missing or not as they should be.`,
      });
      const sorted = [...fields].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
      expect(sorted).toEqual([
        { in: 'body', path: 'items[1].kind', problem: 'invalid' },
        { in: 'body', path: 'items[1].price', problem: 'invalid' },
        { in: 'body', path: 'note', problem: 'missing' },
        { in: 'headers', path: 'x-tenant', problem: 'missing' },
        ...(hasRouter ? [{ in: 'params', path: 'id', problem: 'invalid' }] : []),
        { in: 'query', path: 'limit', problem: 'invalid' },
      ]);
    },
  );

  test('that is as its schemas want it reaches the handler as they made it', async () => {
    const schemas = {
      query: z.object({ limit: z.coerce.number() }),
      body: z.object({ note: z.string().default('none') }),
    };
    await using service = await serve(host, schemas);
    const answer = await put(service, '{"other":1}');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ query: { limit: 5 }, body: { note: 'none' } });
  });

  test.each([
    ['that is no JSON', '{"a":', {}, 400, 'MALFORMED_BODY'],
    ['in broken UTF-8', '\xff', { latin1: true }, 400, 'MALFORMED_BODY'],
    ['with __proto__', '{"a":[{"__proto__":{"admin":true}}]}', {}, 400, 'FORBIDDEN_KEY'],
    ['with an escaped __proto__', '{"\\u005f_proto__":1}', {}, 400, 'FORBIDDEN_KEY'],
    ['with constructor.prototype', '{"constructor":{"prototype":{"admin":1}}}', {}, 400, 'FORBIDDEN_KEY'],
    ['larger than allowed', `"${'x'.repeat(2_000)}"`, {}, 413, 'BODY_TOO_LARGE'],
    ['larger than allowed, in chunks', `"${'x'.repeat(2_000)}"`, { chunked: true }, 413, 'BODY_TOO_LARGE'],
    ['as text', '{}', { type: 'text/plain' }, 415, 'UNSUPPORTED_TYPE'],
    ['as a form', 'a=1', { type: 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_TYPE'],
    ['of no type', '{}', { type: '' }, 415, 'UNSUPPORTED_TYPE'],
    ['in another charset', '{}', { type: 'application/json; charset=utf-16' }, 415, 'UNSUPPORTED_TYPE'],
    ['that is compressed', '{}', { encoding: 'gzip' }, 415, 'UNSUPPORTED_TYPE'],
  ] satisfies ReadonlyArray<readonly [string, string, object, number, string]>)(
    'a body %s is refused',
    async (_what, body, how: {
      latin1?: boolean;
      chunked?: boolean;
      type?: string;
      encoding?: string;
    }, status, code) => {
      await using service = await serve(host, { body: z.unknown() }, { maxBytes: '1kb' });
      const bytes = Buffer.from(body, how.latin1 === true ? 'latin1' : 'utf8');
      const lines = [
        `PUT /orders/${id} HTTP/1.1`,
        'Host: a',
        ...(how.type === '' ? [] : [`Content-Type: ${how.type ?? 'application/json; charset=utf-8'}`]),
        ...(how.encoding === undefined ? [] : [`Content-Encoding: ${how.encoding}`]),
        how.chunked === true ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`,
        'Connection: close',
      ];
      const text = `${lines.join('\r\n')}\r\n\r\n`;
      const rest =
        how.chunked === true
          ? `${bytes.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
          : bytes.toString('latin1');
      const answer = await exchange(service.port, Buffer.from(text + rest, 'latin1'));
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).toContain('content-type: application/problem+json; charset=utf-8');
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status, code });
    },
  );

  test('a body that comes drop by drop is cut off, and its connection closed', async () => {
    await using service = await serve(host, { body: z.unknown() }, { timeout: '300ms' });
    const socket = connect(service.port, '127.0.0.1');
    let answer = '';
    let closed = false;
    socket.on('data', (part) => {
      answer += part;
    });
    socket.on('close', () => {
      closed = true;
    });
    socket.on('error', () => undefined);
    socket.write(
      `PUT /orders/${id} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    );
    const drops = setInterval(() => socket.write(' '), 50);
    await waitFor(() => closed, { what: 'the connection to be closed' });
    clearInterval(drops);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('BODY_TOO_SLOW');
  });

  test('a large body is answered 413 although its client still sends, and the next connection works', async () => {
    await using service = await serve(host, { body: z.unknown() }, { maxBytes: '1kb' });
    const answer = await put(service, `"${'x'.repeat(3_000_000)}"`);
    expect([answer.status, await answer.json()]).toMatchObject([413, { code: 'BODY_TOO_LARGE' }]);
    expect((await put(service, '{}')).status).toBe(200);
  });

  test('a query with __proto__ is refused', async () => {
    await using service = await serve(host, { query: z.record(z.string(), z.unknown()) });
    const answer = await put(service, '{}', { path: `/orders/${id}?__proto__=1&a=2` });
    // The parser of Express 4 drops the key itself.
    expect(answer.status).toBe(host.name === 'express4' ? 200 : 400);
    expect(await answer.text()).not.toContain('__proto__');
  });

  test('a check that fails by itself is an error of the host, not of the client', async () => {
    const broken = z.unknown().refine(() => {
      throw new Error(canary);
    });
    await using service = await serve(host, { body: broken });
    expect((await put(service, '{}')).status).toBe(500);
  });
});

describe('jsonBodies()', () => {
  test('reads a body of HTTP/2, whose length nobody has to tell, and knows a request without one', async () => {
    const read = nodeBodies({ maxBytes: '1kb' });
    const server = createHttp2Server((request, response) => {
      // What both versions have in common is all that is used.
      const common = request as unknown as IncomingMessage;
      read(common, response as unknown as ServerResponse, () => {
        response.end(JSON.stringify({ body: Reflect.get(request, 'body') ?? null }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const ask = (headers: Record<string, string>, body?: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const stream = session.request(
          { ':path': '/', ':method': body === undefined ? 'GET' : 'POST', ...headers },
          { endStream: body === undefined },
        );
        let text = '';
        stream.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        stream.on('end', () => resolve(text)).on('error', reject);
        if (body !== undefined) stream.end(body);
      });
    expect(await ask(json, '{"a":1}')).toBe('{"body":{"a":1}}');
    expect(await ask(json)).toBe('{"body":null}');
    expect(await ask({ 'content-type': 'text/plain' }, '{}')).toContain('UNSUPPORTED_TYPE');
    expect(await ask(json, `"${'x'.repeat(2_000)}"`)).toContain('BODY_TOO_LARGE');
    session.destroy();
    server.close();
  });
});

describe('validated()', () => {
  test('refuses what is no schema and what is no part of a request', () => {
    // @ts-expect-error: not a Standard Schema
    expect(() => nodeValidated({ body: { type: 'object' } })).toThrow(/Standard Schema/);
    // @ts-expect-error: misspelt
    expect(() => nodeValidated({ boddy: z.unknown() })).toThrow(/Did you mean "body"/);
  });

  test('reads the query of a target that is no address, as it comes, and of thousands of names in no time to speak of', async () => {
    const query = nodeValidated({ query: z.record(z.string(), z.unknown()) });
    const server = createServer((request, response) =>
      query(
        request,
        response,
        (error) => void response.end(JSON.stringify(error ?? query.of(request).query)),
      ),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (target: string): Promise<{ readonly status: number; readonly body: string }> =>
      rawRequest({ port, text: `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n` });
    for (const target of ['//?a=1&b=+%2B&b=2', '//:99999?a=1&b=+%2B&b=2', 'http://[?a=1&b=+%2B&b=2']) {
      const { status, body } = await ask(target);
      expect([target, status, body]).toEqual([target, 200, '{"a":"1","b":[" +","2"]}']);
    }
    expect(await ask('//')).toMatchObject({ status: 200, body: '{}' });
    const names = Array.from({ length: 3_000 }, (_, at) => at.toString(36)).join('&');
    expect(Object.keys(JSON.parse((await ask(`/?${names}`)).body))).toHaveLength(3_000);
    server.close();
  });

  test('a schema that refuses without a complaint refuses', async () => {
    const silent = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [] }) } } as const;
    const answer = await inputCheck({ body: silent })({ body: {}, query: {}, params: {}, headers: {} });
    expect(answer).toMatchObject({ ok: false, refusal: { status: 400 } });
  });

  test('tells of a body that is wrong in 200,000 places what it looked at, and how much more there is', async () => {
    const check = inputCheck({ body: z.array(z.string()) });
    const body = Array.from({ length: 200_000 }, () => 0);
    const result = await check({ body, query: {}, params: {}, headers: {} });
    const { status, body: text } = result.ok ? { status: 200, body: '{}' } : result.refusal;
    expect([status, JSON.parse(text).detail, JSON.parse(text).fields.length]).toEqual([
      400,
      '1000 fields are missing or not as they should be, and 199000 complaints more were not looked at.',
      50,
    ]);
  });

  test('keeps nothing of the keys that it names but their beginnings, however long and many they are', async () => {
    const before = process.memoryUsage().heapUsed;
    const key = 'k'.repeat(300_000);
    let during = before;
    const issues = Array.from({ length: 900 }, (_, at) => ({
      message: '',
      get path() {
        during = Math.max(during, process.memoryUsage().heapUsed);
        return [key, at, key];
      },
    }));
    const schema = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } } as const;
    const result = await inputCheck({ body: schema })({ body: {}, query: {}, params: {}, headers: {} });
    expect(result.ok ? '' : JSON.parse(result.refusal.body).fields).toEqual([
      { in: 'body', path: 'k'.repeat(200), problem: 'missing' },
    ]);
    expect((during - before) / 1e6).toBeLessThan(100);
  });

  test('tells a handler that asks without a check before it', () => {
    // @ts-expect-error: no request at all
    expect(() => nodeValidated({ body: z.unknown() }).of({})).toThrow(/validated\(\)/);
  });
});

async function exchange(port: number, bytes: Buffer): Promise<string> {
  const answer = await rawRequest({ port, text: bytes.toString('latin1') });
  const headers = `content-type: ${answer.header('content-type')}`;
  return `HTTP/1.1 ${answer.status} \r\n${headers}\r\n\r\n${answer.body}`;
}
