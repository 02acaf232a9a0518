import type { HealthCheck, RedisCommands } from '@seaworthy/contracts';
import { HealthError } from '../errors.js';

/**
 * Checks that Redis answers PING. A server that loads its data or has lost its master answers with an error, and fails.
 *
 * The client decides how long a call to a server that hangs may last (ioredis: `commandTimeout`); until then it is the one
 * outstanding call.
 *
 * @param client - An ioredis `Redis` or `Cluster`; for node-redis see `RedisCommands`.
 *
 * @example
 * createHealth({ checks: { redis: remote(redisPing(redis), { critical: false }) } });
 */
export function redisPing(client: RedisCommands): HealthCheck<'remote'> {
  return {
    kind: 'remote',
    async probe() {
      const answer = await client.call('PING');
      if (String(answer) === 'PONG') return;
      throw new HealthError('Redis answered PING with something else: is this a Redis?', {
        code: 'HEALTH_UNEXPECTED_ANSWER',
      });
    },
  };
}
