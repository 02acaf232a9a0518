import { createHash } from 'node:crypto';
import type { RedisCommands } from '@seaworthy/contracts';

/** A Lua script that Redis runs as one step. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

export function redisScript(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** Runs a script whose keys share one hash slot, so that a Redis Cluster takes it too. */
export async function runScript(
  redis: RedisCommands,
  { text, sha }: RedisScript,
  keys: readonly string[],
  values: ReadonlyArray<string | number>,
): Promise<unknown> {
  try {
    return await redis.call('EVALSHA', sha, keys.length, ...keys, ...values);
  } catch (error) {
    // Redis forgets scripts when it restarts or fails over.
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.call('EVAL', text, keys.length, ...keys, ...values);
  }
}

/** Whether it may stand in front of the keys of a service. */
export function isKeyPrefix(prefix: unknown): prefix is string {
  return typeof prefix === 'string' && /^[\w.:-]{1,64}$/.test(prefix); // no brace, which would move the hash slot
}
