import { createFakeClock, describeWith, sharedRedis, size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LimitPolicy, type LimitPolicyOptions, memoryStore, policy, redisStore } from '../src/index.js';

const mostMs = 3_650 * 86_400_000;

/** Whole numbers of every size, with the ends of the range among them. */
const upTo = (max: number) =>
  fc.oneof(
    fc.constantFrom(1, 2, Math.max(1, max - 1), max),
    fc.double({ min: 0, max: 1, noNaN: true }).map((part) => Math.max(1, Math.round(max ** part))),
  );

/** A policy of any size that is taken, or `undefined` where it is refused. */
const anyPolicy = fc
  .record({ limit: upTo(1_000_000_000), per: upTo(mostMs).map((ms) => Math.max(100, ms)), part: fc.nat(3) })
  .chain(({ limit, per, part }) =>
    fc
      .constantFrom<LimitPolicyOptions['algorithm'][]>('smooth', 'smooth', 'fixed')
      .chain((algorithm = 'fixed') =>
        (algorithm === 'fixed' || part === 0 ? fc.constant(undefined) : upTo(limit)).map((burst) => ({
          limit,
          per,
          algorithm,
          ...(burst === undefined ? {} : { burst }),
        })),
      ),
  );

function made(options: LimitPolicyOptions): LimitPolicy | undefined {
  try {
    return policy('figures', options);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
    return undefined;
  }
}

const ceiling = (value: bigint, by: bigint): bigint => (value > 0n ? (value + by - 1n) / by : -(-value / by));
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** The same arithmetic in numbers that have no end. */
function model({ limit, per, algorithm, burst = Math.ceil(limit / 5) }: LimitPolicyOptions) {
  const [room, windowUs] = [BigInt(algorithm === 'fixed' ? limit : burst), BigInt(Number(per)) * 1_000n];
  const interval = algorithm === 'fixed' ? 1n : ceiling(windowUs, BigInt(limit - burst + 1));
  let count = 0n;
  let till = 0n;
  return (nowUs: bigint, asked: number) => {
    const cost = BigInt(asked);
    if (algorithm === 'fixed') {
      const [used, end] = till > nowUs ? [count, till] : [0n, nowUs + windowUs];
      const allowed = cost === 0n || used + cost <= room;
      const now = allowed ? used + cost : used;
      if (allowed && cost > 0n) [count, till] = [now, end]; // a window begins with what is counted in it
      return { allowed, remaining: Number(room - now), resetMs: Number(ceiling(end - nowUs, 1_000n)) };
    }
    till = larger(till, nowUs);
    const allowed = cost === 0n || till + cost * interval - nowUs <= room * interval;
    if (allowed) till += cost * interval;
    const used = till - nowUs;
    const remaining = Number(larger(0n, (room * interval - used) / interval));
    return { allowed, remaining, resetMs: Number(ceiling(used, 1_000n)) };
  };
}

const cost = fc.oneof(
  fc.constantFrom(0, 1, 999_999_999, 1_000_000_000, 1_000_000_001, Number.MAX_SAFE_INTEGER),
  upTo(1_000_000_000),
);

test('a limit of any size is refused when it is made, or exact to the microsecond', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(
      anyPolicy,
      fc.array(fc.tuple(upTo(mostMs), cost), { minLength: 1, maxLength: 20 }),
      async (options, requests) => {
        const figures = made(options);
        if (figures === undefined) return;
        taken += 1;
        const clock = createFakeClock();
        const [store, exact] = [memoryStore({ clock }), model(options)];
        for (const [gap, asked] of requests) {
          const charge = { rule: figures.rule, key: 'one', cost: asked };
          const { retryAfterMs, ...outcome } = store.consume([charge])[0] ?? expect.fail('no outcome');
          expect(outcome).toEqual(exact(BigInt(Math.floor(clock.monotonic() * 1_000)), asked));
          expect(retryAfterMs > 0).toBe(outcome.allowed === false);
          expect(Number.isSafeInteger(retryAfterMs)).toBe(true);
          await clock.advance(gap);
        }
      },
    ),
    { numRuns: size({ test: 300, soak: 5_000 }) },
  );
  expect(taken).toBeGreaterThan(0);
});

test.each([
  ['a burst that is paid back in a hundred thousand years', { limit: 1e9, per: '1h', burst: 1e9 }],
  ['a burst of a few that takes centuries', { limit: 10, per: '3650d', burst: 10 }],
  ['more than one a microsecond', { limit: 1e9, per: '100ms', burst: 1 }],
] satisfies ReadonlyArray<readonly [string, LimitPolicyOptions]>)(
  'a smooth limit with %s is refused',
  (_what, options) => {
    expect(() => policy('figures', { ...options, algorithm: 'smooth' })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  },
);

describeWith(['redis'], 'in Redis', () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = new Redis((await sharedRedis()).url);
  });
  afterAll(() => redis.quit());

  test('limits of any size and costs past them are decided as in memory, and no cost breaks the store', async () => {
    const store = redisStore(redis, { prefix: 'figures', hashKeys: false, deadlineMs: 10_000 });
    await fc.assert(
      fc.asyncProperty(
        anyPolicy,
        fc.array(cost, { minLength: 1, maxLength: 8 }),
        fc.uuid(),
        async (options, costs, key) => {
          // Time passes in between, and nothing may become free in it.
          const figures = made({ ...options, per: mostMs });
          if (
            figures === undefined ||
            (options.algorithm === 'smooth' && figures.rule.intervalUs < 60_000_000)
          )
            return;
          const here = memoryStore();
          for (const asked of costs) {
            const charges = [{ rule: figures.rule, key, cost: asked }];
            const [ours, theirs] = [here.consume(charges)[0], (await store.consume(charges))[0]];
            expect([theirs?.allowed, theirs?.remaining]).toEqual([ours?.allowed, ours?.remaining]);
            expect(Math.abs((theirs?.retryAfterMs ?? 0) - (ours?.retryAfterMs ?? 0))).toBeLessThan(60_000);
          }
        },
      ),
      { numRuns: size({ test: 100, soak: 2_000 }) },
    );
  });
});
