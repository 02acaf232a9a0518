import { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith, type RedisCluster, startRedisCluster, waitFor } from '../src/index.js';

describeWith(['private redis'], 'a Redis Cluster', () => {
  let cluster: RedisCluster;
  let client: Cluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    client = new Cluster(
      cluster.nodes.map(({ host, port }) => ({ host, port })),
      { redisOptions: { password: cluster.password }, slotsRefreshTimeout: 5_000 },
    );
    client.on('error', () => {});
  });
  afterAll(async () => {
    client?.disconnect();
    await cluster?.close();
  });

  test('has three masters with a replica each, and keys go to all masters', async () => {
    expect([cluster.masters.length, cluster.replicas.length]).toEqual([3, 3]);
    await waitFor(() => client.nodes('master').length === 3);
    for (let key = 0; key < 60; key++) await client.set(`key:${key}`, key);
    const sizes = await Promise.all(client.nodes('master').map((node) => node.dbsize()));
    expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(60);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  test('a replica takes over when its master is killed, with the data', async () => {
    // Replication is asynchronous: an acknowledged write may be lost with its master unless one waits for it.
    await Promise.all(client.nodes('master').map((node) => node.wait(1, 5_000)));
    await cluster.masters[0]?.kill();
    await cluster.ready();
    await waitFor(
      async () => {
        const values = await Promise.all(Array.from({ length: 60 }, (_, key) => client.get(`key:${key}`)));
        return values.every((value, key) => value === String(key));
      },
      { timeoutMs: 30_000, what: 'all keys to be readable after the failover' },
    );
    await cluster.masters[0]?.restart();
    await cluster.ready();
  });
});
