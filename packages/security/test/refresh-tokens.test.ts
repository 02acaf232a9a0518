import { silentLogger } from '@seaworthy/contracts';
import {
  createFakeClock,
  describeWith,
  type RedisCluster,
  type RedisServer,
  type SharedRedis,
  sharedRedis,
  size,
  startRedis,
  startRedisCluster,
  waitFor,
} from '@seaworthy/testkit';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import * as jose from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createJwt,
  createRefreshTokens,
  type RefreshResult,
  type RefreshTokens,
  type RefreshTokensOptions,
  redisRevocations,
  TokenError,
} from '../src/jwt/index.js';

const key = 'a-key-of-the-refresh-tokens-0123456789';
const newer = 'another-key-of-the-refresh-tokens-0123';

function tokenOf(result: RefreshResult): string {
  if (result.kind !== 'rotated') throw new Error(`a refresh ended as ${result.kind}`);
  return result.token;
}

describeWith(['redis'], 'with Redis', () => {
  let shared: SharedRedis;
  let redis: Redis;
  beforeAll(async () => {
    shared = await sharedRedis();
    redis = new Redis(shared.url);
  });
  afterAll(() => redis.quit());
  const refreshWith = (options: Partial<RefreshTokensOptions> = {}): RefreshTokens =>
    createRefreshTokens({ redis, prefix: 'test', keys: [key], deadlineMs: 10_000, ...options });

  describe('a refresh token', () => {
    test('is used once, and gives the next one', async () => {
      const refresh = refreshWith();
      const { token } = await refresh.begin('ada');
      const first = await refresh.use(token);
      expect(first).toMatchObject({ kind: 'rotated', user: 'ada' });
      const second = await refresh.use(tokenOf(first));
      expect(second).toMatchObject({ kind: 'rotated', user: 'ada' });
      expect(new Set([token, tokenOf(first), tokenOf(second)]).size).toBe(3);
    });

    test('that is used twice ends its family, the one that a thief got among them, and is told', async () => {
      const told: string[] = [];
      const refresh = refreshWith({ onReuse: ({ user }) => told.push(user) });
      const { token } = await refresh.begin('ada');
      const other = await refresh.begin('ada');
      const stolen = await refresh.use(token);
      expect(await refresh.use(token)).toEqual({ kind: 'reused', user: 'ada' });
      expect(await refresh.use(tokenOf(stolen))).toEqual({ kind: 'unknown' });
      expect(await refresh.use(token)).toEqual({ kind: 'unknown' });
      expect((await refresh.use(other.token)).kind).toBe('rotated'); // another device is another family
      expect(told).toEqual(['ada']);
    });

    test('that is used twice is answered although who is told of it fails', async () => {
      const lines: string[] = [];
      const logger = { ...silentLogger, error: (message: string) => void lines.push(message) };
      const refresh = refreshWith({ logger, onReuse: async () => Promise.reject(new Error('no trail')) });
      const { token } = await refresh.begin('ada');
      await refresh.use(token);
      expect(await refresh.use(token)).toEqual({ kind: 'reused', user: 'ada' });
      await waitFor(() => lines.length > 0, { what: 'the line' });
      expect(lines).toEqual(['onReuse of createRefreshTokens threw']);
    });

    test('that many show at once goes to one of them, and ends the family', async () => {
      const refresh = refreshWith();
      for (let round = 0; round < size({ test: 5, soak: 200 }); round += 1) {
        const { token } = await refresh.begin('ada');
        const results = await Promise.all(Array.from({ length: 20 }, () => refresh.use(token)));
        const kinds = results.map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind === 'rotated')).toHaveLength(1);
        expect(kinds.filter((kind) => kind === 'reused')).toHaveLength(1);
        const won = results.find(({ kind }) => kind === 'rotated');
        expect(await refresh.use(won === undefined ? '' : tokenOf(won))).toEqual({ kind: 'unknown' });
      }
    });

    test('that is forged, changed or of another key is unknown, asks Redis nothing and ends no family', async () => {
      let calls = 0;
      const counting = {
        call: (command: string, ...args: ReadonlyArray<string | number | Buffer>) => {
          calls += 1;
          return redis.call(command, ...args);
        },
      };
      const refresh = refreshWith({ redis: counting });
      const { token } = await refresh.begin('ada');
      const before = calls;
      const mutated = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc
          .tuple(fc.nat({ max: token.length }), fc.nat({ max: 2 }), fc.string({ maxLength: 3 }))
          .map(([at, cut, put]) => token.slice(0, at) + put + token.slice(at + cut)),
      );
      await fc.assert(
        fc.asyncProperty(mutated, async (given) => {
          fc.pre(given !== token);
          expect(await refresh.use(given)).toEqual({ kind: 'unknown' });
        }),
        { numRuns: size({ test: 300, soak: 30_000 }) },
      );
      expect(await refreshWith({ keys: [newer] }).use(token)).toEqual({ kind: 'unknown' });
      expect(calls).toBe(before);
      expect((await refreshWith({ keys: [newer, key] }).use(token)).kind).toBe('rotated');
    });

    test('ends at logout, even by one that is used up, and all of a user’s end together, over a change of keys', async () => {
      const refresh = refreshWith();
      const [first, second] = [await refresh.begin('ada'), await refresh.begin('ada')];
      const next = await refresh.use(first.token);
      await refresh.revoke(first.token);
      await refresh.revoke('nonsense');
      expect(await refresh.use(tokenOf(next))).toEqual({ kind: 'unknown' });
      const rotated = refreshWith({ keys: [newer, key] });
      const third = await rotated.begin('ada');
      const eve = await rotated.begin('eve');
      expect(await rotated.revokeAll('ada')).toBeGreaterThanOrEqual(2);
      for (const { token } of [second, third]) expect(await rotated.use(token)).toEqual({ kind: 'unknown' });
      expect((await rotated.use(eve.token)).kind).toBe('rotated');
    });

    test('stands in no key and no value; every key has an end, and use puts it off to the lifetime and no further', async () => {
      await shared.flush();
      const refresh = refreshWith({ idle: '1h', lifetime: '2h' });
      const { token } = await refresh.begin('ada');
      const secret = token.split('.')[3] ?? '';
      const keys = await redis.keys('*');
      expect(keys).toHaveLength(2);
      const [family = ''] = keys.filter((name) => name.startsWith('test:refresh:'));
      expect(JSON.stringify([keys, await redis.hgetall(family)])).not.toContain(secret);
      for (const name of keys) expect(await redis.pttl(name)).toBeGreaterThan(0);
      await redis.pexpire(family, 60_000);
      const next = await refresh.use(token);
      expect(await redis.pttl(family)).toBeGreaterThan(59 * 60_000);
      await redis.hset(family, 'ends', Date.now() + 30_000);
      const third = await refresh.use(tokenOf(next));
      expect(await redis.pttl(family)).toBeLessThanOrEqual(30_000 + 5_000);
      await redis.hset(family, 'ends', Date.now() - 1);
      expect(await refresh.use(tokenOf(third))).toEqual({ kind: 'unknown' });
    });

    test('what a newer version wrote is unknown and left alone', async () => {
      await shared.flush();
      const refresh = refreshWith();
      const { token } = await refresh.begin('ada');
      const [family = ''] = await redis.keys('test:refresh:*');
      await redis.hset(family, 'v', '2');
      expect(await refresh.use(token)).toEqual({ kind: 'unknown' });
      expect(await redis.exists(family)).toBe(1);
    });

    test('of so many families the oldest ends', async () => {
      const refresh = refreshWith({ maxPerUser: 2 });
      const begun: string[] = [];
      for (let at = 0; at < 4; at += 1) {
        begun.push((await refresh.begin('grace')).token);
        const now = Date.now();
        await waitFor(() => Date.now() > now + 1, { what: 'the next millisecond' });
      }
      const kinds: string[] = [];
      for (const token of begun) kinds.push((await refresh.use(token)).kind);
      expect(kinds).toEqual(['unknown', 'unknown', 'rotated', 'rotated']);
    });

    test('is never somebody else’s, when a client gives the answer to another question', async () => {
      const refresh = refreshWith({ redis: { call: async () => ['rotated', 'eve', '1000'] } });
      const { token } = await refreshWith().begin('ada');
      await expect(refresh.use(token)).rejects.toMatchObject({ code: 'SECURITY_TOKENS_UNAVAILABLE' });
    });
  });

  describe('a revoked token', () => {
    const lifetime = '1h';
    const secret = 'a-secret-of-the-tokens-0123456789abcdef';
    const jwtOn = (clock = createFakeClock({ now: Date.now() })) => {
      const revocations = redisRevocations(redis, { prefix: 'test', lifetime, deadlineMs: 10_000, clock });
      const keys = [{ kid: 'k1', secret }];
      const jwt = createJwt({
        jose,
        algorithm: 'HS256',
        keys,
        issuer: 'a',
        audience: 'b',
        lifetime,
        revocations,
        clock,
      });
      return { clock, jwt, revocations };
    };

    test('is refused, and no other; all of a user’s are, and none that is issued later', async () => {
      const { clock, jwt, revocations } = jwtOn();
      const [one, two, eve] = [await jwt.sign('ada'), await jwt.sign('ada'), await jwt.sign('eve')];
      const validOf = async ({ token }: { readonly token: string }): Promise<boolean> =>
        (await jwt.verify(token)).valid;
      await revocations.revoke(one);
      expect(await jwt.verify(one.token)).toEqual({ valid: false, reason: 'revoked' });
      expect([await validOf(two), await validOf(eve)]).toEqual([true, true]);
      await clock.advance(1);
      await revocations.revokeAll('ada');
      await clock.advance(1); // the same second, and later all the same
      const three = await jwt.sign('ada');
      expect([await validOf(two), await validOf(three), await validOf(eve)]).toEqual([false, true, true]);
    });

    test('stays refused, and none of after it is, when the clocks of the processes are five minutes apart', async () => {
      const now = Date.now();
      const steps = fc.array(
        fc.record({
          what: fc.constantFrom('sign', 'sign', 'sign', 'revoke'),
          process: fc.nat(2),
          subject: fc.constantFrom('ivy', 'joe'),
        }),
        { maxLength: 20 },
      );
      await fc.assert(
        fc.asyncProperty(steps, fc.uuid(), async (turns, run) => {
          const processes = [-300_000, 0, 300_000].map((apart) =>
            jwtOn(createFakeClock({ now: now + apart })),
          );
          const signed: { token: string; subject: string; at: number; process: number }[] = [];
          const revokedAt = new Map<string, number>();
          for (const [at, { what, process, subject }] of turns.entries()) {
            const { jwt, revocations } = processes[process] ?? expect.fail('no process');
            const user = `${subject} ${run}`;
            if (what === 'revoke') {
              await revocations.revokeAll(user);
              revokedAt.set(user, at);
            } else signed.push({ ...(await jwt.sign(user)), subject: user, at, process });
          }
          for (const { token, subject, at, process } of signed) {
            // A verifier whose clock is behind the signer's refuses all of its tokens until they have begun.
            for (const { jwt } of processes.slice(process)) {
              const { valid } = await jwt.verify(token);
              expect(valid).toBe(at > (revokedAt.get(subject) ?? -1));
            }
          }
        }),
        { numRuns: size({ test: 15, soak: 300 }) },
      );
    });

    test('stays refused when the clock of Redis was set back', async () => {
      const { jwt, revocations } = jwtOn();
      await revocations.revokeAll('kim');
      const [name = ''] = await redis.keys('*:generation:*');
      await redis.set(name, String(Number(await redis.get(name)) + 3_600_000_000), 'KEEPTTL');
      const before = await jwt.sign('kim');
      await revocations.revokeAll('kim');
      expect(await jwt.verify(before.token)).toEqual({ valid: false, reason: 'revoked' });
      expect((await jwt.verify((await jwt.sign('kim')).token)).valid).toBe(true);
    });

    test('of an issuer that knows no revocations goes by the second that it says', async () => {
      const { revocations } = jwtOn();
      const seconds = 1_000;
      const ofThen = (issuedMs: number) => ({
        id: 'theirs',
        subject: 'lea',
        issuedMs,
        generation: undefined,
      });
      expect(await revocations.isRevoked(ofThen(Date.now()))).toBe(false);
      await revocations.revokeAll('lea');
      expect(await revocations.isRevoked(ofThen(Date.now() - 60 * seconds))).toBe(true);
      expect(await revocations.isRevoked(ofThen(Date.now() + 60 * seconds))).toBe(false);
    });

    test('is remembered for as long as it could be valid, and no longer', async () => {
      await shared.flush();
      const { jwt, revocations } = jwtOn();
      await revocations.revoke(await jwt.sign('ada'));
      await revocations.revokeAll('ada');
      const keys = await redis.keys('*');
      expect(keys).toHaveLength(2);
      for (const name of keys) {
        const left = await redis.pttl(name);
        expect(left).toBeGreaterThan(3_600_000 + 500_000); // clocks may be ten minutes apart
        expect(left).toBeLessThanOrEqual(3_600_000 + 600_000);
      }
      expect(keys.join()).not.toContain('ada');
    });
  });
});

describeWith(['private redis'], 'when Redis fails', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    const options = { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 };
    client = new Redis(server.url, options);
    client.on('error', () => undefined);
    await waitFor(() => client.status === 'ready', { what: 'the client to connect' });
  });
  afterAll(async () => {
    client.disconnect();
    await server.close();
  });

  test.each(['frozen', 'killed'] as const)(
    '%s: refreshing and revocations are 503 in time, and back by themselves',
    async (how) => {
      const deadlineMs = size({ test: 1_000, soak: 250 });
      const refresh = createRefreshTokens({ redis: client, prefix: how, keys: [key], deadlineMs });
      const revocations = redisRevocations(client, { prefix: how, lifetime: '1h', deadlineMs });
      const { token } = await refresh.begin('ada');
      const asked = { id: 'x', subject: 'ada', issuedMs: Date.now(), generation: 0 };
      const codesOf = async (): Promise<readonly unknown[]> =>
        (await Promise.allSettled([refresh.use(token), revocations.isRevoked(asked)])).map((end) =>
          end.status === 'rejected' && TokenError.is(end.reason) ? end.reason.statusCode : end.status,
        );
      if (how === 'frozen') await server.freeze();
      else await server.kill();
      const began = performance.now();
      for (let turn = 0; turn < 10; turn += 1) expect(await codesOf()).toEqual([503, 503]);
      expect(performance.now() - began).toBeLessThan(8 * deadlineMs); // three deadlines, then the breaker
      await expect(revocations.generationOf('ada')).rejects.toMatchObject({ statusCode: 503 });
      if (how === 'frozen') await server.thaw();
      else await server.restart();
      await waitFor(async () => (await codesOf()).every((code) => code === 'fulfilled'), {
        timeoutMs: 30_000,
        what: 'both to be back',
      });
    },
    60_000,
  );
});

describeWith(['private redis'], 'on a Redis Cluster', () => {
  let cluster: RedisCluster;
  let client: Cluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ masters: 3, replicasPerMaster: 0 });
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    client = new Cluster(nodes, { redisOptions: { password: cluster.password } });
    await waitFor(() => client.status === 'ready', { what: 'the client to connect' });
  }, 60_000);
  afterAll(async () => {
    client.disconnect();
    await cluster.close();
  });

  test('families and revocations of many users work on every master', async () => {
    const refresh = createRefreshTokens({ redis: client, prefix: 'c', keys: [key], deadlineMs: 10_000 });
    const revocations = redisRevocations(client, { prefix: 'c', lifetime: '1h', deadlineMs: 10_000 });
    for (let at = 0; at < 30; at += 1) {
      const user = `user-${at}`;
      const { token } = await refresh.begin(user);
      expect(await refresh.use(token)).toMatchObject({ kind: 'rotated', user });
      expect(await refresh.use(token)).toEqual({ kind: 'reused', user });
      await refresh.begin(user);
      expect(await refresh.revokeAll(user)).toBe(1);
      await revocations.revokeAll(user);
      expect(await revocations.isRevoked({ id: 'x', subject: user, issuedMs: 1, generation: 0 })).toBe(true);
    }
  });
});

test.each([
  ['no key', { keys: [] }],
  ['a prefix that moves a hash slot', { prefix: 'a{b}' }],
  ['an idle time longer than the lifetime', { idle: '2d', lifetime: '1d' }],
  ['no deadline', { deadlineMs: 0 }],
] satisfies ReadonlyArray<readonly [string, Partial<RefreshTokensOptions>]>)(
  '%s is refused',
  (_what, options) => {
    const redis = { call: async () => null };
    expect(() => createRefreshTokens({ redis, prefix: 'x', keys: [key], ...options })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  },
);
