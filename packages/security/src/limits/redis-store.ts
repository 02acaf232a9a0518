import { createHmac } from 'node:crypto';
import { invalidOption, optionsOf, type RedisCommands, Secret, wholeNumber } from '@seaworthy/contracts';
import type { LimitRule } from './limit-rule.js';
import type { LimitCharge, LimitStore } from './limit-store.js';
import type { KeyedCharge } from './run-script.js';
import { shardOf, shardsOf } from './shards.js';

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

/** No client is counted by it. */
const probeRule: LimitRule = {
  name: 'probe',
  algorithm: 'fixed',
  limit: 1_000_000,
  windowUs: 60_000_000,
  burst: 1_000_000,
  intervalUs: 0,
};

/**
 * Counts in Redis or a Redis Cluster, so that all processes share one budget. The requests of one turn of the event loop go
 * in one script call; each spends all of its limits or none.
 *
 * In a cluster, limits of one request that lie on different masters are spent on all of them and given back where one
 * refuses: never more than a limit passes, and what is refused is counted nowhere; for the length of a round trip another
 * request may be refused for it.
 *
 * Keys look like `kpi:limit:v1:{s7}:hash:ip`. The client is passed in; give it no offline queue, so that commands do not pile
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
  const stemOf = stems(prefix, keyHash(hashKeys));
  const shards = shardsOf(redis);

  function keyed(charge: LimitCharge): KeyedCharge {
    const { shard, stem } = stemOf(charge.key);
    return { shard, key: stem + charge.rule.name, charge };
  }

  return {
    deadlineMs,
    consume: (charges) => shards.consume(charges.map(keyed)),
    release: (charges) => shards.release(charges.map(keyed)),
    probe: () => {
      const charge: LimitCharge = { rule: probeRule, key: 'probe', cost: 1 };
      return shards.probe((shard) => ({
        shard,
        key: stemIn(shard, prefix, 'probe') + probeRule.name,
        charge,
      }));
    },
  };
}

/** A key without the name of its policy. */
interface Stem {
  readonly shard: number;
  readonly stem: string;
}

function stemIn(shard: number, prefix: string, hashed: string): string {
  return `${prefix}:limit:${layout}:{s${shard}}:${hashed}:`;
}

/** Clients come again and again, and hashing costs more than the rest of a decision. Twice so many are remembered, some 3 MiB. */
const rememberedKeys = 8_192;

function stems(prefix: string, hash: (key: string) => string): (key: string) => Stem {
  let recent = new Map<string, Stem>();
  let older = new Map<string, Stem>();
  const make = (key: string): Stem => {
    const hashed = hash(key);
    const shard = shardOf(hashed);
    return { shard, stem: stemIn(shard, prefix, hashed) };
  };
  return (key) => {
    const known = recent.get(key);
    if (known !== undefined) return known;
    const stem = older.get(key) ?? make(key);
    if (key.length > 128) return stem;
    if (recent.size >= rememberedKeys) {
      older = recent;
      recent = new Map();
    }
    recent.set(key, stem);
    return stem;
  };
}

function keyHash(hashKeys: Secret | string | false): (key: string) => string {
  if (hashKeys === false) return (key) => Buffer.from(key).toString('base64url'); // no brace may move the hash slot
  const secret = Secret.is(hashKeys) ? hashKeys.reveal() : hashKeys;
  if (typeof secret !== 'string' || secret.length < 16) {
    throw invalidOption('redisStore', 'hashKeys', 'a secret of at least 16 characters, or false');
  }
  return (key) => createHmac('sha256', secret).update(key).digest('base64url').slice(0, 22);
}
