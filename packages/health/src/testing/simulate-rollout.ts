import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import {
  type DurationInput,
  optionsOf,
  parseDuration,
  sleep,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { HealthError } from '../errors.js';
import { type RolloutFailure, RolloutLoad } from './rollout-load.js';

export type { RolloutFailure } from './rollout-load.js';

export interface RolloutOptions {
  /** How long the load balancer goes on sending after the signal: so long it takes to notice. @defaultValue '1500ms' */
  readonly lag?: DurationInput;
  /** Each keeps one connection and has one request under way. @defaultValue 40 */
  readonly clients?: number;
  /** What they ask for. @defaultValue '/' */
  readonly path?: string;
  /** @defaultValue 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @defaultValue none */
  readonly body?: string;
  /** Answers 200 when the service may be asked. @defaultValue '/readyz' */
  readonly readyPath?: string;
  /** The environment of the service beside the current one; `PORT` is where it must listen. @defaultValue {} */
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of the script. @defaultValue [] */
  readonly args?: readonly string[];
  /** Options of node itself, such as `--import=tsx`. @defaultValue [] */
  readonly nodeOptions?: readonly string[];
  /** Where the clients go instead of to the service itself: a proxy before it. @defaultValue the service itself */
  readonly through?: (port: number) => string | PromiseLike<string>;
  /** @defaultValue 'SIGTERM' */
  readonly signal?: NodeJS.Signals;
  /** How long the clients send before the signal. @defaultValue '500ms' */
  readonly warmUp?: DurationInput;
  /** To become ready, and once more to exit after the lag; the process is killed then. @defaultValue '30s' */
  readonly within?: DurationInput;
}

/** How a service went down under traffic. */
export interface RolloutReport {
  readonly sent: number;
  readonly ok: number;
  /** Should be empty. */
  readonly failed: readonly RolloutFailure[];
  /** How many failed in each way: `{ ECONNREFUSED: 12 }`. */
  readonly kinds: Readonly<Record<string, number>>;
  /** `null` when a signal ended it, such as our SIGKILL when its time was up. */
  readonly exitCode: number | null;
  /** From the signal to the end of the process. */
  readonly exitMs: number;
  /** What the service wrote, both streams together; the last 64 KB. */
  readonly output: string;
}

const readOptions = optionsOf<RolloutOptions>('simulateRollout', {
  lag: true,
  clients: true,
  path: true,
  method: true,
  headers: true,
  body: true,
  readyPath: true,
  env: true,
  args: true,
  nodeOptions: true,
  through: true,
  signal: true,
  warmUp: true,
  within: true,
});

const maxOutput = 64 * 1024;

/**
 * Starts a service in a process of its own, sends requests without pause, ends it as an orchestrator does, goes on sending
 * for as long as a load balancer takes to notice, and tells what failed.
 *
 * @param entry - The script that starts the service; it listens on 127.0.0.1 at the port that `PORT` names.
 * @throws OptionsError for an unknown option or a value that cannot work; HealthError `HEALTH_ROLLOUT_NOT_READY` with the end
 * of its output when the service does not become ready.
 *
 * @example
 * const report = await simulateRollout('dist/server.js', { lag: '1500ms', path: '/orders' });
 * expect(report.failed).toEqual([]);
 * expect(report.exitCode).toBe(0);
 */
export async function simulateRollout(entry: string, options: RolloutOptions = {}): Promise<RolloutReport> {
  const {
    lag = '1500ms',
    clients = 40,
    path = '/',
    method = 'GET',
    headers = {},
    body,
    readyPath = '/readyz',
    env = {},
    args = [],
    nodeOptions = [],
    through = (upstream: number) => `http://127.0.0.1:${upstream}`,
    signal = 'SIGTERM',
    warmUp = '500ms',
    within = '30s',
  } = readOptions(options);
  wholeNumber('simulateRollout', 'clients', clients, { min: 1 });
  const [lagMs, warmUpMs, withinMs] = [lag, warmUp, within].map(parseDuration) as [number, number, number];
  const port = await freePort();
  const child = spawn(process.execPath, [...nodeOptions, entry, ...args], {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const service = watch(child);
  try {
    await untilReady(`http://127.0.0.1:${port}${readyPath}`, service, withinMs);
    const load = new RolloutLoad(`${await through(port)}${path}`, { clients, method, headers, body });
    await sleep(systemClock, warmUpMs);
    const signalledAt = performance.now();
    child.kill(signal);
    await sleep(systemClock, lagMs);
    await load.stop(withinMs);
    const killer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    const ended = await service.ended;
    clearTimeout(killer);
    const failed = load.failed.map(({ kind, at }) => ({ kind, atMs: Math.round(at - signalledAt) }));
    const kinds: Record<string, number> = {};
    for (const { kind } of failed) kinds[kind] = (kinds[kind] ?? 0) + 1;
    const { sent, ok } = load;
    return {
      sent,
      ok,
      failed,
      kinds,
      exitCode: ended.code,
      exitMs: ended.at - signalledAt,
      output: service.output(),
    };
  } finally {
    child.kill('SIGKILL');
  }
}

interface WatchedService {
  readonly ended: Promise<{ readonly code: number | null; readonly at: number }>;
  readonly hasEnded: () => boolean;
  readonly output: () => string;
}

function watch(child: ChildProcess): WatchedService {
  let output = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-maxOutput);
    });
  }
  const ended = new Promise<{ code: number | null; at: number }>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      over = true;
      resolve({ code, at: performance.now() });
    });
  });
  ended.catch(() => undefined);
  return { ended, hasEnded: () => over, output: () => output };
}

async function untilReady(url: string, service: WatchedService, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt && !service.hasEnded()) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) });
      await answer.body?.cancel();
      if (answer.ok) return;
    } catch {
      // Not yet.
    }
    await sleep(systemClock, 50);
  }
  const what = service.hasEnded() ? 'ended before it was ready' : 'did not become ready in time';
  throw new HealthError(
    `simulateRollout: the service ${what}. It must listen on 127.0.0.1 at PORT and answer ${new URL(url).pathname} with 200. It wrote: ${service.output().slice(-2_000)}`,
    { code: 'HEALTH_ROLLOUT_NOT_READY' },
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
