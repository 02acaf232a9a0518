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
/** What the script keeps. */
function doubles(...values: readonly number[]): Buffer {
  return Buffer.from(new Float64Array(values).buffer);
}

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
          { numRuns: size({ test: 40, soak: 300 }) },
        );
      },
    );

    test('decides the requests of one turn as if each had come alone, in one call', async () => {
      const requests = fc.array(
        fc.array(
          fc.record({
            policy: fc.constantFrom('fixed 3', 'smooth 3', 'fixed 5', 'smooth 5'),
            key: fc.constantFrom('a', 'b', 'c'),
            cost: fc.integer({ min: 0, max: 2 }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        { minLength: 1, maxLength: 60 },
      );
      const ruleOf = (name: string): LimitCharge['rule'] => {
        const [algorithm = '', digits] = name.split(' ');
        const limit = Number(digits);
        const options: LimitPolicyOptions =
          algorithm === 'smooth' ? { limit, per: '10h', algorithm, burst: limit } : { limit, per: '10h' };
        return policy(algorithm, options).rule;
      };
      const rules = new Map(
        ['fixed 3', 'smooth 3', 'fixed 5', 'smooth 5'].map((name) => [name, ruleOf(name)]),
      );
      await fc.assert(
        fc.asyncProperty(requests, fc.uuid(), async (turn, run) => {
          const asked = turn.map((request) =>
            [...new Map(request.map((each) => [each.policy, each])).values()].map(
              ({ policy: name, key, cost }) => ({
                rule: rules.get(name) ?? expect.fail('no rule'),
                key: `${run} ${name} ${key}`,
                cost,
              }),
            ),
          );
          const calls: string[] = [];
          const counting = {
            call: (command: string, ...args: ReadonlyArray<string | number | Buffer>) => {
              calls.push(command);
              return redis.call(command, ...args);
            },
          };
          const store = redisStore(counting, { prefix: 'turn', hashKeys, deadlineMs });
          const together = await Promise.all(asked.map((charges) => store.consume(charges)));
          const one = memoryStore();
          const alone = asked.map((charges) => one.consume(charges));
          const exact = (all: readonly LimitOutcomes[]) =>
            all.map((outcomes) => outcomes.map(({ allowed, remaining }) => ({ allowed, remaining })));
          expect(exact(together)).toEqual(exact(alone));
          expect(calls.filter((command) => command === 'EVALSHA').length).toBe(
            asked.flat().length <= 32 ? 1 : expect.any(Number),
          );
        }),
        { numRuns: size({ test: 40, soak: 300 }) },
      );
    });

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
        charge('odd', { limit: 1, per: 1_900 }),
        charge('long', { limit: 1, per: '90d' }),
        charge('smooth', { limit: 10, per: '100ms', algorithm: 'smooth' }),
      ]);
      const ttls = await Promise.all((await redis.keys('*')).map((key) => redis.pttl(key)));
      for (const ttl of ttls) expect(ttl === -2 || ttl > 0).toBe(true);
      const [odd] = await store.consume([charge('odd-2', { limit: 1, per: 1_900 })]);
      expect(odd?.resetMs).toBe(1_900); // not a second, as where seconds are counted
      await waitFor(
        async () => one(await store.consume([charge('short', { limit: 1, per: '500ms' })])).allowed,
      );
      expect(one(await store.consume([charge('long', { limit: 1, per: '90d' })])).allowed).toBe(false);
    });

    test('ends the window of a counter that lost its expiry, instead of blocking for ever', async () => {
      const store = storeOf();
      const asked = [charge('ip', { limit: 1, per: '1h' })];
      await store.consume(asked);
      const [key = ''] = await redis.keys('*');
      const value = (await redis.getBuffer(key)) ?? expect.fail('no value');
      await redis.set(key, value); // without an expiry
      expect(one(await store.consume(asked)).allowed).toBe(false);
      await redis.set(key, doubles(value.readDoubleLE(0), value.readDoubleLE(8) - 3_600_000_000));
      expect(one(await store.consume(asked)).allowed).toBe(true);
      expect(await redis.pttl(key)).toBeGreaterThan(0);
      expect(one(await store.consume(asked)).allowed).toBe(false);
    });

    test.each([
      ['nothing', ''],
      ['text', '1:2'],
      ['figures that are none', doubles(Number.NaN, Number.NaN)],
      ['a figure that is none', doubles(Number.NaN)],
      ['a count below nothing', doubles(-5, Date.now() * 1_000 + 60_000_000)],
      ['the value of another algorithm', doubles(1, 2, 3)],
    ])('counts anew over what it did not write: %s', async (_what, value) => {
      const store = storeOf();
      for (const algorithm of ['fixed', 'smooth'] as const) {
        const asked = [charge(algorithm, { limit: 1, per: '1h', algorithm })];
        await store.consume(asked);
        const [key = ''] = await redis.keys(`*:${algorithm}`);
        await redis.set(key, value);
        expect(one(await store.consume(asked)).allowed).toBe(true);
        expect(one(await store.consume(asked)).allowed).toBe(false);
      }
    });

    test('waits no longer than its rule can ask for when the clock was set back', async () => {
      const store = storeOf();
      const asked = [charge('ip', { limit: 5, per: '1h', algorithm: 'smooth', burst: 5 })];
      await store.consume(asked);
      const [key = ''] = await redis.keys('*');
      const farAhead = (Date.now() + 365 * 86_400_000) * 1_000;
      await redis.set(key, doubles(farAhead), 'PX', 365 * 86_400_000);
      const outcome = one(await store.consume(asked));
      expect(outcome.allowed).toBe(false);
      expect(outcome.resetMs).toBeLessThanOrEqual(5 * 3_600_000);
      const window = [charge('window', { limit: 1, per: '1h' })];
      await store.consume(window);
      const [counter = ''] = await redis.keys('*:window');
      await redis.set(counter, doubles(1, farAhead));
      expect(one(await store.consume(window)).resetMs).toBeLessThanOrEqual(3_600_000);
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
      expect(key).toMatch(/^test:limit:v1:\{s\d{1,2}\}:[\w-]{22}:ip$/);
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
    const [, tag = ''] = /\{s\d{1,2}\}:([\w-]+):ip$/.exec(key) ?? [];
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
