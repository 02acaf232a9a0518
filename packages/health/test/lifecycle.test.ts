import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@seaworthy/contracts';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { createHealth, type Health, type HealthOptions, type Phase } from '../src/index.js';
import { createLifecycle } from '../src/lifecycle.js';
import { crashTimes } from '../src/phase.js';
import { openWire } from './wire.js';

const names: readonly Phase[] = ['announce', 'drain', 'workers', 'pools', 'telemetry'];

function setUp(options: HealthOptions = {}) {
  const clock = createFakeClock();
  return { clock, health: createHealth({ clock, signals: false, ...options }) };
}

/** Adds a hook to every phase that writes down when it runs. */
function trace(health: Health): string[] {
  const seen: string[] = [];
  for (const phase of names.toReversed()) {
    health.stop(phase, `${phase}-1`, () => seen.push(`${phase} in ${health.phase}`));
  }
  return seen;
}

/** A server that upgrades connections and does nothing more for them. */
function forgetful(): Server {
  const server = createServer();
  server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  return server;
}

/** A client that has asked for an upgrade. */
async function upgraded(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await openWire((server.address() as AddressInfo).port);
  client.send('GET / HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\n\n');
  return client;
}

test('runs the hooks phase after phase, those of one phase side by side', async () => {
  const { clock, health } = setUp();
  const seen = trace(health);
  let running = 0;
  let most = 0;
  for (const name of ['queue', 'cron']) {
    health.stop('workers', name, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => clock.schedule(() => resolve(), 100));
      running -= 1;
    });
  }
  const stopping = health.shutdown();
  await clock.advance(200);
  const report = await stopping;
  expect(seen).toEqual(names.map((phase) => `${phase} in ${phase}`));
  expect(most).toBe(2);
  expect(report).toMatchObject({ clean: true, durationMs: 100, trafficStopped: true });
  expect(report.phases.map(({ phase, durationMs }) => [phase, durationMs])).toEqual([
    ['announce', 0],
    ['drain', 0],
    ['workers', 100],
    ['pools', 0],
    ['telemetry', 0],
  ]);
  expect(health.phase).toBe('stopped');
});

test('names a hook that hangs, aborts its signal and goes on', async () => {
  const { clock, health } = setUp();
  const seen = trace(health);
  let given: AbortSignal | undefined;
  health.stop('workers', 'queue', (signal) => {
    given = signal;
    return new Promise(() => undefined);
  });
  const stopping = health.shutdown();
  await clock.advance(2_999);
  expect(health.phase).toBe('workers');
  expect(given?.aborted).toBe(false);
  await clock.advance(1);
  const report = await stopping;
  expect(given?.aborted).toBe(true);
  expect(report.clean).toBe(false);
  expect(report.phases[2]).toMatchObject({
    phase: 'workers',
    durationMs: 3_000,
    pending: ['hook queue'],
    failed: [],
  });
  expect(seen).toHaveLength(5);
});

test('a hook has its own time, which is never more than its phase has', async () => {
  const { clock, health } = setUp();
  const hang = (): Promise<never> => new Promise(() => undefined);
  health.stop('pools', 'quick', hang, { timeout: '1s' });
  const first = health.shutdown();
  await clock.advance(1_000);
  expect((await first).phases[3]).toMatchObject({ durationMs: 1_000, pending: ['hook quick'] });

  const other = setUp();
  other.health.stop('pools', 'slow', hang, { timeout: '1h' });
  const second = other.health.shutdown();
  await other.clock.advance(3_000);
  expect((await second).phases[3]).toMatchObject({ durationMs: 3_000, pending: ['hook slow'] });
});

test('names a hook that fails, before or after its first await, and goes on', async () => {
  const { clock, health } = setUp();
  const seen = trace(health);
  health.stop('drain', 'sync', () => {
    throw new Error('sync');
  });
  health.stop('drain', 'async', async () => Promise.reject(new Error('async')));
  const stopping = health.shutdown();
  await clock.advance(0);
  const report = await stopping;
  expect(report.clean).toBe(false);
  expect(report.phases[1]?.failed.map(({ name, error }) => [name, String(error)])).toEqual([
    ['hook sync', 'Error: sync'],
    ['hook async', 'Error: async'],
  ]);
  expect(seen).toHaveLength(5);
});

test('takes no longer than the sum of its deadlines when everything hangs', async () => {
  const { clock, health } = setUp();
  for (const phase of names) health.stop(phase, 'stuck', () => new Promise(() => undefined));
  void health.busy('endless', () => new Promise(() => undefined));
  const stopping = health.shutdown();
  await clock.advance(28_000);
  const report = await stopping;
  expect(report.durationMs).toBe(28_000);
  expect(report.phases.map(({ pending }) => pending)).toEqual([
    ['hook stuck'],
    ['hook stuck', 'work endless'],
    ['hook stuck'],
    ['hook stuck'],
    ['hook stuck'],
  ]);
});

test('after a crash every phase has its time before the process is ended, although clients hold their connections', async () => {
  const clock = createFakeClock();
  const nothing = (): void => undefined;
  const lifecycle = createLifecycle({
    clock,
    logger: silentLogger,
    isProbe: () => false,
    redactText: (text) => text,
    onShutdown: nothing,
    onServing: nothing,
    onDrained: nothing,
  });
  const server = forgetful();
  lifecycle.serve(server);
  await using _client = await upgraded(server);
  await waitFor(
    async () => (await new Promise((resolve) => server.getConnections((_, n) => resolve(n)))) === 1,
  );
  for (const phase of names) lifecycle.stop(phase, 'stuck', () => new Promise(() => undefined));
  let over = false;
  const stopping = lifecycle.shutdown({ ...crashTimes, final: true }).finally(() => (over = true));
  await waitFor(async () => {
    await clock.advance(50);
    return over;
  });
  const { phases, durationMs } = await stopping;
  expect(phases.map(({ pending }) => pending)).toEqual(Array.from(names, () => ['hook stuck']));
  expect(durationMs, 'process-events ends the process after 1500').toBeLessThan(1_450);
});

test('a hook that comes when its phase has begun is a warning: it does not run', async () => {
  const lines: unknown[] = [];
  const line = (level: string) => (message: string, fields?: unknown) => lines.push([level, message, fields]);
  const logger = { error: line('error'), warn: line('warn'), info: () => undefined, debug: () => undefined };
  const { clock, health } = setUp({ logger });
  const ran: string[] = [];
  health.stop('workers', 'queue', () => {
    for (const phase of ['workers', 'pools'] as const) health.stop(phase, 'late', () => ran.push(phase));
  });
  const stopping = health.shutdown();
  await clock.advance(1_000);
  await stopping;
  health.stop('telemetry', 'far too late', () => ran.push('telemetry'));
  expect(ran).toEqual(['pools']);
  expect(lines).toEqual([
    ['warn', 'shutdown hook came too late', { phase: 'workers', name: 'late' }],
    ['warn', 'shutdown hook came too late', { phase: 'telemetry', name: 'far too late' }],
  ]);
});

test('refuses work that begins when the drain is over and connections are being ended', async () => {
  const { clock, health } = setUp({ shutdown: { quiet: 0 } });
  const server = forgetful();
  health.serve(server);
  await using client = await upgraded(server);
  await client.seen('101');
  const stopping = health.shutdown();
  await client.seen('\u0088\u0002'); // the close frame: connections are being ended
  expect(health.phase).toBe('drain');
  await expect(health.busy('late', () => 'done')).rejects.toMatchObject({ code: 'HEALTH_SHUTTING_DOWN' });
  let over = false;
  void stopping.finally(() => (over = true));
  await waitFor(async () => {
    await clock.advance(50);
    return over;
  });
});

test('a hook that was taken back does not run', async () => {
  const { clock, health } = setUp();
  let ran = false;
  const takeBack = health.stop('pools', 'pg', () => {
    ran = true;
  });
  takeBack();
  takeBack();
  const stopping = health.shutdown();
  await clock.advance(0);
  await stopping;
  expect(ran).toBe(false);
});

test('waits for busy work before the workers, and gives back what the work returned', async () => {
  const { clock, health } = setUp();
  let finish: ((value: string) => void) | undefined;
  const work = health.busy('report', () => new Promise<string>((resolve) => (finish = resolve)));
  const stopping = health.shutdown();
  await clock.advance(5_000);
  expect(health.phase).toBe('drain');
  finish?.('42 pages');
  await clock.advance(0);
  expect(await work).toBe('42 pages');
  expect(await stopping).toMatchObject({ clean: true });
});

test('waits for work that begins while the drain waits for other work', async () => {
  const { clock, health } = setUp();
  const pause = (ms: number) => new Promise<void>((resolve) => clock.schedule(() => resolve(), ms));
  let done = false;
  void health
    .busy('first', () => pause(1_000))
    .then(() => health.busy('second', () => pause(1_000)))
    .then(() => {
      done = true;
    });
  health.stop('workers', 'look', () => expect(done).toBe(true));
  const stopping = health.shutdown();
  await clock.advance(3_000);
  expect(await stopping).toMatchObject({ clean: true });
});

test('aborts busy work at the end of the drain, names it, and refuses more', async () => {
  const { clock, health } = setUp();
  const work = health.busy(
    'report',
    (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  const outcome = expect(work).rejects.toMatchObject({ code: 'HEALTH_SHUTTING_DOWN' });
  const stopping = health.shutdown();
  await clock.advance(8_000);
  const report = await stopping;
  await outcome;
  expect(report.phases[1]).toMatchObject({ phase: 'drain', durationMs: 8_000, pending: ['work report'] });
  await expect(health.busy('more', async () => 1)).rejects.toMatchObject({ code: 'HEALTH_SHUTTING_DOWN' });
});

test('passes on a startup that fails, and the gate stays shut', async () => {
  const { health } = setUp();
  await expect(health.startup('migrations', async () => Promise.reject(new Error('syntax')))).rejects.toThrow(
    'syntax',
  );
  await expect(
    health.startup('cache', () => {
      throw new Error('sync');
    }),
  ).rejects.toThrow('sync');
  expect(health.snapshot()).toMatchObject({
    started: false,
    ready: false,
    live: true,
    startups: [
      { name: 'migrations', status: 'failed' },
      { name: 'cache', status: 'failed' },
    ],
  });
  await health.close();
});

test('a startup has a deadline', async () => {
  const { clock, health } = setUp();
  const startup = health.startup('migrations', () => new Promise(() => undefined), { timeout: '30s' });
  const outcome = expect(startup).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  await clock.advance(30_000);
  await outcome;
  const stopping = health.close();
  await clock.advance(30_000);
  await stopping;
});

test('a shutdown aborts a startup, waits for it, and refuses the next', async () => {
  const { clock, health } = setUp();
  const startup = health.startup('migrations', async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await new Promise<void>((resolve) => clock.schedule(() => resolve(), 2_000));
    return 'rolled back';
  });
  const stopping = health.shutdown();
  await clock.advance(2_000);
  expect(await startup).toBe('rolled back');
  const report = await stopping;
  expect(report).toMatchObject({ clean: true, durationMs: 2_000 });
  await expect(health.startup('more', async () => 1)).rejects.toMatchObject({ code: 'HEALTH_SHUTTING_DOWN' });
});

test('names a startup that does not end', async () => {
  const { clock, health } = setUp();
  void health.startup('migrations', () => new Promise(() => undefined));
  const stopping = health.shutdown();
  await clock.advance(8_000);
  expect((await stopping).phases[1]?.pending).toEqual(['startup migrations']);
});

test('shuts down once, however often it is asked', async () => {
  const { clock, health } = setUp();
  let times = 0;
  health.stop('pools', 'pg', () => {
    times += 1;
  });
  const both = Promise.all([
    health.shutdown(),
    health.shutdown(),
    health.close(),
    health[Symbol.asyncDispose](),
  ]);
  await clock.advance(0);
  const [first, second] = await both;
  expect(first).toBe(second);
  expect(times).toBe(1);
});

test('is not ready from the first moment of a shutdown, unless told to stay so until the listener closes', async () => {
  for (const [announce, ready] of [
    ['fail-readiness', false],
    ['stay-ready', true],
  ] as const) {
    const { clock, health } = setUp({ shutdown: { announce } });
    let seen: boolean | undefined;
    health.stop('announce', 'look', () => {
      seen = health.snapshot().ready;
    });
    const stopping = health.shutdown();
    await clock.advance(0);
    await stopping;
    expect([announce, seen]).toEqual([announce, ready]);
  }
});

test('says each phase in one line, and what was forced in an error', async () => {
  const lines: unknown[][] = [];
  const line =
    (level: string) =>
    (message: string, fields?: unknown): unknown =>
      lines.push([level, message, fields]);
  const logger = { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
  const { clock, health } = setUp({ logger });
  health.stop('pools', 'pg', () => new Promise(() => undefined));
  const stopping = health.shutdown();
  await clock.advance(3_000);
  await stopping;
  expect(lines.map(([level, message]) => `${level}: ${message}`)).toEqual([
    'info: shutdown phase done',
    'info: shutdown phase done',
    'info: shutdown phase done',
    'error: shutdown phase forced',
    'info: shutdown done but for telemetry',
  ]);
  expect(lines[3]?.[2]).toEqual({ phase: 'pools', durationMs: 3_000, pending: ['hook pg'], failed: [] });
});

test('tells a hook how long it may take', async () => {
  const { clock, health } = setUp({ shutdown: { deadlines: { pools: '5s' } } });
  const told: number[] = [];
  health.stop('pools', 'whole', (_signal, { timeoutMs }) => told.push(timeoutMs));
  health.stop('pools', 'own', (_signal, { timeoutMs }) => told.push(timeoutMs), { timeout: '2s' });
  const stopping = health.shutdown();
  await clock.advance(0);
  await stopping;
  expect(told).toEqual([5_000, 2_000]);
});

test('says all it has to say before the phase that closes the logger', async () => {
  const lines: string[] = [];
  let open = true;
  const line = (message: string, fields?: object): void =>
    void lines.push(`${open} ${message} ${JSON.stringify(fields)}`);
  const { clock, health } = setUp({ logger: { error: line, warn: line, info: line, debug: line } });
  health.stop('telemetry', 'logs', () => {
    open = false;
  });
  const stopping = health.shutdown();
  await clock.advance(0);
  await stopping;
  expect(lines.at(-1)).toBe('true shutdown done but for telemetry {"clean":true,"durationMs":0}');
  expect(lines.filter((each) => each.startsWith('false'))).toEqual([]);
});

test('drained() is pending while anybody is answered and resolves before the workers', async () => {
  const { clock, health } = setUp();
  const seen: string[] = [];
  void health.drained().then(() => seen.push('drained'));
  health.stop('drain', 'requests', () => new Promise<void>((resolve) => clock.schedule(resolve, 500)));
  health.stop('workers', 'queue', async () => {
    await health.drained();
    seen.push('workers');
  });
  const stopping = health.shutdown();
  await clock.advance(499);
  expect(seen).toEqual([]);
  await clock.advance(1);
  await stopping;
  expect(seen).toEqual(['drained', 'workers']);
});
