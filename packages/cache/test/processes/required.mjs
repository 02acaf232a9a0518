// A service that cannot live without Redis: the rejection of ready() ends it.
import { connectRedis } from '@seaworthy/cache';
import { Redis } from 'ioredis';

const redis = connectRedis(Redis, {
  url: process.env.REDIS_URL ?? '',
  required: true,
  reconnect: { step: '1ms' },
});
await redis.ready();
process.stdout.write('started\n');
