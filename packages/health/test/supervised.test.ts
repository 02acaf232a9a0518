import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, type NodeProcess, spawnNode, sustainLoad, waitFor } from '@seaworthy/testkit';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

beforeAll(() => {
  const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  if (!existsSync(dist)) throw new Error('Child processes run dist, and there is none: npm run build');
});

async function urlOf(service: NodeProcess): Promise<string> {
  const [, port] = await service.output(/listening (\d+)/);
  return `http://127.0.0.1:${port}`;
}

/** What the child has written, as it grows. */
function outputOf(child: ChildProcess): { text: string } {
  const output = { text: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.text += text;
  });
  return output;
}

describe('beside the shutdown hooks of Nest', () => {
  test('drops no request, then Nest closes its modules, then the pools, and the exit code is 0', async () => {
    // Nest takes longer than two signals may be apart to count as one.
    await using service = spawnNode(fixture('nest.mjs'), { env: { SLOW_MS: '700' } });
    const url = await urlOf(service);
    const load = sustainLoad({ url: `${url}/work`, clients: 10, method: 'POST' });
    await waitFor(() => load.result.ok > 100);
    const before = load.result.ok;
    service.kill('SIGTERM');
    await waitFor(async () => (await fetch(`${url}/readyz`)).status === 503, { what: 'readiness to fail' });
    await waitFor(() => load.result.ok > before + 200);
    expect((await load.stop()).failed).toEqual([]);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    const lines = service.stdout.trim().split('\n').slice(1);
    expect(lines.toSorted()).toEqual(
      ['workers', 'database destroyed', 'nest done SIGTERM', 'pools', 'telemetry'].toSorted(),
    );
    expect(lines.slice(-3)).toEqual(['nest done SIGTERM', 'pools', 'telemetry']);
    expect(service.stderr).toBe('');
  });

  test('a Nest that hangs is named by the exit code, and what comes after it still runs', async () => {
    await using service = spawnNode(fixture('nest.mjs'), { env: { SLOW_MS: '60000', QUIET: '0ms' } });
    await urlOf(service);
    service.kill('SIGINT');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stdout).toMatch(/pools\ntelemetry\n$/);
  });

  test('app.close() outside of a shutdown is as it was', async () => {
    await using service = spawnNode(fixture('nest.mjs'), { env: { SCENARIO: 'close' } });
    await service.output(/closed/);
    expect(service.stdout).toContain('database destroyed');
    service.kill('SIGTERM');
    await service.exited;
  });
});

test('a cluster worker that is told to stop hands its connections over and drops no request', async () => {
  await using primary = spawnNode(fixture('cluster.mjs'));
  const url = await urlOf(primary);
  const load = sustainLoad({ url, clients: 10, method: 'POST' });
  await waitFor(() => load.result.ok > 100);
  primary.kill('SIGUSR2');
  await primary.output(/worker 1 exited 0/);
  const before = load.result.ok;
  await waitFor(() => load.result.ok > before + 100, { what: 'the other worker to serve' });
  expect((await load.stop()).failed).toEqual([]);
  primary.kill('SIGTERM');
  await primary.output(/worker 2 exited 0/);
  expect(await primary.exited).toEqual({ code: 0, signal: null });
  expect(primary.stdout.match(/telemetry/g)).toHaveLength(2);
});

describe('as PID 1 of a container', () => {
  const unshare = findProgram('unshare');

  test('SIGTERM, which the kernel keeps from a PID 1 that does not handle it, ends it in order with 0', async ({
    skip,
  }) => {
    skip(
      unshare === undefined || process.getuid?.() !== 0,
      'needs unshare and root: a PID namespace of its own',
    );
    const child = spawn(
      unshare ?? 'unshare',
      ['--pid', '--fork', '--kill-child', '--mount-proc', process.execPath, fixture('service.mjs')],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, QUIET: '0ms' } },
    );
    children.push(child);
    const output = outputOf(child);
    const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    await waitFor(() => /listening \d+/.test(output.text));
    const inside = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    expect(readFileSync(`/proc/${inside}/status`, 'utf8')).toMatch(/^NSpid:\s+\d+\s+1$/m);
    process.kill(Number(inside), 'SIGTERM');
    expect(await exited).toBe(0);
    expect(output.text).toMatch(/workers\n[\s\S]*pools\n[\s\S]*telemetry\n/);
  });
});

describe('pm2 with wait_ready', () => {
  function startedByPm2() {
    const env = { PATH: process.env.PATH, pm_id: '0', QUIET: '0ms', STARTUP_MS: '300' };
    const child = fork(fixture('service.mjs'), {
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    children.push(child);
    const output = outputOf(child);
    return { child, output };
  }

  test('gets the message once the service listens and its startups are done, and not before', async () => {
    const { child, output } = startedByPm2();
    const messages: unknown[] = [];
    child.on('message', (message) => messages.push([message, output.text.includes('startup done')]));
    await waitFor(() => messages.length > 0);
    expect(messages).toEqual([['ready', true]]);
    const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGINT'); // what pm2 sends
    expect(await exited, 'the channel to pm2 does not keep the process').toBe(0);
  });

  test('a pm2 that has gone meanwhile does not take the service with it', async () => {
    const { child, output } = startedByPm2();
    const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.disconnect();
    await waitFor(() => /listening/.test(output.text));
    await waitFor(() => /startup done/.test(output.text));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  test('another parent gets no message that it did not ask for', async () => {
    const env = { PATH: process.env.PATH, QUIET: '0ms' };
    const child = fork(fixture('service.mjs'), {
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    children.push(child);
    const messages: unknown[] = [];
    child.on('message', (message) => messages.push(message));
    const output = outputOf(child);
    await waitFor(() => /listening/.test(output.text));
    const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(messages).toEqual([]);
  });
});

describe('systemd with Type=notify', () => {
  const relay = findProgram('socat') ?? '';
  const missing = ['systemd-notify', 'socat'].filter((program) => findProgram(program) === undefined);
  let folder: string | undefined;
  afterEach(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
    folder = undefined;
  });

  test('is told over its socket when the service is ready and when it stops', async ({ skip }) => {
    skip(missing.length > 0, `needs ${missing.join(' and ')}`);
    folder = mkdtempSync(join(tmpdir(), 'seaworthy-notify-'));
    const socket = join(folder, 'notify.sock');
    const receiver = spawn(relay, ['-u', `UNIX-RECV:${socket}`, '-'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(receiver);
    const received = outputOf(receiver);
    await waitFor(() => existsSync(socket));
    await using service = spawnNode(fixture('service.mjs'), { env: { NOTIFY_SOCKET: socket, QUIET: '1s' } });
    await urlOf(service);
    await waitFor(() => received.text.includes('READY=1'));
    expect(received.text).not.toContain('STOPPING=1');
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(received.text).toContain('STOPPING=1');
  });

  test('a socket that is not there is one warning and no failure', async ({ skip }) => {
    skip(findProgram('systemd-notify') === undefined, 'needs systemd-notify');
    await using service = spawnNode(fixture('service.mjs'), {
      env: { NOTIFY_SOCKET: '/nowhere/notify.sock', QUIET: '0ms' },
    });
    await urlOf(service);
    await service.output(/systemd could not be told/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});
