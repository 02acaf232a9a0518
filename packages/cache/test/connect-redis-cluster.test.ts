import { inspect } from 'node:util';
import { connectRedisCluster, type RedisConnection } from '@seaworthy/cache';
import {
  createFakeClock,
  describeWith,
  type RedisCluster,
  startRedisCluster,
  waitFor,
} from '@seaworthy/testkit';
import { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { recordingLogger } from './support/fixtures.js';

let cluster: RedisCluster;
let urls: readonly string[];
let open: Array<RedisConnection<Cluster>> = [];

beforeAll(async () => {
  cluster = await startRedisCluster({ masters: 3, replicasPerMaster: 0 });
  urls = cluster.nodes.map((node) => node.url);
});
afterAll(() => cluster.close());
afterEach(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  open = [];
});

/** Keys that fall on all three masters. */
const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);

describeWith(['private redis'], 'a connection to a Redis Cluster', () => {
  it('carries commands to all masters, fails those of a frozen one within the timeout, and recovers', async () => {
    const redis = connectRedisCluster(Cluster, {
      urls,
      environment: 'test',
      required: true,
      commandTimeout: '3s',
    });
    open.push(redis);
    expect(await redis.ready()).toBe(true);
    await Promise.all(keys.map((key) => redis.commands.call('SET', key, 'v')));

    const [node] = cluster.nodes;
    await node?.freeze();
    const results = await Promise.allSettled(keys.map((key) => redis.commands.call('GET', key)));
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(keys.length);
    for (const { reason } of failed) expect(reason).toMatchObject({ name: 'RedisError' });
    await node?.thaw();
    await waitFor(() => Promise.all(keys.map((key) => redis.commands.call('GET', key))), {
      timeoutMs: 30_000,
    });
  });

  it('is given up when no node answers for all attempts, and heals', async () => {
    const clock = createFakeClock();
    const { logger, lines } = recordingLogger();
    const redis = connectRedisCluster(Cluster, {
      urls,
      environment: 'test',
      required: false,
      connectTimeout: '20s',
      commandTimeout: '10s',
      clock,
      logger,
      reconnect: { attempts: 1 },
      afterGivingUp: { retryEvery: '30s' },
    });
    open.push(redis);
    await waitFor(() => redis.status === 'ready');
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await waitFor(
      async () => {
        // ioredis connects to a node when it first needs it, so it takes commands to find out that none is left.
        await Promise.allSettled(keys.map((key) => redis.client.get(key)));
        return redis.status === 'reconnecting';
      },
      { timeoutMs: 30_000 },
    );
    await clock.advance(100);
    await waitFor(() => redis.status === 'gave_up', { timeoutMs: 30_000 });
    expect(lines.map((line) => line.message)).toContain('Gave up reconnecting to Redis.');
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await waitFor(
      async () => {
        await clock.advance(30_000);
        return redis.status === 'ready';
      },
      { timeoutMs: 30_000, everyMs: 200 },
    );
  });

  it('never shows a refused password', async () => {
    const wrong = urls.map((url) => {
      const changed = new URL(url);
      changed.password = 'canary-6';
      return changed.href;
    });
    const { logger, lines } = recordingLogger();
    const redis = connectRedisCluster(Cluster, {
      urls: wrong,
      environment: 'test',
      required: true,
      logger,
      reconnect: { attempts: 1, step: 1 },
    });
    open.push(redis);
    const seen: unknown[] = [];
    redis.client.on('error', (error) => seen.push(error));
    seen.push(await redis.ready().catch((error: unknown) => error));
    expect(seen.length).toBeGreaterThan(1);
    expect(String(seen.at(-1))).toContain('(WRONGPASS)');
    expect(inspect([lines, seen, redis], { depth: 10, showHidden: true })).not.toContain('canary-6');
  });
});
