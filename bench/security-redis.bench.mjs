import { policy, redisStore } from '@seaworthy/security';
import { startRedis } from '@seaworthy/testkit/servers';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { compareAll } from './harness.mjs';

/** Decisions under way at any moment. */
const callers = 64;
const clients = 5_000;
/** High enough that nothing is refused. */
const points = 1_000_000_000;

/**
 * What takes time, not what costs CPU: Redis shares the machine, so these need a quiet one.
 *
 * @type {import('./harness.mjs').Pair[]}
 */
export const pairs = [
  {
    name: `time of a decision in Redis, ${callers} at once`,
    alternative: 'RateLimiterRedis of rate-limiter-flexible',
    roundUs: 120_000,
    warmUpUs: 600_000,
    prepare: async (/** @type {string} */ url) => {
      const [ours, theirs] = [new Redis(url), new Redis(url)];
      const { rule } = policy('ip', { limit: points, per: '1h' });
      const store = redisStore(ours, {
        prefix: 'ours',
        hashKeys: 'a secret of a benchmark',
        deadlineMs: 10_000,
      });
      const limiter = new RateLimiterRedis({
        storeClient: theirs,
        points,
        duration: 3_600,
        keyPrefix: 'theirs',
      });
      return {
        ours: timed(atOnce(async (key) => store.consume([{ rule, key, cost: 1 }]))),
        theirs: timed(atOnce((key) => limiter.consume(key))),
        close: async () => {
          ours.disconnect();
          theirs.disconnect();
        },
      };
    },
  },
];

export default async function* measure() {
  const server = await startRedis();
  try {
    yield* compareAll(import.meta.url, pairs, server.url);
  } finally {
    await server.close();
  }
}

/** @param {(key: string) => Promise<unknown>} ask */
function atOnce(ask) {
  const keys = Array.from({ length: clients }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
  let asked = 0;
  return async (/** @type {number} */ times) => {
    let left = times;
    const caller = async () => {
      for (; left > 0; left -= 1) await ask(keys[asked++ % clients] ?? '');
    };
    await Promise.all(Array.from({ length: Math.min(callers, times) }, caller));
  };
}

/**
 * The harness compares what a round says it cost; here that is time on the clock.
 *
 * @param {(times: number) => Promise<unknown>} work
 */
function timed(work) {
  return async (/** @type {number} */ times) => {
    const beganAt = performance.now();
    await work(times);
    return { cpuUs: (performance.now() - beganAt) * 1_000 };
  };
}
