import type { RedisCommands } from '@seaworthy/contracts';
import type { LimitOutcome } from './limit-rule.js';
import type { LimitOutcomes } from './limit-store.js';
import { consumeAll, type KeyedCharge, releaseAll } from './run-script.js';
import { ScriptLane } from './script-lane.js';

/** In a cluster a script reaches the keys of one slot alone, so keys share few slots: enough for every master to get its part. */
const shardCount = 64;

/** A key's shard. FNV-1a (Fowler, Noll and Vo), because the ends of a key are not spread evenly. */
export function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % shardCount;
}

/** Where charges are counted: in one Redis all of a request in one step, in a cluster each shard for itself. */
export interface Shards {
  consume(request: readonly KeyedCharge[]): Promise<LimitOutcomes>;
  release(charges: readonly KeyedCharge[]): Promise<void>;
  /** Writes where counts are kept, on every master. */
  probe(chargeOf: (shard: number) => KeyedCharge): Promise<void>;
}

/** Learns from Redis's own refusal that it is a cluster, where the client does not say so. */
export function shardsOf(redis: RedisCommands): Shards {
  let clustered = Reflect.get(redis, 'isCluster') === true; // ioredis
  const lanes = new Map<number, ScriptLane>();
  const whole = new ScriptLane(redis, (error) => (learns(error) ? consumeParts : undefined));

  /** Redis runs nothing of a call that it refuses so. */
  function learns(error: unknown): boolean {
    if (!(error instanceof Error) || !error.message.startsWith('CROSSSLOT')) return false;
    clustered = true;
    return true;
  }

  function laneOf(shard: number): ScriptLane {
    let lane = lanes.get(shard);
    if (lane === undefined) {
      lane = new ScriptLane(redis);
      lanes.set(shard, lane);
    }
    return lane;
  }

  /** Takes from every shard at once; where one refuses, the others get theirs back. */
  async function consumeParts(request: readonly KeyedCharge[]): Promise<LimitOutcomes> {
    const parts = [...partsOf(request)];
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return laneOf(only[0]).consume(request);
    const answers = await Promise.allSettled(parts.map(([shard, part]) => laneOf(shard).consume(part)));
    const spent = parts.flatMap(([, part], at) => {
      const answer = answers[at];
      return answer?.status === 'fulfilled' && answer.value.every(({ allowed }) => allowed) ? part : [];
    });
    const refunded = spent.length < request.length;
    // Not waited for: the same connection takes it before whatever this process asks next. What is lost runs out.
    if (refunded && spent.length > 0) releaseParts(spent).catch(() => undefined);
    const outcomes = new Map<KeyedCharge, LimitOutcome>();
    for (const [at, [, part]] of parts.entries()) {
      const answer = answers[at];
      if (answer?.status !== 'fulfilled') throw answer?.reason;
      for (const [index, charge] of part.entries()) {
        const outcome = answer.value[index];
        if (outcome === undefined) continue;
        const back = refunded && spent.includes(charge) ? charge.charge.cost : 0;
        outcomes.set(charge, back === 0 ? outcome : { ...outcome, remaining: outcome.remaining + back });
      }
    }
    return request.flatMap((charge) => outcomes.get(charge) ?? []);
  }

  async function releaseParts(charges: readonly KeyedCharge[]): Promise<void> {
    await Promise.all([...partsOf(charges).values()].map((part) => releaseAll(redis, part)));
  }

  return {
    consume: (request) => (clustered ? consumeParts(request) : whole.consume(request)),
    async release(charges) {
      if (clustered) return releaseParts(charges);
      try {
        await releaseAll(redis, charges);
      } catch (error) {
        if (!learns(error)) throw error;
        await releaseParts(charges);
      }
    },
    async probe(chargeOf) {
      const shards = Array.from({ length: clustered ? shardCount : 1 }, (_, shard) => shard);
      await Promise.all(shards.map((shard) => consumeAll(redis, [[chargeOf(shard)]])));
    },
  };
}

function partsOf(charges: readonly KeyedCharge[]): ReadonlyMap<number, readonly KeyedCharge[]> {
  const parts = new Map<number, KeyedCharge[]>();
  for (const charge of charges) {
    const part = parts.get(charge.shard);
    if (part === undefined) parts.set(charge.shard, [charge]);
    else part.push(charge);
  }
  return parts;
}
