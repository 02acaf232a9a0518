import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFakeClock, describeHttpContract, rawRequest, waitFor } from '@seaworthy/testkit';
import express, { type ErrorRequestHandler } from 'express';
import { describe, expect, test } from 'vitest';
import { healthEndpoints as expressEndpoints } from '../src/adapters/express.js';
import { healthEndpoints } from '../src/adapters/node.js';
import { type Checks, createHealth, type HealthOptions, local, remote } from '../src/index.js';
import { mountHealth, mountHealthBeforeWall } from './mount.js';
import { canary, createSwitchboard } from './switchboard.js';

const isoSeconds = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const isoMilliseconds = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** A health object on a fake clock, whose signals are nobody's. */
function setUp<const C extends Checks>(options: HealthOptions<C>) {
  const clock = createFakeClock();
  const health = createHealth<C>({ clock, signals: false, random: () => 0.5, ...options });
  /** Long enough for every check to fail as often as it must. */
  const settle = (): Promise<void> => clock.advance(10_000);
  return { clock, health, settle };
}

async function ask(url: string): Promise<{ status: number; body: unknown; response: Response }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json(), response };
}

describeHttpContract('health endpoints', (host) => {
  test('[row 69] /health in format flat is the JSON of the CRM guide, 503 with what is disconnected', async () => {
    const board = createSwitchboard();
    const { health, settle } = setUp({
      checks: { database: remote(board.probe('database')), cache: remote(board.probe('cache')) },
      format: 'flat',
    });
    await settle();
    await using service = await host.serve(mountHealth(health));

    const up = await ask(`${service.url}/health`);
    expect(up.status).toBe(200);
    expect(up.body).toEqual({
      status: 'ok',
      timestamp: expect.stringMatching(isoSeconds),
      uptime: expect.any(Number),
      database: 'connected',
      cache: 'connected',
    });
    expect(Object.keys(Object(up.body))).toEqual(['status', 'timestamp', 'uptime', 'database', 'cache']);
    expect(Number.isInteger(Reflect.get(Object(up.body), 'uptime'))).toBe(true);

    for (const name of ['database', 'cache'] as const) {
      board.set(name, 'down');
      await settle();
      const down = await ask(`${service.url}/health`);
      expect(down.status).toBe(503);
      expect(down.body).toMatchObject({
        status: 'error',
        database: 'connected',
        cache: 'connected',
        [name]: 'disconnected',
      });
      expect(Object.keys(Object(down.body))).toEqual(['status', 'timestamp', 'uptime', 'database', 'cache']);
      board.set(name, 'up');
      await settle();
    }
    await health.close();
  });

  test('[row 70] /health in format nested is the JSON of the KPI guide, each check forced down', async () => {
    const board = createSwitchboard();
    const names = ['database', 'redis', 'memory', 'disk'] as const;
    const { health, settle } = setUp({
      checks: {
        database: remote(board.probe('database')),
        redis: remote(board.probe('redis')),
        memory: local(board.probe('memory')),
        disk: local(board.probe('disk')),
      },
      format: 'nested',
      version: '1.4.2',
      environment: 'production',
    });
    await settle();
    await using service = await host.serve(mountHealth(health));

    const body = (status: string, down?: string) => ({
      status,
      timestamp: expect.stringMatching(isoMilliseconds),
      uptime: expect.any(Number),
      version: '1.4.2',
      environment: 'production',
      checks: Object.fromEntries(names.map((name) => [name, { status: name === down ? 'error' : 'ok' }])),
    });
    const up = await ask(`${service.url}/health`);
    expect([up.status, up.body]).toEqual([200, body('ok')]);
    expect(Object.keys(Object(up.body))).toEqual([
      'status',
      'timestamp',
      'uptime',
      'version',
      'environment',
      'checks',
    ]);
    for (const name of names) {
      board.set(name, 'down');
      await settle();
      const down = await ask(`${service.url}/health`);
      expect([down.status, down.body]).toEqual([503, body('error', name)]);
      board.set(name, 'up');
      await settle();
    }
    await health.close();
  });

  test('[row 71] every check has an endpoint of its own, under the prefix too, that no wall behind it reaches', async () => {
    const board = createSwitchboard();
    const { health, settle } = setUp({
      checks: {
        database: remote(board.probe('database')),
        redis: remote(board.probe('redis'), { critical: false }),
      },
      prefix: '/api',
    });
    await settle();
    await using service = await host.serve(mountHealthBeforeWall(health));
    const codes = async (): Promise<number[]> => {
      const paths = ['/health/database', '/health/redis', '/health', '/api/health', '/api/health/redis'];
      return Promise.all(paths.map(async (path) => (await fetch(`${service.url}${path}`)).status));
    };
    expect((await fetch(`${service.url}/hello`)).status).toBe(401);
    expect(await codes()).toEqual([200, 200, 200, 200, 200]);
    board.set('redis', 'down');
    await settle();
    expect(await codes()).toEqual([200, 503, 200, 200, 503]);
    board.set('redis', 'up');
    board.set('database', 'down');
    await settle();
    expect(await codes()).toEqual([503, 200, 503, 503, 200]);
    await health.close();
  });

  test('[row 72] a switch removes one check, or all endpoints, which are a 404 then', async () => {
    const board = createSwitchboard();
    const { health, settle } = setUp({
      checks: {
        database: remote(board.probe('database'), { enabled: false }),
        redis: remote(board.probe('redis')),
      },
      ready: ['database', 'redis'],
      format: 'flat',
    });
    board.set('database', 'down');
    await settle();
    await using service = await host.serve(mountHealth(health));
    expect((await fetch(`${service.url}/health/database`)).status).toBe(404);
    expect((await ask(`${service.url}/health`)).body).not.toHaveProperty('database');
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect(board.calls.has('database')).toBe(false);
    await health.close();

    const off = setUp({ checks: { redis: remote(board.probe('off')) }, enabled: false });
    await off.settle();
    await using dark = await host.serve(mountHealth(off.health));
    for (const path of ['/health', '/health/redis', '/livez', '/readyz', '/startupz']) {
      expect([path, (await fetch(`${dark.url}${path}`)).status]).toEqual([path, 404]);
    }
    expect(board.calls.has('off')).toBe(false);
    await off.health.close();
  });

  test('answers 503 for a required check only; an optional one that is down is degraded with 200', async () => {
    const board = createSwitchboard();
    const { health, settle } = setUp({
      checks: {
        database: remote(board.probe('database')),
        redis: remote(board.probe('redis'), { critical: false }),
      },
    });
    await using service = await host.serve(mountHealth(health));
    expect((await ask(`${service.url}/readyz`)).status, 'nothing has been seen to work yet').toBe(503);
    await settle();
    const words = (database: string, redis: string) => ({
      checks: { database: [{ status: database }], redis: [{ status: redis }] },
    });
    expect((await ask(`${service.url}/health`)).body).toEqual({ status: 'pass', ...words('pass', 'pass') });
    board.set('redis', 'down');
    await settle();
    const degraded = await ask(`${service.url}/health`);
    expect([degraded.status, degraded.body]).toEqual([200, { status: 'warn', ...words('pass', 'fail') }]);
    expect((await ask(`${service.url}/readyz`)).status).toBe(200);
    board.set('database', 'degraded');
    await settle();
    expect((await ask(`${service.url}/health`)).status).toBe(200);
    board.set('database', 'down');
    await settle();
    expect((await ask(`${service.url}/health`)).body).toEqual({ status: 'fail', ...words('fail', 'fail') });
    expect((await ask(`${service.url}/readyz`)).status).toBe(503);
    await health.close();
  });

  test('keeps liveness apart: a remote check that fails makes it not ready and leaves it alive', async () => {
    const board = createSwitchboard();
    const { health, settle } = setUp({
      checks: { database: remote(board.probe('database')), loop: local(board.probe('loop')) },
      live: ['loop'],
      ready: ['database'],
    });
    await settle();
    await using service = await host.serve(mountHealth(health));
    board.set('database', 'down');
    await settle();
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    board.set('database', 'up');
    board.set('loop', 'down');
    await settle();
    expect((await fetch(`${service.url}/livez`)).status).toBe(503);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    await health.close();
  });

  test('answers HEAD as GET without the body, whatever the query, and is never stored', async () => {
    const { health, settle } = setUp({ checks: {} });
    await settle();
    await using service = await host.serve(mountHealth(health));
    for (const path of ['/livez', '/readyz', '/startupz', '/health', '/health?x=1']) {
      const get = await rawRequest({
        port: service.port,
        text: `GET ${path} HTTP/1.1\nHost: a\nConnection: close\n\n`,
      });
      const head = await rawRequest({
        port: service.port,
        text: `HEAD ${path} HTTP/1.1\nHost: a\nConnection: close\n\n`,
      });
      expect([get.status, head.status]).toEqual([200, 200]);
      expect(get.header('cache-control')).toEqual(['no-store']);
      expect(get.header('content-type')).toEqual(['application/health+json']);
      expect(get.header('content-length')).toEqual([String(get.body.length)]);
      expect(head.header('content-length')).toEqual(get.header('content-length'));
      expect(head.body).toBe('');
      expect(JSON.parse(get.body)).toMatchObject({ status: 'pass' });
    }
    await health.close();
  });

  test('leaves other methods and other paths to the application', async () => {
    const { health, settle } = setUp({ checks: {} });
    await settle();
    await using service = await host.serve(mountHealth(health));
    expect(await (await fetch(`${service.url}/hello`)).json()).toEqual({ hello: 'world' });
    expect((await fetch(`${service.url}/health`, { method: 'POST' })).status).toBe(404);
    for (const path of [
      '/health/',
      '/health/nobody',
      '/health/constructor',
      '/healthy',
      '/livez/x',
      '/x/health',
    ]) {
      expect([path, (await fetch(`${service.url}${path}`)).status]).toEqual([path, 404]);
    }
    await health.close();
  });

  test('shows causes and figures only to whom details allows, and the same to all others whatever the cause', async () => {
    const board = createSwitchboard();
    const { health, settle } = setUp({
      checks: {
        database: remote(board.probe('database')),
        redis: remote(board.probe('redis'), { critical: false }),
      },
      details: async (view) => {
        if (view.header('authorization') === 'Bearer broken') throw new Error('no keys');
        return view.header('authorization') === 'Bearer operator' && view.peer === '127.0.0.1';
      },
    });
    board.set('database', 'down');
    board.set('redis', 'degraded');
    await settle();
    await using service = await host.serve(mountHealth(health));
    const paths = ['/health', '/health/database', '/health/redis', '/livez', '/readyz', '/startupz'];
    const bodyFor = async (path: string, authorization: string): Promise<string> =>
      (await fetch(`${service.url}${path}`, { headers: { authorization } })).text();
    for (const path of paths) {
      for (const token of ['Bearer anyone', 'Bearer broken', '']) {
        expect(await bodyFor(path, token)).not.toMatch(/ECONNREFUSED|canary|lags|checkedAt|\d{4}-\d{2}/);
      }
    }
    const anyone = await bodyFor('/health', '');
    const seen = JSON.parse(await bodyFor('/health', 'Bearer operator'));
    expect(seen.checks.database[0]).toMatchObject({
      status: 'fail',
      code: 'ECONNREFUSED',
      output: expect.stringContaining(canary),
      failures: 3,
      critical: true,
    });
    expect(seen.checks.redis[0]).toMatchObject({ status: 'warn', observed: { reason: expect.any(String) } });
    expect(await bodyFor('/health', ''), 'an operator leaves no trace in the next answer').toBe(anyone);
    await health.close();
  });

  test('takes whom details cannot judge within a second for anyone', async () => {
    const { health, settle, clock } = setUp({ checks: {}, details: () => new Promise(() => undefined) });
    await settle();
    await using service = await host.serve(mountHealth(health));
    const answer = ask(`${service.url}/health`);
    await waitFor(() => clock.pending > 0, { what: 'the request to be judged' });
    await clock.advance(1_000);
    expect(await answer).toMatchObject({ status: 200, body: { status: 'pass', checks: {} } });
    await health.close();
  });

  test('asks each check once an interval, however many probes come', async () => {
    const board = createSwitchboard();
    const { health, clock } = setUp({
      checks: { database: remote(board.probe('database'), { interval: '1s' }) },
    });
    await clock.advance(0);
    await using service = await host.serve(mountHealth(health));
    for (let second = 1; second <= 3; second += 1) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, async () => (await fetch(`${service.url}/readyz`)).status),
      );
      expect(new Set(answers)).toEqual(new Set([200]));
      expect(board.calls.get('database')).toBe(second);
      await clock.advance(1_000);
    }
    await health.close();
  });

  test('holds readiness and startup until the startup is done', async () => {
    const { health, settle } = setUp({ checks: {} });
    await settle();
    await using service = await host.serve(mountHealth(health));
    let migrated: (() => void) | undefined;
    const startup = health.startup('migrations', () => new Promise<void>((resolve) => (migrated = resolve)));
    const codes = async (): Promise<number[]> =>
      Promise.all(
        ['/startupz', '/readyz', '/health', '/livez'].map(
          async (path) => (await fetch(`${service.url}${path}`)).status,
        ),
      );
    expect(await codes()).toEqual([503, 503, 503, 200]);
    migrated?.();
    await startup;
    expect(await codes()).toEqual([200, 200, 200, 200]);
    await health.close();
  });
});

describe('behind a prefix of the application', () => {
  test('the Express adapter answers under the path it is mounted at', async () => {
    const { default: express } = await import('express');
    const { healthEndpoints } = await import('../src/adapters/express.js');
    const { health } = setUp({ checks: {} });
    const server = express().use('/internal', healthEndpoints(health)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const status = await new Promise((resolve, reject) => {
      request({ port, path: '/internal/livez' }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    server.closeAllConnections();
    server.close();
    await health.close();
  });
});

test('a health answer that comes after somebody else has answered is dropped, and the process lives', async () => {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  let judge: (allowed: boolean) => void = () => undefined;
  const { health } = setUp({
    checks: {},
    details: () => new Promise<boolean>((resolve) => (judge = resolve)),
  });
  const endpoints = healthEndpoints(health);
  let finish: () => void = () => undefined;
  const server = createServer((asked, response) => {
    endpoints(asked, response, () => undefined);
    response.writeHead(504).write('too '); // a middleware with a timeout
    finish = () => response.end('late');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/health`);
  judge(true);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(rejections).toEqual([]);
  finish();
  expect([answer.status, await answer.text()]).toEqual([504, 'too late']);
  process.removeListener('unhandledRejection', onRejection);
  server.close();
  await health.close();
});

test('a health answer that a middleware keeps from being sent is its error, and the process lives', async () => {
  const { health } = setUp({ checks: {} });
  const app = express();
  app.use((_request, response, next) => {
    response.setHeader = () => {
      throw new Error('a header listener failed');
    };
    next();
  });
  app.use(expressEndpoints(health));
  const told: unknown[] = [];
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    told.push(error);
    response.statusCode = 500;
    response.end();
  };
  app.use(onError);
  const endpoints = healthEndpoints(health);
  const bare = createServer((asked, response) => {
    response.setHeader = () => {
      throw new Error('a header listener failed');
    };
    endpoints(asked, response, () => undefined);
  });
  for (const server of [createServer(app), bare]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/livez`).then(
      ({ status }) => status,
      () => 'no answer',
    );
    expect(answer).toBe(server === bare ? 'no answer' : 500);
    server.closeAllConnections();
    server.close();
  }
  expect(told).toEqual([new Error('a header listener failed')]);
  await health.close();
});
