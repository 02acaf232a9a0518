import { join } from 'node:path';
import { size } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type FakeIngest, fakeIngest } from './support/fake-ingest.js';
import { needsBuild } from './support/run-fixture.js';
import { startSentryServer } from './support/sentry-server.js';
import { linesOf, tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

/** Thousands of requests, on a machine that does other things too. */
vi.setConfig({ testTimeout: 300_000 });

/** What is promised is 2 s, and a flush of 1 s; a machine that is busy with other tests gets more. */
const crashMs = size({ test: 25_000, soak: 2_000 });
const flushTimeout = size({ test: '20s', soak: '1s' });

const frameworks = ['express', 'express4', 'fastify'] as const;

/** The exceptions of an event, the outermost last. */
function exceptionsOf(
  event: Readonly<Record<string, unknown>>,
): readonly Readonly<Record<string, unknown>>[] {
  const { values } = Object(event.exception);
  return Array.isArray(values) ? values : [];
}

function messagesOf(ingest: FakeIngest): readonly unknown[] {
  return ingest.of('event').map((event) => exceptionsOf(event).at(-1)?.value);
}

describe.each(frameworks)('a service on %s that was started without --import', (framework) => {
  test('[row 86] sends what it answers with 5xx once, with environment, release, route and request id', async () => {
    const ingest = await fakeIngest();
    const server = await startSentryServer({
      dsn: ingest.dsn,
      framework,
      environment: 'staging',
      flushTimeout,
    });
    expect((await fetch(`${server.url}/refuse/1`)).status).toBe(403);
    expect((await fetch(`${server.url}/ok/1`)).status).toBe(200);
    const failed = await fetch(`${server.url}/fail/7`);
    expect(failed.status).toBe(500);
    expect(await server.ask('flush')).toEqual({ flushed: true });
    expect(messagesOf(ingest)).toEqual(['boom']);
    const [event = {}] = ingest.of('event');
    expect(event).toMatchObject({
      environment: 'staging',
      release: 'shop@1.2.3',
      transaction: 'GET /:action/:id',
      tags: { requestId: failed.headers.get('x-request-id') },
      contexts: { log: { requestId: failed.headers.get('x-request-id') } },
    });
    expect(exceptionsOf(event).map(({ value }) => value)).toEqual(['because', 'boom']);
  });

  test('[row 87] sends nothing of authorization, cookies, passwords, tokens, queries and bodies', async () => {
    const ingest = await fakeIngest();
    const server = await startSentryServer({
      dsn: ingest.dsn,
      framework,
      environment: 'staging',
      flushTimeout,
    });
    await fetch(`${server.url}/leak/7?token=qx7z-a&next=%2Fcb%3Fcode%3Dqx7z-b&plain=qx7z-c`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer qx7z-d-1234567890',
        cookie: 'theme=qx7z-e; sid=qx7z-f',
        'x-api-key': 'qx7z-g',
        'content-type': 'application/json',
        'x-canary': 'qx7z', // the service makes qx7z1 to qx7z17 of it
      },
      body: '{"password":"qx7z-h","note":"qx7z-i"}',
    });
    await server.ask('flush');
    for (const type of ['event', 'span', 'log', 'trace_metric'])
      expect(ingest.of(type), type).not.toEqual([]);
    const [event] = ingest.of('event');
    expect(event).toMatchObject({ tags: { token: '[redacted]' }, user: { id: 'u1', email: '[redacted]' } });
    expect(JSON.stringify(Object(event).breadcrumbs)).toContain('Bearer [redacted] was used');
    expect(ingest.texts.join('\n').match(/qx7z[-\d]\w*/g) ?? []).toEqual([]);
  });
});

test.each([
  ['production', { least: 125, most: 275 }],
  ['staging', { least: 2_000, most: 2_000 }],
])('[row 86] of 2,000 requests in %s, a tenth or all are traced', async (environment, { least, most }) => {
  const ingest = await fakeIngest();
  const server = await startSentryServer({
    dsn: ingest.dsn,
    framework: 'express',
    environment,
    flushTimeout,
  });
  for (let batch = 0; batch < 20; batch += 1) {
    const responses = await Promise.all(
      Array.from({ length: 100 }, async (_, id) => (await fetch(`${server.url}/ok/${id}`)).text()),
    );
    expect(responses).toHaveLength(100);
    await server.ask('flush'); // as on a service that is not asked 2,000 times in a moment
  }
  const segments = ingest.of('span').filter((span) => span.is_segment === true);
  // Of 2,000 draws with a chance of a tenth, 200 +- 13: more than five deviations.
  expect(segments.length).toBeGreaterThanOrEqual(least);
  expect(segments.length).toBeLessThanOrEqual(most);
});

describe('a crash', () => {
  test.each([
    ['crash', 'Uncaught exception', 'crashed'],
    ['reject', 'Unhandled rejection', 'rejected'],
  ])(
    '[row 90] by %s is the last line on the disk, is at the ingest, and ends the process with 1',
    async (order, message, value) => {
      const path = join(tempFolder(), 'a.log');
      const ingest = await fakeIngest();
      const server = await startSentryServer({
        dsn: ingest.dsn,
        framework: 'express',
        environment: 'production',
        path,
        flushTimeout,
      });
      const orderedAt = performance.now();
      server.child.send(order);
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(performance.now() - orderedAt).toBeLessThan(crashMs);
      expect(linesOf(path).at(-1)).toMatchObject({ message, error: { message: value } });
      expect(messagesOf(ingest)).toEqual([value]);
      expect(exceptionsOf(ingest.of('event')[0] ?? {})[0]).toMatchObject({ mechanism: { handled: false } });
    },
  );

  test('exits with 1 within 2 s too when the ingest never answers', async () => {
    const path = join(tempFolder(), 'a.log');
    const ingest = await fakeIngest({ answer: 'never' });
    const server = await startSentryServer({
      dsn: ingest.dsn,
      framework: 'express',
      environment: 'production',
      path,
    });
    const orderedAt = performance.now();
    server.child.send('crash');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(performance.now() - orderedAt).toBeLessThan(crashMs);
    expect(linesOf(path).at(-1)).toMatchObject({ message: 'Uncaught exception' });
  });
});

test('what was captured outside of a request has the fields of its context, and SIGTERM sends it', async () => {
  const ingest = await fakeIngest();
  const server = await startSentryServer({
    dsn: ingest.dsn,
    framework: 'express',
    environment: 'staging',
    flushTimeout,
  });
  await fetch(`${server.url}/ok/1`);
  server.child.send('job');
  await ingest.first('event', (event) => exceptionsOf(event).at(-1)?.value === 'job failed');
  expect(ingest.of('event')[0]).toMatchObject({ contexts: { log: { jobId: 'j1' } } });
  server.child.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
  // Spans wait five seconds for others of their trace; the exit does not lose them.
  expect(ingest.of('span').filter((span) => span.is_segment === true)).toHaveLength(1);
});

describe('an ingest', () => {
  test('that never answers costs requests nothing, and memory up to a bound', async () => {
    const ingest = await fakeIngest({ answer: 'never' });
    const server = await startSentryServer({ dsn: ingest.dsn, framework: 'express', environment: 'staging' });
    const failAll = async (times: number): Promise<void> => {
      for (let batch = 0; batch < times; batch += 1) {
        const statuses = await Promise.all(
          Array.from({ length: 50 }, async () => (await fetch(`${server.url}/fail/1`)).status),
        );
        expect(new Set(statuses)).toEqual(new Set([500]));
      }
    };
    await failAll(6);
    const { heapUsed: before } = await server.ask('memory');
    await failAll(12);
    const { heapUsed: after } = await server.ask('memory');
    expect(ingest.mostOpen()).toBeGreaterThan(0);
    expect(ingest.mostOpen()).toBeLessThanOrEqual(30); // sockets
    // 600 failed requests, each with an event of some 20 KB: what waits was there before, the rest was dropped.
    expect(Number(after) - Number(before)).toBeLessThan(8 * 2 ** 20);
  });

  test('that is not there costs requests nothing', async () => {
    const server = await startSentryServer({
      dsn: 'http://public@127.0.0.1:1/1',
      framework: 'fastify',
      environment: 'staging',
      flushTimeout,
    });
    for (let request = 0; request < 20; request += 1) {
      expect((await fetch(`${server.url}/fail/1`)).status).toBe(500);
    }
    expect(await server.ask('flush')).toEqual({ flushed: true });
    expect(server.output.stderr).toBe('');
  });
});
