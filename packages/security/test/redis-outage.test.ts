import type { Logger } from '@seaworthy/contracts';
import {
  createFakeClock,
  describeWith,
  type FaultProxy,
  httpHosts,
  type RedisServer,
  size,
  startFaultProxy,
  startRedis,
  waitFor,
} from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createSecurity,
  type Decision,
  type LimitPolicyOptions,
  type LimitStore,
  policy,
  redisStore,
  type Security,
  type SecurityEvent,
} from '../src/index.js';
import { mountOf } from './host-mount.js';
import { percentile } from './percentile.js';
import { measureTimerLateness } from './timer-lateness.js';
import { viewOf } from './view.js';

const hashKeys = 'an-0123456789-secret';
/** Generous where other tests share the machine: a miss would then be the machine's, and move a count to memory. */
const deadlineMs = 1_000;
/** Where the time itself is the promise. */
const strictMs = size({ test: 1_000, soak: 50 });

interface ClientOptions {
  readonly enableOfflineQueue?: boolean;
  readonly maxRetriesPerRequest?: number;
  readonly retryStrategy?: () => number;
  readonly connectTimeout?: number;
}

let server: RedisServer;
const clients: Redis[] = [];

async function connect(options: ClientOptions, url: string = server.url): Promise<Redis> {
  const client = new Redis(url, { ...options });
  client.on('error', () => undefined);
  clients.push(client);
  await waitFor(() => client.status === 'ready', { what: 'the client to connect' });
  return client;
}

/** As a service would configure it: fails at once instead of queueing. */
const tuned: ClientOptions = { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 };

interface Instance {
  readonly security: Security;
  readonly events: SecurityEvent[];
  readonly lines: string[];
  readonly gauge: number[];
}

async function instance(
  limit: LimitPolicyOptions,
  {
    client,
    instances = 1,
    within = deadlineMs,
  }: { readonly client: Redis; readonly instances?: number; readonly within?: number },
): Promise<Instance> {
  const [events, lines, gauge]: [SecurityEvent[], string[], number[]] = [[], [], []];
  const log = (message: string): void => void lines.push(message);
  const logger: Logger = { error: log, warn: log, info: log, debug: log };
  const metrics = {
    counter: () => ({ add: () => undefined }),
    histogram: () => ({ record: () => undefined }),
    gauge: () => ({ set: (value: number) => void gauge.push(value) }),
  };
  const store = redisStore(client, { prefix: 'outage', hashKeys, deadlineMs: within });
  const security = createSecurity({
    limits: { store, instances, policies: [policy('ip', limit)] },
    csrf: false,
    logger,
    metrics,
    onEvent: (event) => events.push(event),
  });
  return { security, events, lines, gauge };
}

const down = ({ events }: Instance): boolean => events.some(({ type }) => type === 'limit-store-down');
const up = ({ events }: Instance): boolean => events.some(({ type }) => type === 'limit-store-up');

/** Whether the breaker is open now. */
const isDown = ({ gauge }: Instance): boolean => gauge.at(-1) === 0;

/** Asks until the breaker is open, as traffic does. */
async function untilDown(subject: Instance, view = viewOf({ peer: '198.51.100.99' })): Promise<void> {
  await waitFor(async () => {
    await subject.security.decide(view);
    return down(subject);
  });
}

async function untilUp(subject: Instance, view = viewOf({ peer: '198.51.100.98' })): Promise<void> {
  await waitFor(
    async () => {
      await subject.security.decide(view);
      return up(subject);
    },
    { timeoutMs: 30_000, what: 'the limits to be back in Redis' },
  );
}

describeWith(['private redis'], 'when Redis fails', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    await server.thaw();
    await server.restart();
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await server.close();
  });

  test('[row 33] two instances share one budget; with Redis frozen both answer from memory, say so once, and heal', async () => {
    const host = httpHosts[0] ?? expect.fail('no host');
    const limit = { limit: 20, per: '1h', paths: ['/api/'] } as const;
    const one = await instance(limit, { client: await connect(tuned), instances: 2 });
    const two = await instance(limit, { client: await connect(tuned), instances: 2 });
    await using first = await host.serve(mountOf(one.security));
    await using second = await host.serve(mountOf(two.security));
    const ask = async (url: string): Promise<number> => (await fetch(`${url}/api/items`)).status;
    const count = (statuses: readonly number[], wanted: number): number =>
      statuses.filter((status) => status === wanted).length;

    const together: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) together.push(await ask(first.url), await ask(second.url));
    expect([down(one), down(two)]).toEqual([false, false]);
    expect([count(together, 200), count(together, 429)]).toEqual([20, 20]);

    await server.freeze();
    const began = performance.now();
    const frozen: number[] = [];
    for (let turn = 0; turn < 30; turn += 1)
      frozen.push(...(await Promise.all([ask(first.url), ask(second.url)])));
    const tookMs = performance.now() - began;
    expect(count(frozen, 200) + count(frozen, 429)).toBe(60); // never a 500
    expect([count(frozen, 200), count(frozen, 429)]).toEqual([20, 40]); // each half of the limit, together all of it
    // Three misses open the breaker and nothing waits after that; waiting each time would take thirty deadlines.
    expect(tookMs).toBeLessThan(20 * deadlineMs);
    for (const { lines, gauge } of [one, two]) {
      expect(lines).toEqual(['Rate limit store is down; policies follow their onStoreDown']);
      expect(gauge).toEqual([1, 0]);
    }
    expect(await one.security.healthCheck().probe(AbortSignal.timeout(1_000))).toMatchObject({
      status: 'degraded',
    });

    await server.thaw();
    await Promise.all([
      untilUp(one, viewOf({ url: '/api/items' })),
      untilUp(two, viewOf({ url: '/api/items' })),
    ]);
    expect(one.lines).toEqual([
      'Rate limit store is down; policies follow their onStoreDown',
      'Rate limit store answers again',
    ]);
    expect(one.gauge).toEqual([1, 0, 1]);
    expect(await one.security.healthCheck().probe(AbortSignal.timeout(1_000))).toBeUndefined();
    // The shared budget of before is still spent.
    expect([await ask(first.url), await ask(second.url)]).toEqual([429, 429]);
  });

  describe.each([
    ['as ioredis comes', {}],
    ['without an offline queue', tuned],
  ] satisfies ReadonlyArray<readonly [string, ClientOptions]>)('with a client %s', (_name, options) => {
    test('Redis killed and started again: limited from memory at once, then shared again', async () => {
      const subject = await instance({ limit: 3, per: '1h' }, { client: await connect(options) });
      await server.kill();
      await untilDown(subject);
      const kinds: string[] = [];
      for (let turn = 0; turn < 6; turn += 1) {
        const decision = subject.security.decide(viewOf());
        expect(decision).not.toBeInstanceOf(Promise); // with the breaker open nobody waits at all
        kinds.push((await decision).verdict.kind);
      }
      expect(kinds).toEqual(['pass', 'pass', 'pass', 'deny', 'deny', 'deny']);
      await server.restart();
      await untilUp(subject);
      expect(subject.lines).toHaveLength(2);
      expect((await subject.security.decide(viewOf())).verdict.kind).toBe('pass');
    });
  });

  test.each([
    ['frozen', tuned, () => server.freeze(), () => server.thaw()],
    ['frozen', {}, () => server.freeze(), () => server.thaw()],
    ['killed', tuned, () => server.kill(), () => server.restart()],
    ['killed', {}, () => server.kill(), () => server.restart()],
  ] satisfies ReadonlyArray<
    readonly [string, ClientOptions, () => Promise<unknown>, () => Promise<unknown>]
  >)(
    'Redis %s under load: nobody waits past the deadline, and nobody waits while the breaker is open',
    async (_what, options, fail, mend) => {
      const client = await connect(options);
      const subject = await instance({ limit: 1_000_000, per: '1h' }, { client, within: strictMs });
      const [waited, waitedOpen]: [number[], number[]] = [[], []];
      const kinds = new Set<string>();
      let loaded = true;
      const load = async (): Promise<void> => {
        while (loaded) {
          const times = isDown(subject) ? waitedOpen : waited;
          const began = performance.now();
          kinds.add((await subject.security.decide(viewOf())).verdict.kind);
          times.push(performance.now() - began);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      const lateness = measureTimerLateness();
      const workers = Array.from({ length: 10 }, load);
      await waitFor(() => waited.length > 100 && !isDown(subject));
      for (const each of [waited, waitedOpen, subject.lines]) each.length = 0; // of the healthy time
      await fail();
      await waitFor(() => waitedOpen.length > 300 && waited.length > 0);
      await mend();
      await waitFor(() => !isDown(subject), { timeoutMs: 30_000, what: 'the limits to be back in Redis' });
      loaded = false;
      await Promise.all(workers);
      const late = lateness();
      expect([...kinds]).toEqual(['pass']);
      expect(percentile(waited, 99)).toBeLessThanOrEqual(
        strictMs + size({ test: 1_000, soak: 10 }) + 2 * late,
      );
      expect(percentile(waitedOpen, 99)).toBeLessThanOrEqual(size({ test: 500, soak: 2 }) + 2 * late);
      expect(subject.lines.at(0)).toBe('Rate limit store is down; policies follow their onStoreDown');
      expect(subject.lines.at(-1)).toBe('Rate limit store answers again');
    },
  );

  describe('behind a network that fails', () => {
    let proxy: FaultProxy;
    beforeAll(async () => {
      proxy = await startFaultProxy({ target: { host: server.host, port: server.port } });
    });
    afterAll(() => proxy.close());

    test.each([
      ['answers too late', () => proxy.latency(5 * deadlineMs)],
      ['swallows everything', () => proxy.blackhole()],
      ['resets connections', () => proxy.reset()],
      [
        'refuses connections',
        (client) => {
          proxy.refuse();
          client.disconnect(true);
        },
      ],
    ] satisfies ReadonlyArray<readonly [string, (client: Redis) => void]>)(
      'that %s: limited from memory, never an error, and back by itself',
      async (_what, fail) => {
        proxy.clear();
        const url = new URL(server.url);
        url.port = String(proxy.port);
        const client = await connect({ ...tuned, connectTimeout: 500 }, url.href);
        const subject = await instance({ limit: 3, per: '1h' }, { client });
        expect((await subject.security.decide(viewOf())).verdict.kind).toBe('pass');
        fail(client);
        await untilDown(subject);
        const kinds: string[] = [];
        for (let turn = 0; turn < 5; turn += 1)
          kinds.push((await subject.security.decide(viewOf())).verdict.kind);
        expect(kinds).toEqual(['pass', 'pass', 'pass', 'deny', 'deny']);
        proxy.clear();
        // A swallowed connection says nothing; the client finds out when its own keep-alive or its owner does.
        client.disconnect(true);
        await untilUp(subject);
      },
    );
  });

  describe('what a policy asks for while its store is down', () => {
    async function withoutRedis(limit: LimitPolicyOptions, instances = 1): Promise<Instance> {
      const subject = await instance(limit, { client: await connect(tuned), instances });
      await server.kill();
      await untilDown(subject);
      return subject;
    }
    const headerOf = ({ headers }: Decision, name: string): string | undefined =>
      Object.fromEntries(headers)[name];

    test("'open' lets everything pass, and tells no figures that nobody counts", async () => {
      const { security } = await withoutRedis({ limit: 1, per: '1h', onStoreDown: 'open' });
      for (let turn = 0; turn < 5; turn += 1) {
        const decision = await security.decide(viewOf());
        expect(decision.verdict.kind).toBe('pass');
        expect(headerOf(decision, 'RateLimit')).toBeUndefined();
      }
    });

    test("'closed' answers 503 and says when to come again", async () => {
      const { security, events } = await withoutRedis({ limit: 1, per: '1h', onStoreDown: 'closed' });
      const decision = await security.decide(viewOf());
      expect(decision.verdict).toMatchObject({ kind: 'deny', status: 503, code: 'RATE_LIMIT_UNAVAILABLE' });
      expect(headerOf(decision, 'Retry-After')).toBe('1');
      expect(events.at(-1)).toMatchObject({ type: 'limit-unavailable', policy: 'ip' });
    });

    test("'local' gives out this process's part of the limit", async () => {
      const { security } = await withoutRedis({ limit: 10, per: '1h' }, 4);
      const kinds: string[] = [];
      for (let turn = 0; turn < 4; turn += 1) kinds.push((await security.decide(viewOf())).verdict.kind);
      expect(kinds).toEqual(['pass', 'pass', 'deny', 'deny']);
    });
  });
});

describe('the deadline and the breaker, on a clock of the test', () => {
  /** A store whose answers the test gives. */
  function scripted() {
    const waiting: {
      readonly resolve: () => void;
      readonly reject: (error: Error) => void;
      readonly key: string;
    }[] = [];
    const store: LimitStore = {
      deadlineMs,
      consume: (charges) =>
        new Promise((resolve, reject) => {
          const outcome = { allowed: true, remaining: 1, resetMs: 1_000, retryAfterMs: 0 };
          const answer = charges.map(() => outcome);
          waiting.push({ resolve: () => resolve(answer), reject, key: charges[0]?.key ?? '' });
        }),
    };
    const clock = createFakeClock();
    const events: string[] = [];
    const security = createSecurity({
      limits: { store, policies: [policy('ip', { limit: 1, per: '1h' })] },
      clock,
      onEvent: ({ type }) => events.push(type),
    });
    return { waiting, clock, events, security };
  }

  test('a decision comes at the deadline and not before, whatever the store does later', async () => {
    const { waiting, clock, security } = scripted();
    let settled: Decision | undefined;
    const decision = Promise.resolve(security.decide(viewOf())).then((value) => {
      settled = value;
    });
    await clock.advance(deadlineMs - 1);
    expect(settled).toBeUndefined();
    await clock.advance(1);
    await decision;
    expect(settled?.verdict.kind).toBe('pass');
    waiting[0]?.reject(new Error('late'));
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
  });

  test('two failures are a hiccup, three an outage; a success between them starts anew', async () => {
    const { waiting, clock, events, security } = scripted();
    const fail = async (): Promise<void> => {
      const decision = security.decide(viewOf());
      waiting.at(-1)?.reject(new Error('no'));
      await decision;
    };
    await fail();
    await fail();
    const fine = security.decide(viewOf());
    waiting.at(-1)?.resolve();
    await fine;
    await fail();
    await fail();
    expect(events.filter((type) => type.startsWith('limit-store'))).toEqual([]);
    await fail();
    await fail();
    expect(events.filter((type) => type.startsWith('limit-store'))).toEqual(['limit-store-down']);
    await clock.advance(0);
  });

  test('an open breaker asks the store once per try, with a charge of its own, and lets no client wait for it', async () => {
    const { waiting, clock, events, security } = scripted();
    for (let turn = 0; turn < 3; turn += 1) {
      const decision = security.decide(viewOf());
      waiting.at(-1)?.reject(new Error('no'));
      await decision;
    }
    const asked = waiting.length;
    for (let turn = 0; turn < 1_000; turn += 1) expect(security.decide(viewOf())).not.toBeInstanceOf(Promise);
    expect(waiting.length).toBe(asked);
    await clock.advance(5_000);
    for (let turn = 0; turn < 1_000; turn += 1) expect(security.decide(viewOf())).not.toBeInstanceOf(Promise);
    expect(waiting.slice(asked).map(({ key }) => key)).toEqual(['probe']);
    waiting.at(-1)?.resolve();
    await clock.advance(0);
    expect(events.at(-1)).toBe('limit-store-up');
    expect(security.decide(viewOf())).toBeInstanceOf(Promise);
    waiting.at(-1)?.resolve();
  });
});
