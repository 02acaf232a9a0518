import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createBackups, local as localTarget, postgres as postgresSource } from '@seaworthy/backup';
import { connectRedis, RedisError } from '@seaworthy/cache';
import { Redis } from 'ioredis';
import { folder, nowhere, used } from './setting.mjs';

await used('cache', async () => {
  const redis = connectRedis(Redis, {
    url: `redis://${nowhere}`,
    required: false,
    reconnect: { attempts: 1 },
  });
  await assert.rejects(redis.commands.call('GET', 'greeting'), (error) => RedisError.is(error));
  await redis.close();
  assert.equal(redis.status, 'closed');
});

await used('backup', async () => {
  const backups = createBackups({
    sources: { app: postgresSource({ url: `postgres://app:pw@${nowhere}/app` }) },
    targets: [localTarget(join(folder, 'backups'))],
  });
  assert.deepEqual(await backups.list(), []);
  await backups.close();
});
