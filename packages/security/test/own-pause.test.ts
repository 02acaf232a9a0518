import type { RedisCommands } from '@seaworthy/contracts';
import { describeWith, sharedRedis } from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSecurity, policy, redisStore, type Security } from '../src/index.js';
import { createSessions, redisSessionStore, type Sessions } from '../src/sessions/index.js';
import { viewOf } from './view.js';

/** So long that a busy machine alone is no outage. */
const deadlineMs = 2_500;

describeWith(
  ['redis'],
  'a pause of this process past the deadline, with the answers of Redis already there',
  () => {
    let client: Redis;
    beforeAll(async () => {
      client = new Redis((await sharedRedis()).url, { enableOfflineQueue: false, lazyConnect: true });
      await client.connect();
      await client.flushdb();
    });
    afterAll(() => client.disconnect());

    /** Stands still right after the first command went out, as a garbage collection or somebody's regular expression does. */
    function pausing(): RedisCommands & { asked: number } {
      return {
        asked: 0,
        call(command, ...args) {
          const standStill = (): unknown =>
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1.5 * deadlineMs);
          if (this.asked === 0) setImmediate(standStill);
          this.asked += 1;
          return client.call(command, ...args);
        },
      };
    }

    test('lets nobody through more than the limit, and is no outage', async () => {
      const events: string[] = [];
      const securityOn = (redis: RedisCommands): Security =>
        createSecurity({
          limits: {
            store: redisStore(redis, { prefix: 'pause', hashKeys: 'an-0123456789-secret', deadlineMs }),
            policies: [policy('ip', { limit: 10, per: '1h' })],
          },
          csrf: false,
          onEvent: ({ type }) => events.push(type),
        });
      const ask = async (security: Security, times: number): Promise<number> => {
        const decisions = Array.from({ length: times }, () => security.decide(viewOf({})));
        return (await Promise.all(decisions)).filter(({ verdict }) => verdict.kind === 'pass').length;
      };
      expect(await ask(securityOn(client), 4)).toBe(4); // Redis knows the script now, and one round is enough
      const redis = pausing();
      const security = securityOn(redis);
      expect([await ask(security, 3), redis.asked > 0, await ask(security, 30)]).toEqual([3, true, 3]);
      expect(events.filter((type) => type === 'limit-store-down')).toEqual([]);
    });

    test('logs nobody out', async () => {
      const sessionsOn = (redis: RedisCommands): Sessions<object> =>
        createSessions({
          store: redisSessionStore(redis, { prefix: 'pause', deadlineMs }),
          keys: ['a-key-of-the-sessions-0123456789abcdef'],
        });
      let cookie = '';
      const sink = {
        open: true,
        set: (line: string) => {
          cookie = line.split(';')[0] ?? '';
        },
      };
      const before = sessionsOn(client);
      await (await before.open({}, undefined, sink)).login('ada');
      await before.open({}, cookie, sink); // Redis knows the script now, and one round is enough
      const sessions = sessionsOn(pausing());
      const ask = async (): Promise<unknown> => (await sessions.open({}, cookie, sink)).user;
      expect(await Promise.all([ask(), ask(), ask()])).toEqual(['ada', 'ada', 'ada']);
      expect(await ask()).toBe('ada');
    });
  },
);
