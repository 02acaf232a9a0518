import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type NodeProcess, size, spawnNode, sustainLoad, waitFor } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { get, openWire } from './wire.js';

const script = fileURLToPath(new URL('./fixtures/service.mjs', import.meta.url));

function start(env: Readonly<Record<string, string>> = {}): NodeProcess {
  return spawnNode(script, { env });
}

async function portOf(service: NodeProcess): Promise<number> {
  const [, port] = await service.output(/listening (\d+)/);
  return Number(port);
}

/** The lines that the hooks wrote, in their order. */
function hooksOf(service: NodeProcess): string[] {
  return service.stdout.split('\n').filter((line) => /^(workers|pools|telemetry)$/.test(line));
}

beforeAll(() => {
  const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  if (!existsSync(dist)) throw new Error('Child processes run dist, and there is none: npm run build');
});

describe.each(['node', 'express', 'fastify'])('SIGTERM under load on %s', (framework) => {
  test('[row 79] fails readiness, drops no request while the load balancer lags, stops in order and exits 0', async () => {
    const restarts = size({ test: framework === 'node' ? 1 : 2, soak: 50 });
    for (let restart = 0; restart < restarts; restart += 1) {
      await using service = start({ FRAMEWORK: framework });
      const url = `http://127.0.0.1:${await portOf(service)}`;
      const load = sustainLoad({ url: `${url}/work`, clients: size({ test: 10, soak: 40 }), method: 'POST' });
      await waitFor(() => load.result.ok > 100);
      await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200);
      const before = load.result.ok;
      service.kill('SIGTERM');
      await waitFor(async () => (await fetch(`${url}/readyz`)).status === 503, { what: 'readiness to fail' });
      // The balancer goes on for a while: it must have noticed only when this many more were answered.
      await waitFor(() => load.result.ok > before + 200);
      const result = await load.stop();
      expect(result.failed).toEqual([]);
      expect(result.ok).toBe(result.sent);
      expect(await service.exited).toEqual({ code: 0, signal: null });
      expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
      expect(service.stderr).toBe('');
    }
  });
});

test('SIGINT is a shutdown as SIGTERM is', async () => {
  await using service = start({ QUIET: '0ms' });
  await portOf(service);
  service.kill('SIGINT');
  expect(await service.exited).toEqual({ code: 0, signal: null });
  expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
});

test('a hung hook is named, the phases after it run, and the exit code is 1', async () => {
  await using service = start({ QUIET: '0ms', SCENARIO: 'hung hook' });
  await portOf(service);
  service.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.stdout).toMatch(/shutdown phase forced {"phase":"workers".*"pending":\["hook queue"\]/);
  expect(hooksOf(service)).toEqual(['pools', 'telemetry']);
});

test('a hook that fails makes the exit code 1', async () => {
  await using service = start({ QUIET: '0ms', SCENARIO: 'failing hook' });
  await portOf(service);
  service.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
});

test('a hung request is named, ended at the bound, and the exit code is 1', async () => {
  await using service = start({ QUIET: '0ms' });
  const port = await portOf(service);
  await using client = await openWire(port);
  client.send(get('/hung'));
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/livez`)).status === 200);
  service.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.stdout).toMatch(/"phase":"drain".*"pending":\["request GET \/hung"\]/);
  expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
});

test('a second signal ends the process at once with 128 and its number', async () => {
  await using service = start({ QUIET: '1h' });
  const port = await portOf(service);
  service.kill('SIGTERM');
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 503);
  let ended = false;
  void service.exited.then(() => (ended = true));
  // A signal right after the first one is taken for the same (npm passes Ctrl-C on), so this one is repeated.
  await waitFor(() => {
    service.kill('SIGTERM');
    return ended;
  });
  expect(await service.exited).toEqual({ code: 143, signal: null });
  expect(hooksOf(service)).toEqual([]);
});

test('a signal during the startup stops it, runs nothing that comes after it, and exits 0', async () => {
  await using service = start({ SCENARIO: 'startup' });
  await service.output(/starting/);
  service.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });
  expect(service.stdout).toContain('migrations stopped');
  expect(service.stdout).not.toContain('after the startup');
  expect(service.stderr).toBe('');
  expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
});

test('a startup that fails ends the process in order with exit code 1 and its error on stderr', async () => {
  await using service = start({ SCENARIO: 'failing startup' });
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.stderr).toContain('syntax error in 0007.sql');
  expect(service.stdout).not.toContain('after the startup');
  expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
});

test('a crash stops in order without waiting for the load balancer, and exits 1', async () => {
  await using service = start({ SCENARIO: 'crash', QUIET: '1h' });
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.stderr).toContain('a bug');
  expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
});

test('with signals: false a signal does what it did before', async () => {
  await using service = start({ SIGNALS: 'false' });
  await portOf(service);
  service.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(hooksOf(service)).toEqual([]);
});

test('close() leaves nothing that keeps the process alive, and does not end it by itself', async () => {
  await using service = start({ SCENARIO: 'closed by itself' });
  expect(await service.exited).toEqual({ code: 0, signal: null });
  expect(hooksOf(service)).toEqual(['workers', 'pools', 'telemetry']);
});

test('background checks alone do not keep a process alive', async () => {
  await using service = start({ SCENARIO: 'nothing else' });
  expect(await service.exited).toEqual({ code: 0, signal: null });
  expect(hooksOf(service)).toEqual([]);
});
