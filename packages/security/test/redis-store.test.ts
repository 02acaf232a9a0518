import { Secret } from '@seaworthy/contracts';
import { describeWith, type SharedRedis, sharedRedis, size, waitFor } from '@seaworthy/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createSecurity,
  type LimitCharge,
  type LimitOutcomes,
  type LimitPolicyOptions,
  memoryStore,
  policy,
  redisStore,
} from '../src/index.js';
import { viewOf } from './view.js';

const hashKeys = new Secret('RATE_LIMIT_SECRET', 'canary-0123456789abcdef');

let shared: SharedRedis;
let redis: Redis;

/** The machine is shared with other tests, so nothing here is about being fast. */
const deadlineMs = 10_000;
const storeOf = (client: Redis = redis) => redisStore(client, { prefix: 'test', hashKeys, deadlineMs });

const charge = (name: string, options: LimitPolicyOptions, key = 'k', cost = 1): LimitCharge => ({
  rule: policy(name, options).rule,
  key,
  cost,
});
const one = (outcomes: LimitOutcomes) => outcomes[0] ?? expect.fail('no outcome');

describeWith(['redis'], 'counts in Redis', () => {
  beforeAll(async () => {
    shared = await sharedRedis();
    redis = new Redis(shared.url);
  });
  beforeEach(() => shared.flush());
  afterAll(() => redis.quit());

  describe('the script', () => {
    test.each(['fixed', 'smooth'] as const)(
      'decides as the memory store does, charge for charge: %s',
      async (algorithm) => {
        const charges = fc.array(
          fc.array(
            fc.record({
              limit: fc.integer({ min: 1, max: 6 }),
              key: fc.constantFrom('a', 'b'),
              cost: fc.integer({ min: 0, max: 3 }),
            }),
            { minLength: 1, maxLength: 3 },
          ),
          { minLength: 1, maxLength: 15 },
        );
        await fc.assert(
          fc.asyncProperty(charges, fc.uuid(), async (requests, run) => {
            const [here, there] = [memoryStore(), storeOf()];
            for (const request of requests) {
              const asked = request.map(({ limit, key, cost }, index) =>
                charge(`p${index}-${limit}`, { limit, per: '10h', algorithm }, `${run} ${key}`, cost),
              );
              // Distinct policies in one request, as a limiter makes them.
              const [ours, theirs] = [here.consume(asked), await there.consume(asked)];
              const exact = (outcomes: LimitOutcomes) =>
                outcomes.map(({ allowed, remaining }) => ({ allowed, remaining }));
              expect(exact(theirs)).toEqual(exact(ours));
              for (const [index, outcome] of theirs.entries()) {
                const other = ours[index];
                // The two clocks started a moment apart.
                expect(Math.abs(outcome.resetMs - (other?.resetMs ?? 0))).toBeLessThan(60_000);
                expect(outcome.retryAfterMs > 0).toBe(!outcome.allowed);
              }
            }
          }),
          { numRuns: size({ test: 40, soak: 1_000 }) },
        );
      },
    );

    test('admits exactly the limit to many clients at once, fixed and smooth', async () => {
      const clients = Array.from({ length: 4 }, () => new Redis(shared.url));
      try {
        for (const algorithm of ['fixed', 'smooth'] as const) {
          const options: LimitPolicyOptions = {
            limit: 100,
            per: '1d',
            algorithm,
            ...(algorithm === 'smooth' ? { burst: 100 } : {}),
          };
          const tries = Array.from({ length: size({ test: 1_000, soak: 20_000 }) }, (_, index) => index);
          const answers = await Promise.all(
            tries.map(async (index) => storeOf(clients[index % 4]).consume([charge(algorithm, options)])),
          );
          expect(answers.filter((answer) => one(answer).allowed)).toHaveLength(100);
        }
      } finally {
        for (const client of clients) client.disconnect();
      }
    });

    test('consumes nothing when one of several limits refuses', async () => {
      const store = storeOf();
      const both = [
        charge('minute', { limit: 2, per: '1h' }),
        charge('day', { limit: 20, per: '1d' }, 'other'),
      ];
      await store.consume(both);
      await store.consume(both);
      for (let refused = 0; refused < 20; refused += 1) {
        const [minute, day] = await store.consume(both);
        expect([minute?.allowed, day?.allowed, day?.remaining]).toEqual([false, true, 18]);
      }
    });

    test('lets every key expire, half-second windows included', async () => {
      const store = storeOf();
      await store.consume([
        charge('short', { limit: 1, per: '500ms' }),
        charge('long', { limit: 1, per: '90d' }),
        charge('smooth', { limit: 10, per: '100ms', algorithm: 'smooth' }),
      ]);
      const ttls = await Promise.all((await redis.keys('*')).map((key) => redis.pttl(key)));
      for (const ttl of ttls) expect(ttl === -2 || ttl > 0).toBe(true);
      await waitFor(
        async () => one(await store.consume([charge('short', { limit: 1, per: '500ms' })])).allowed,
      );
      expect(one(await store.consume([charge('long', { limit: 1, per: '90d' })])).allowed).toBe(false);
    });

    test('starts a new window where a counter lost its expiry, instead of blocking for ever', async () => {
      const store = storeOf();
      const asked = [charge('ip', { limit: 1, per: '1h' })];
      await store.consume(asked);
      expect(one(await store.consume(asked)).allowed).toBe(false);
      const [key = ''] = await redis.keys('*');
      await redis.persist(key);
      expect(one(await store.consume(asked)).allowed).toBe(true);
      expect(await redis.pttl(key)).toBeGreaterThan(0);
      expect(one(await store.consume(asked)).allowed).toBe(false);
    });

    test('waits no longer than its rule can ask for when the clock was set back', async () => {
      const store = storeOf();
      const asked = [charge('ip', { limit: 5, per: '1h', algorithm: 'smooth', burst: 5 })];
      await store.consume(asked);
      const [key = ''] = await redis.keys('*');
      const farAhead = (Date.now() + 365 * 86_400_000) * 1_000;
      await redis.set(key, String(farAhead), 'PX', 365 * 86_400_000);
      const outcome = one(await store.consume(asked));
      expect(outcome.allowed).toBe(false);
      expect(outcome.resetMs).toBeLessThanOrEqual(5 * 3_600_000);
    });

    test('is loaded again after Redis forgot it', async () => {
      const store = storeOf();
      const asked = [charge('ip', { limit: 3, per: '1h' })];
      await store.consume(asked);
      await redis.script('FLUSH');
      expect(one(await store.consume(asked)).remaining).toBe(1);
      expect(one(await store.consume(asked)).remaining).toBe(0);
    });
  });

  test('keeps keys of the documented shape, with no address and no secret in them', async () => {
    const security = createSecurity({
      limits: { store: storeOf(), policies: [policy('ip', { limit: 5, per: '1h' })] },
    });
    await security.decide(viewOf({ peer: '203.0.113.77' }));
    await security.decide(viewOf({ peer: '2001:db8:77:77::1' }));
    const keys = await redis.keys('*');
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(key).toMatch(/^test:limit:v1:\{[\w-]{22}\}:ip$/);
      expect(key).not.toMatch(/203\.0\.113|2001:db8|canary/);
    }
  });

  test('shares counts between instances that share the secret, and only those', async () => {
    const other = redisStore(redis, { prefix: 'test', hashKeys: 'another-0123456789', deadlineMs });
    const asked = [charge('ip', { limit: 1, per: '1h' })];
    expect(one(await storeOf().consume(asked)).allowed).toBe(true);
    expect(one(await storeOf().consume(asked)).allowed).toBe(false);
    expect(one(await other.consume(asked)).allowed).toBe(true);
  });

  test('can keep keys readable, without a way to leave their hash slot', async () => {
    const store = redisStore(redis, { prefix: 'test', hashKeys: false, deadlineMs });
    await store.consume([charge('ip', { limit: 1, per: '1h' }, 'a}b{c')]);
    const [key = ''] = await redis.keys('*');
    const [, tag = ''] = /\{([\w-]+)\}:ip$/.exec(key) ?? [];
    expect(Buffer.from(tag, 'base64url').toString()).toBe('a}b{c');
  });
});

test('refuses options that cannot work, without printing the secret', () => {
  const make = (options: object) => () => redisStore(redis, { prefix: 'test', hashKeys, ...options });
  expect(make({ prefix: 'a b' })).toThrow(/prefix/);
  expect(make({ hashKeys: 'canary' })).toThrow(/at least 16 characters/);
  expect(make({ hashKeys: 'canary' })).not.toThrow(/canary/);
  expect(make({ deadlineMs: 0 })).toThrow(/deadlineMs/);
  expect(make({ deadLineMs: 10 })).toThrow(/Did you mean "deadlineMs"/);
});
