import type { Logger } from '@seaworthy/contracts';
import {
  createFakeClock,
  describeHttpContract,
  describeWith,
  type FakeClock,
  type RedisCluster,
  type RedisServer,
  size,
  startRedis,
  startRedisCluster,
  waitFor,
} from '@seaworthy/testkit';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createSessions,
  redisSessionStore,
  SessionError,
  type SessionStore,
  type Sessions,
} from '../src/sessions/index.js';
import { type Basket, Browser, sessionMount } from './session-mount.js';

const keys = ['a-key-of-the-sessions-0123456789abcdef'];
/** Generous where other tests share the machine. */
const deadlineMs = size({ test: 1_000, soak: 250 });
const silentSink = { open: true, set: () => undefined };

interface Instance {
  readonly sessions: Sessions<Basket>;
  readonly lines: string[];
}

function instanceOn(client: Redis | Cluster, prefix = 'outage'): Instance {
  const lines: string[] = [];
  const log = (message: string): void => void lines.push(message);
  const logger: Logger = { error: log, warn: log, info: log, debug: () => undefined };
  const store = redisSessionStore(client, { prefix, deadlineMs });
  return { sessions: createSessions<Basket>({ store, keys, logger }), lines };
}

describeWith(['private redis'], 'when Redis fails', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis({ config: { appendonly: 'yes', appendfsync: 'always' } });
    // As a service would configure it: fails at once instead of queueing.
    const options = { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 };
    client = new Redis(server.url, options);
    client.on('error', () => undefined);
    await waitFor(() => client.status === 'ready', { what: 'the client to connect' });
  });
  afterAll(async () => {
    client.disconnect();
    await server.close();
  });

  describeHttpContract('sessions', (host) => {
    test('[row 41] survive restarts of service and Redis, get a new id at login, slide, end at logout; without Redis 503 and nobody else', async () => {
      await client.flushdb();
      const sessionKeys = (): Promise<string[]> => client.keys('outage:session:*');
      const [ada, bob] = [new Browser(), new Browser()];
      const { sessions } = instanceOn(client);
      {
        await using service = await host.serve(sessionMount(sessions));
        await ada.ask('POST', `${service.url}/items/boat`);
        const planted = ada.cookie;
        await ada.ask('POST', `${service.url}/login/ada`);
        expect(ada.cookie).not.toBe(planted);
        await bob.ask('POST', `${service.url}/login/bob`);
        expect(await sessionKeys()).toHaveLength(2);
      }
      await server.kill();
      await server.restart();
      await waitFor(() => client.status === 'ready', { what: 'the client to connect again' });

      const { sessions: restarted, lines } = instanceOn(client);
      await using service = await host.serve(sessionMount(restarted));
      const me = async (browser: Browser): Promise<readonly [number, unknown]> => {
        const answer = await browser.ask('GET', `${service.url}/me`);
        return [answer.status, await answer.json()];
      };
      expect(await me(ada)).toEqual([200, { user: 'ada' }]);
      expect(await me(bob)).toEqual([200, { user: 'bob' }]);

      for (const key of await sessionKeys()) await client.pexpire(key, 60_000);
      await me(ada);
      const lives = await Promise.all((await sessionKeys()).map((key) => client.pttl(key)));
      expect(lives.map((ms) => ms > 29 * 60_000).sort()).toEqual([false, true]);

      const refused = {
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        code: 'SESSIONS_UNAVAILABLE',
        detail: 'Sessions cannot be looked up. Try again shortly.',
      };
      await server.freeze();
      const began = performance.now();
      for (let turn = 0; turn < 10; turn += 1) {
        expect(await me(ada)).toEqual([503, refused]);
        expect(await me(bob)).toEqual([503, refused]);
      }
      // Three misses open the breaker and nobody waits after that; each alone would be twenty deadlines.
      expect(performance.now() - began).toBeLessThan(10 * deadlineMs);
      expect(lines).toEqual(['Session store is down; requests with a session get 503']);
      const login = await new Browser().ask('POST', `${service.url}/login/eve`); // the handler's own error
      expect([login.status, login.headers.getSetCookie()]).toEqual([
        host.name === 'node:http' ? 500 : 503, // the bare host knows no statusCode
        [],
      ]);
      expect((await fetch(`${service.url}/hello`)).status).toBe(200); // who has no session is not concerned
      expect(await restarted.healthCheck().probe(AbortSignal.timeout(1_000))).toMatchObject({
        status: 'degraded',
      });
      await server.thaw();
      await waitFor(async () => (await me(ada))[0] === 200, {
        timeoutMs: 30_000,
        what: 'the sessions to be back',
      });
      expect(lines.at(-1)).toBe('Session store answers again');
      expect([await me(ada), await me(bob)]).toEqual([
        [200, { user: 'ada' }],
        [200, { user: 'bob' }],
      ]);

      await server.kill();
      expect(await me(ada)).toEqual([503, refused]);
      expect((await ada.ask('POST', `${service.url}/logout`)).status).toBe(503);
      expect(ada.cookie).not.toBe(''); // kept, so that the logout can be tried again
      await server.restart();
      await waitFor(async () => (await me(ada))[0] === 200, {
        timeoutMs: 30_000,
        what: 'the sessions to be back',
      });
      await ada.ask('POST', `${service.url}/logout`);
      expect(await sessionKeys()).toHaveLength(1);
      expect(await me(bob)).toEqual([200, { user: 'bob' }]);
    }, 60_000);
  });
});

describeWith(['private redis'], 'on a Redis Cluster', () => {
  let cluster: RedisCluster;
  let client: Cluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    client = new Cluster(
      cluster.nodes.map(({ host, port }) => ({ host, port })),
      {
        redisOptions: { password: cluster.password, maxRetriesPerRequest: 0 },
        clusterRetryStrategy: () => 100,
      },
    );
    client.on('error', () => undefined);
    await waitFor(() => client.status === 'ready', { what: 'the client to connect' });
  }, 60_000);
  afterAll(async () => {
    client.disconnect();
    await cluster.close();
  });

  test('sessions of many users work on every master, and nobody becomes somebody else when one dies', async () => {
    const { sessions } = instanceOn(client, 'cluster');
    const users = Array.from({ length: 30 }, (_, at) => `user-${at}`);
    const cookies = new Map<string, string>();
    for (const user of users) {
      const set = (line: string): void => void cookies.set(user, line.split(';')[0] ?? '');
      const session = await sessions.open({}, undefined, { open: true, set });
      await session.update(() => ({ theme: 'dark' }));
      await session.login(user, { about: 'first' });
      const other = await sessions.open({}, undefined, silentSink);
      await other.login(user, { about: 'second' });
      expect(await sessions.list(user)).toHaveLength(2);
      expect(await sessions.endAll(user, { except: session.handle })).toBe(1);
    }
    const userOf = async (user: string): Promise<string | undefined> => {
      try {
        return (await sessions.open({}, cookies.get(user), silentSink)).user;
      } catch (error) {
        if (SessionError.is(error) && error.statusCode === 503) return 'unavailable';
        throw error;
      }
    };
    const all = (): Promise<readonly (string | undefined)[]> => Promise.all(users.map(userOf));
    expect(await all()).toEqual(users);

    await client.wait(1, 5_000); // what is not replicated when a master dies is lost, as Redis says
    await cluster.masters[0]?.kill();
    await waitFor(
      async () => {
        const answers = await all();
        for (const [at, answer] of answers.entries())
          expect([users[at], 'unavailable', undefined]).toContain(answer);
        return answers.every((answer) => answer !== 'unavailable' && answer !== undefined);
      },
      { timeoutMs: 60_000, what: 'the replica to take over' },
    );
    expect(await all()).toEqual(users);
  }, 120_000);
});

describe('the deadline and the breaker, on a clock of the test', () => {
  function scripted() {
    const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
    const answer = <T>(value: T): Promise<T> =>
      new Promise((resolve, reject) => waiting.push({ resolve: () => resolve(value), reject }));
    const store: SessionStore = {
      deadlineMs,
      create: async () => undefined,
      read: () => answer(undefined),
      write: () => answer('gone'),
      hold: () => answer(false),
      take: () => answer(undefined),
      list: () => answer([]),
      end: () => answer(0),
      endAll: () => answer(0),
    };
    const clock: FakeClock = createFakeClock();
    const sessions = createSessions({ store, keys, clock });
    return { waiting, clock, sessions };
  }
  const codeOf = (error: unknown): string => (SessionError.is(error) ? error.code : String(error));

  test('a question comes back at the deadline and not before; an answer after it is nobody’s', async () => {
    const { waiting, clock, sessions } = scripted();
    let settled: string | undefined;
    const asked = sessions.list('ada').then(
      () => 'listed',
      (error: unknown) => codeOf(error),
    );
    void asked.then((value) => {
      settled = value;
    });
    await clock.advance(deadlineMs - 1);
    expect(settled).toBeUndefined();
    await clock.advance(1);
    expect(await asked).toBe('SECURITY_SESSIONS_UNAVAILABLE');
    waiting[0]?.resolve();
    await clock.advance(0);
    expect(clock.pending).toBe(0);
  });

  test('an open breaker lets one request at a time find out, and the others wait for nothing', async () => {
    const { waiting, clock, sessions } = scripted();
    const ask = (): Promise<string> => sessions.list('ada').then(() => 'listed', codeOf);
    for (let turn = 0; turn < 3; turn += 1) {
      const asked = ask();
      waiting.at(-1)?.reject(new Error('no'));
      expect(await asked).toBe('SECURITY_SESSIONS_UNAVAILABLE');
    }
    const before = waiting.length;
    const refused = await Promise.all(Array.from({ length: 100 }, ask));
    expect([new Set(refused), waiting.length]).toEqual([new Set(['SECURITY_SESSIONS_UNAVAILABLE']), before]);
    await clock.advance(5_000);
    const tries = Array.from({ length: 100 }, ask);
    await clock.advance(0);
    expect(waiting.length).toBe(before + 1);
    waiting.at(-1)?.resolve();
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome === 'listed')).toHaveLength(1);
    const after = ask();
    waiting.at(-1)?.resolve();
    expect(await after).toBe('listed');
  });
});
