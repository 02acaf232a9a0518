import { fileURLToPath } from 'node:url';
import type { Logger } from '@seaworthy/contracts';
import {
  describeWith,
  type RedisCluster,
  sharedRedis,
  size,
  spawnNode,
  startRedisCluster,
  waitFor,
} from '@seaworthy/testkit';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSecurity, type LimitCharge, policy, redisStore, type Security } from '../src/index.js';
import { createLoginGuard } from '../src/login/index.js';
import { percentile } from './percentile.js';
import { measureTimerLateness } from './timer-lateness.js';
import { viewOf } from './view.js';

const hashKeys = 'an-0123456789-secret';
const script = fileURLToPath(new URL('fixtures/limit-process.mjs', import.meta.url));

/** What four processes admit together of a limit that each of them alone would exhaust. */
async function admittedByFour(
  setting: Readonly<Record<string, unknown>>,
): Promise<{ fixed: number; smooth: number }> {
  const env = { SETTING: JSON.stringify(setting) };
  const processes = Array.from({ length: 4 }, () => spawnNode(script, { env }));
  try {
    await Promise.all(processes.map((each) => each.output(/ready/, 30_000)));
    for (const each of processes) each.write('go\n');
    const reports = await Promise.all(processes.map((each) => each.output(/admitted (\{.*\})/, 120_000)));
    const counts = reports.map(([, json = '']) => JSON.parse(json) as { fixed: number; smooth: number });
    const sum = (name: 'fixed' | 'smooth'): number => counts.reduce((all, each) => all + each[name], 0);
    return { fixed: sum('fixed'), smooth: sum('smooth') };
  } finally {
    await Promise.all(processes.map((each) => each[Symbol.asyncDispose]()));
  }
}

const four = { limit: size({ test: 200, soak: 1_000 }), tries: size({ test: 400, soak: 4_000 }), users: 50 };

describeWith(['redis'], 'four processes on one Redis', () => {
  test('admit exactly the limit together', async () => {
    const shared = await sharedRedis();
    await shared.flush();
    const admitted = await admittedByFour({ ...four, url: shared.url });
    expect(admitted).toEqual({ fixed: four.limit, smooth: four.limit });
  });
});

describeWith(['private redis'], 'limits on a Redis Cluster', () => {
  let cluster: RedisCluster;
  let client: Cluster;
  /** Generous where other tests share the machine. */
  const deadlineMs = size({ test: 1_000, soak: 50 });
  const storeOf = (prefix: string, within = 10_000) =>
    redisStore(client, { prefix, hashKeys, deadlineMs: within });
  const charge = (name: string, key: string, limit: number): LimitCharge => ({
    rule: policy(name, { limit, per: '1d' }).rule,
    key,
    cost: 1,
  });

  beforeAll(async () => {
    cluster = await startRedisCluster();
    client = new Cluster(
      cluster.nodes.map(({ host, port }) => ({ host, port })),
      { redisOptions: { password: cluster.password }, slotsRefreshTimeout: 5_000 },
    );
    client.on('error', () => undefined);
    await waitFor(() => client.nodes('master').length === 3, { what: 'the client to know the masters' });
  });
  beforeEach(async () => {
    await Promise.all(client.nodes('master').map((node) => node.flushall()));
  });
  afterAll(async () => {
    client?.disconnect();
    await cluster?.close();
  });

  test('lie on all masters', async () => {
    const store = storeOf('spread');
    await Promise.all(
      Array.from({ length: 300 }, (_, at) => store.consume([charge('ip', `client ${at}`, 5)])),
    );
    const sizes = await Promise.all(client.nodes('master').map((node) => node.dbsize()));
    expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(300);
    expect(Math.min(...sizes)).toBeGreaterThan(30);
  });

  test('of one request on several masters are spent all or none', async () => {
    const store = storeOf('all');
    const asked = (at: number): LimitCharge[] => [
      charge('ip', `client ${at}`, 2),
      charge('day', `day ${at}`, 20),
    ];
    for (let at = 0; at < 20; at += 1) {
      await store.consume(asked(at));
      await store.consume(asked(at));
      for (let refused = 0; refused < 20; refused += 1) {
        const [ip, day] = await store.consume(asked(at));
        expect([ip?.allowed, day?.allowed, day?.remaining]).toEqual([false, true, 18]);
      }
    }
  });

  test('are found to be on a cluster by a client that does not say so', async () => {
    const store = redisStore(
      { call: (command, ...args) => client.call(command, ...args) },
      { prefix: 'unsaid', hashKeys, deadlineMs: 10_000 },
    );
    const asked = [charge('ip', 'a', 3), charge('user', 'b', 5), charge('day', 'c', 9)];
    const turn = await Promise.all(Array.from({ length: 3 }, () => store.consume(asked)));
    expect(turn.map((outcomes) => outcomes.map(({ remaining }) => remaining))).toEqual([
      [2, 4, 8],
      [1, 3, 7],
      [0, 2, 6],
    ]);
    await store.release?.(asked);
    expect((await store.consume(asked)).map(({ remaining }) => remaining)).toEqual([0, 2, 6]);
  });

  test('admit to four processes together no more than each of them says', async () => {
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const admitted = await admittedByFour({ ...four, nodes, password: cluster.password });
    expect(admitted).toEqual({ fixed: four.limit, smooth: four.limit });
  });

  test('guard a login form: ten of fifty guesses, and success resets', async () => {
    const logins = createLoginGuard({ store: storeOf('form') });
    let looked = 0;
    const tryOne = (password: string, ip = '192.0.2.1') =>
      logins.attempt({ account: 'ada', client: { ip, key: ip, secure: true, viaProxy: false } }, async () => {
        looked += 1;
        return password === 'right' ? 'ada' : undefined;
      });
    for (let failure = 0; failure < 9; failure += 1) await tryOne('guess');
    expect((await tryOne('right')).kind).toBe('passed');
    looked = 0;
    await Promise.all(Array.from({ length: 50 }, () => tryOne('guess')));
    expect(looked).toBe(10);
    expect((await tryOne('right')).kind).toBe('refused');
    expect((await tryOne('right', '192.0.2.2')).kind).toBe('passed');
  });

  describe('that loses a master under load', () => {
    test('answers within the deadline, counts here until a replica took over, and says so once', async () => {
      const lines: string[] = [];
      const log = (line: string): void => void lines.push(line);
      const logger: Logger = { error: log, warn: log, info: log, debug: log };
      const [wentDown, cameUp] = [
        'Rate limit store is down; policies follow their onStoreDown',
        'Rate limit store answers again',
      ];
      const isDown = (): boolean => lines.at(-1) === wentDown;
      const security: Security = createSecurity({
        limits: {
          store: storeOf('failover', deadlineMs),
          instances: 4,
          policies: [policy('ip', { limit: 8, per: '1d' })],
        },
        csrf: false,
        logger,
      });
      const waited: number[] = [];
      const waitedOpen: number[] = [];
      const statuses = new Set<number>();
      let loaded = true;
      let turn = 0;
      const load = async (): Promise<void> => {
        while (loaded) {
          const peer = `203.0.${(turn >> 8) & 255}.${turn & 255}`;
          turn += 1;
          const times = isDown() ? waitedOpen : waited;
          const began = performance.now();
          const { verdict } = await security.decide(viewOf({ peer }));
          times.push(performance.now() - began);
          statuses.add('status' in verdict ? verdict.status : 200);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      };
      const lateness = measureTimerLateness();
      const workers = Array.from({ length: 8 }, load);
      await waitFor(() => turn > 200 && !isDown());
      for (const each of [waited, waitedOpen, lines]) each.length = 0; // of the healthy time

      await cluster.masters[0]?.kill();
      await waitFor(() => isDown() && waitedOpen.length > 50, { what: 'the loss to be noticed' });
      const kinds: string[] = [];
      for (let time = 0; time < 4; time += 1) {
        kinds.push((await security.decide(viewOf({ peer: '198.51.100.1' }))).verdict.kind);
      }
      expect(kinds).toEqual(['pass', 'pass', 'deny', 'deny']); // a quarter of the limit, at once
      await waitFor(async () => (await storeOf('watch').probe?.()) === undefined, {
        timeoutMs: 30_000,
        what: 'a replica to take over',
      });
      await waitFor(() => !isDown(), {
        timeoutMs: 30_000,
        what: 'the limits to be back in the cluster',
      });
      loaded = false;
      await Promise.all(workers);
      const late = lateness();
      await cluster.masters[0]?.restart();

      expect([...statuses].filter((status) => status !== 200 && status !== 429)).toEqual([]);
      expect(percentile(waited, 99)).toBeLessThanOrEqual(
        deadlineMs + size({ test: 1_000, soak: 10 }) + 2 * late,
      );
      expect(percentile(waitedOpen, 99)).toBeLessThanOrEqual(size({ test: 500, soak: 2 }) + 2 * late);
      // With 50 ms a busy machine is an outage of its own now and then.
      expect(lines.slice(0, size({ test: 2, soak: 1 }))).toEqual(
        [wentDown, cameUp].slice(0, size({ test: 2, soak: 1 })),
      );
      expect(lines.at(-1)).toBe(cameUp);
      await security.close();
    });
  });
});
