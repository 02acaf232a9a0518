import { createHmac } from 'node:crypto';
import { invalidOption, optionsOf, type RedisCommands, Secret, wholeNumber } from '@seaworthy/contracts';
import { consumeScript, consumeScriptSha, releaseScript, releaseScriptSha } from './consume-script.js';
import type { LimitRule } from './limit-rule.js';
import type { LimitCharge, LimitOutcomes, LimitStore } from './limit-store.js';

export interface RedisStoreOptions {
  /** The service's own name in front of every key, so that two services on one Redis keep their counts apart. */
  readonly prefix: string;
  /**
   * The secret that keys are hashed with, the same in every process: whoever reads Redis learns no address and no user id.
   * At least 16 characters; `false` writes keys as they are.
   */
  readonly hashKeys: Secret | string | false;
  /** An answer that takes longer counts as no answer. @defaultValue 50 */
  readonly deadlineMs?: number;
}

const readOptions = optionsOf<RedisStoreOptions>('redisStore', {
  prefix: true,
  hashKeys: true,
  deadlineMs: true,
});

/** The version of what the keys hold. */
const layout = 'v1';

/**
 * Counts in Redis, so that all processes share one budget: one script call a request, which spends all limits or none.
 *
 * Keys look like `kpi:limit:v1:{hash}:ip`. The client is passed in; give it no offline queue, so that commands do not pile
 * up in it while Redis is away.
 *
 * @example
 * const redis = new Redis(url, { enableOfflineQueue: false });
 * redisStore(redis, { prefix: 'kpi', hashKeys: config.RATE_LIMIT_SECRET });
 */
export function redisStore(redis: RedisCommands, options: RedisStoreOptions): LimitStore {
  const { prefix, hashKeys, deadlineMs = 50 } = readOptions(options);
  if (!/^[\w.:-]{1,64}$/.test(prefix))
    throw invalidOption('redisStore', 'prefix', 'at most 64 letters, digits and . : _ -');
  wholeNumber('redisStore', 'deadlineMs', deadlineMs, { min: 1, max: 10_000 });
  const hash = keyHash(hashKeys);
  const keyOf = ({ rule, key }: LimitCharge): string =>
    `${prefix}:limit:${layout}:{${hash(key)}}:${rule.name}`;

  return {
    deadlineMs,
    async consume(charges) {
      const keys = charges.map(keyOf);
      const values = charges.flatMap(({ rule, cost }) => [
        rule.algorithm,
        rule.limit,
        spanOf(rule),
        rule.burst,
        cost,
      ]);
      return readAnswer(await run(redis, consume, [keys.length, ...keys, ...values]), charges.length);
    },
    async release(charges) {
      const values = charges.flatMap(({ rule, cost }) => [rule.algorithm, rule.intervalUs, cost]);
      await run(redis, release, [charges.length, ...charges.map(keyOf), ...values]);
    },
  };
}

interface Script {
  readonly text: string;
  readonly sha: string;
}

const consume: Script = { text: consumeScript, sha: consumeScriptSha };
const release: Script = { text: releaseScript, sha: releaseScriptSha };

async function run(
  redis: RedisCommands,
  { text, sha }: Script,
  args: ReadonlyArray<string | number>,
): Promise<unknown> {
  try {
    return await redis.call('EVALSHA', sha, ...args);
  } catch (error) {
    // Redis forgets scripts when it restarts or fails over.
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.call('EVAL', text, ...args);
  }
}

function spanOf(rule: LimitRule): number {
  return rule.algorithm === 'fixed' ? rule.windowUs : rule.intervalUs;
}

function readAnswer(answer: unknown, count: number): LimitOutcomes {
  const figures: readonly unknown[] = Array.isArray(answer) ? answer : [];
  if (figures.length !== count * 4 || !figures.every((figure) => Number.isSafeInteger(Number(figure)))) {
    throw new TypeError('Redis answered something else than the limit script does.');
  }
  return Array.from({ length: count }, (_, index) => {
    const [fits, remaining, resetMs, retryAfterMs] = figures.slice(index * 4, index * 4 + 4).map(Number);
    return {
      allowed: fits === 1,
      remaining: remaining ?? 0,
      resetMs: resetMs ?? 0,
      retryAfterMs: retryAfterMs ?? 0,
    };
  });
}

function keyHash(hashKeys: Secret | string | false): (key: string) => string {
  if (hashKeys === false) return (key) => Buffer.from(key).toString('base64url'); // no brace may move the hash slot
  const secret = Secret.is(hashKeys) ? hashKeys.reveal() : hashKeys;
  if (typeof secret !== 'string' || secret.length < 16) {
    throw invalidOption('redisStore', 'hashKeys', 'a secret of at least 16 characters, or false');
  }
  return (key) => createHmac('sha256', secret).update(key).digest('base64url').slice(0, 22);
}
