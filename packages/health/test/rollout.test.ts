import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  describeWith,
  size,
  spawnNode,
  startHaproxy,
  startNginx,
  sustainLoad,
  waitFor,
} from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RolloutOptions, type RolloutReport, simulateRollout } from '../src/testing/index.js';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url));

beforeAll(() => {
  const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  if (!existsSync(dist)) throw new Error('Child processes run dist, and there is none: npm run build');
});

const frameworks = ['express', 'fastify'] as const;
const lags = size({ test: [0, 500], soak: [0, 500, 1_500, 3_000] });
/** A busy machine needs longer; what it may take is asked at full size. */
const slackMs = size({ test: 10_000, soak: 2_000 });

async function roll(framework: string, options: RolloutOptions): Promise<RolloutReport> {
  return simulateRollout(fixture('service'), {
    env: { FRAMEWORK: framework },
    path: '/work',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    clients: size({ test: 15, soak: 40 }),
    ...options,
  });
}

function expectNothingLost(report: RolloutReport, lagMs: number): void {
  expect({ kinds: report.kinds, exitCode: report.exitCode }).toEqual({ kinds: {}, exitCode: 0 });
  expect(report.ok).toBe(report.sent);
  expect(report.sent).toBeGreaterThan(size({ test: 15, soak: 50 })); // more than one of each client
  expect(report.exitMs).toBeLessThan(lagMs + slackMs);
}

/**
 * Asks so often, and waits for the answer for as long as a busy machine may need: by itself HAProxy takes an answer that comes
 * after the next one is due for none, and would have no instance left. Nothing is repeated.
 */
function balancer(upstreams: readonly string[], everyMs: number): string {
  return `global
  log stdout format raw local0
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 5s
frontend entry
  bind 127.0.0.1:{{port}}
  default_backend service
backend service
  balance roundrobin
  option httpchk GET /readyz
${upstreams.map((upstream, at) => `  server s${at} ${upstream} check inter ${everyMs}ms fall 1 rise 1`).join('\n')}
`;
}

describe.each(frameworks)('SIGTERM on %s', (framework) => {
  test.each(lags)('directly, with a load balancer that lags %s ms: no request fails', async (lag) => {
    expectNothingLost(await roll(framework, { lag }), lag);
  });
});

describeWith(['nginx', 'haproxy'], 'behind real load balancers', () => {
  describe.each(frameworks)('SIGTERM on %s', (framework) => {
    test.each(lags.slice(-size({ test: 1, soak: 4 })))(
      'behind nginx, which sends for %s ms more: no request fails',
      async (lag) => {
        const proxies: AsyncDisposable[] = [];
        const through = async (port: number): Promise<string> => {
          const nginx = await startNginx({ upstreams: [`127.0.0.1:${port}`] });
          proxies.push(nginx);
          return nginx.url;
        };
        expectNothingLost(await roll(framework, { lag, through }), lag);
        await proxies[0]?.[Symbol.asyncDispose]();
      },
    );

    test.each(lags.slice(-size({ test: 1, soak: 4 })))(
      'behind HAProxy with a second instance, which asks every %s ms: no request fails',
      async (lag) => {
        await using other = spawnNode(fixture('service'), { env: { FRAMEWORK: framework } });
        const [, otherPort] = await other.output(/listening (\d+)/);
        const proxies: AsyncDisposable[] = [];
        const through = async (port: number): Promise<string> => {
          const upstreams = [`127.0.0.1:${port}`, `127.0.0.1:${otherPort}`];
          const haproxy = await startHaproxy({ config: balancer(upstreams, Math.max(100, lag)) });
          proxies.push(haproxy);
          return haproxy.url;
        };
        // The clients go on: what the balancer no longer sends to the one, it sends to the other.
        expectNothingLost(await roll(framework, { lag: lag + 2_500, through }), lag + 1_000);
        await proxies[0]?.[Symbol.asyncDispose]();
      },
    );
  });

  test('[row 78] one of two instances is killed behind nginx under load, and no idempotent request fails; a sticky cookie keeps a session on its instance', async () => {
    await using one = spawnNode(fixture('service'), { env: { NAME: 'one' } });
    await using two = spawnNode(fixture('service'), { env: { NAME: 'two' } });
    const ports = await Promise.all(
      [one, two].map(async (service) => (await service.output(/listening (\d+)/))[1]),
    );
    await using nginx = await startNginx({ upstreams: ports.map((port) => `127.0.0.1:${port}`) });
    const load = sustainLoad({ url: `${nginx.url}/work`, clients: size({ test: 10, soak: 40 }) });
    await waitFor(() => load.result.ok > 100);
    one.kill('SIGKILL');
    await one.exited;
    const before = load.result.ok;
    await waitFor(() => load.result.ok > before + size({ test: 300, soak: 10_000 }));
    expect((await load.stop()).failed).toEqual([]);

    await using third = spawnNode(fixture('service'), { env: { NAME: 'three' } });
    const [, thirdPort] = await third.output(/listening (\d+)/);
    await using haproxy = await startHaproxy({
      config: `global
  log stdout format raw local0
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 5s
frontend entry
  bind 127.0.0.1:{{port}}
  default_backend service
backend service
  balance roundrobin
  cookie instance insert indirect nocache httponly
  option httpchk GET /readyz
  server two 127.0.0.1:${ports[1]} cookie two check inter 200ms
  server three 127.0.0.1:${thirdPort} cookie three check inter 200ms
`,
    });
    const ask = async (cookie: string): Promise<{ name: string; cookie: string }> => {
      const answer = await fetch(`${haproxy.url}/work`, { headers: { cookie } });
      const body: unknown = await answer.json();
      return {
        name: String(Reflect.get(Object(body), 'name')),
        cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '',
      };
    };
    const sessions = await Promise.all(Array.from({ length: 8 }, () => ask('')));
    expect(new Set(sessions.map(({ name }) => name))).toEqual(new Set(['two', 'three']));
    for (const session of sessions) {
      for (let request = 0; request < 5; request += 1)
        expect((await ask(session.cookie)).name).toBe(session.name);
    }
  });
});

test('finds what a careless service loses', async () => {
  const report = await simulateRollout(fixture('careless'), { lag: '2s', readyPath: '/', clients: 10 });
  expect(report.failed.length).toBeGreaterThan(0);
  expect(Object.keys(report.kinds).join()).toMatch(/ECONNREFUSED|ECONNRESET/);
  expect(report.ok + report.failed.length).toBe(report.sent);
  expect(Math.min(...report.failed.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(0);
});

test('says what a service wrote that does not become ready, and ends it', async () => {
  await expect(simulateRollout(fixture('nowhere'), { within: '10s' })).rejects.toMatchObject({
    code: 'HEALTH_ROLLOUT_NOT_READY',
    message: expect.stringContaining('Cannot find module'),
  });
  await expect(
    simulateRollout(fixture('careless'), { readyPath: '/', env: { PORT: '0' }, within: 1 }),
  ).rejects.toMatchObject({ code: 'HEALTH_ROLLOUT_NOT_READY' });
});
