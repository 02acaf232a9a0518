import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ApiError } from '../src/http/api-error.js';
import { createHttpClient } from '../src/http/http-client.js';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

it('sends JSON and reads JSON, and leaves empty filters out of the address', async () => {
  let seen = '';
  const http = await clientOf(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    seen = `${request.method} ${request.url} ${request.headers['content-type'] ?? '-'} ${request.headers['x-extra'] ?? '-'} ${body}`;
    response.setHeader('content-type', 'application/json');
    response.end('{"ok":true}');
  });
  expect(await http.get('/rows', { query: { search: '', page: 2, team: undefined } })).toEqual({ ok: true });
  expect(seen).toBe('GET /rows?page=2 - - ');
  await http.post('/rows', { name: 'Ada' }, { headers: { 'x-extra': 'yes' } });
  expect(seen).toBe('POST /rows application/json yes {"name":"Ada"}');
});

it('answers nothing for 204', async () => {
  const http = await clientOf((_, response) => response.writeHead(204).end());
  expect(await http.delete('/rows/1')).toBeUndefined();
});

it('carries the code, the fields and the request id of a problem document', async () => {
  const http = await clientOf((_, response) => {
    response.writeHead(422, { 'content-type': 'application/problem+json' });
    response.end(
      JSON.stringify({
        status: 422,
        title: 'Unprocessable',
        code: 'VALIDATION_FAILED',
        detail: 'Some fields are not right.',
        requestId: 'req-1',
        errors: [{ path: 'email', message: 'Taken.' }, { path: 7 }, null],
      }),
    );
  });
  const error = await failureOf(http.post('/rows', {}));
  expect(error).toMatchObject({
    status: 422,
    code: 'VALIDATION_FAILED',
    message: 'Some fields are not right.',
    requestId: 'req-1',
    fields: [{ path: 'email', message: 'Taken.' }],
  });
});

it.each([
  [429, 'text/plain', 'Too Many Requests', /Wait a moment/],
  [502, 'text/html', '<h1>Bad Gateway</h1>', /could not answer/],
  [403, 'application/json', '{"cut off', /role does not allow/],
  [418, 'application/json', '[]', /418/],
])('says something useful for %i with %s', async (status, type, body, message) => {
  const http = await clientOf((_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body),
  );
  const error = await failureOf(http.get('/rows'));
  expect(error.code).toBe(`HTTP_${status}`);
  expect(error.message).toMatch(message);
});

it('gives up on a server that never answers', async () => {
  const http = await clientOf(() => undefined, 50);
  expect(await failureOf(http.get('/rows'))).toMatchObject({ status: 0, code: 'TIMEOUT' });
});

it('says that a server cannot be reached', async () => {
  const http = createHttpClient({ baseUrl: 'http://127.0.0.1:9' });
  expect(await failureOf(http.get('/rows'))).toMatchObject({ status: 0, code: 'NETWORK' });
});

it('passes on the abort of a caller who no longer waits', async () => {
  const http = await clientOf(() => undefined);
  const gone = new AbortController();
  const asked = http.get('/rows', { signal: gone.signal });
  gone.abort();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
});

async function clientOf(listener: RequestListener, timeoutMs?: number) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createHttpClient(timeoutMs === undefined ? { baseUrl } : { baseUrl, timeoutMs });
}

async function failureOf(asked: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await asked.catch((reason: unknown) => reason);
  if (!(error instanceof ApiError)) throw new Error('Expected an ApiError.', { cause: error });
  return error;
}
