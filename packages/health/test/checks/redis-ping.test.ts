import { describeWith, sharedRedis, startRedis } from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { redisPing } from '../../src/index.js';

const soon = () => AbortSignal.timeout(30_000);

describeWith(['redis'], 'with Redis', () => {
  test('passes on PONG and fails on anything else', async () => {
    const { url } = await sharedRedis();
    const client = new Redis(url);
    await redisPing(client).probe(soon());
    await expect(redisPing({ call: () => client.call('ECHO', 'hello') }).probe(soon())).rejects.toMatchObject(
      { code: 'HEALTH_UNEXPECTED_ANSWER' },
    );
    client.disconnect();
  });
});

describeWith(['private redis'], 'with a Redis of its own', () => {
  test('fails on a replica that has lost its master', async () => {
    await using server = await startRedis();
    const client = new Redis(server.url);
    await client.config('SET', 'replica-serve-stale-data', 'no');
    await client.call('REPLICAOF', '127.0.0.1', '1');
    await expect(redisPing(client).probe(soon())).rejects.toThrow(/MASTERDOWN/);
    client.disconnect();
  });
});
