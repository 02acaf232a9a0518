import { connectRedis, connectRedisCluster } from '@seaworthy/cache';
import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';

const url = 'redis://127.0.0.1:6379';

describe('the options of connectRedis', () => {
  it('refuses an unknown option and names the nearest', () => {
    // @ts-expect-error: a caller without types
    expect(() => connectRedis(Redis, { url, required: true, comandTimeout: '1s' })).toThrow(
      'connectRedis: unknown option "comandTimeout". Did you mean "commandTimeout"?',
    );
  });

  it.each([
    ['required', { url, required: 'yes' }],
    ['url', { required: true }],
    ['name', { url, required: true, name: 'my redis' }],
    ['commandTimeout', { url, required: true, commandTimeout: 0 }],
    ['connectTimeout', { url, required: true, connectTimeout: '0s' }],
    ['afterGivingUp', { url, required: true, afterGivingUp: { retryEvery: 0 } }],
  ])('refuses a %s that cannot work', (name, options) => {
    // @ts-expect-error: a caller without types
    expect(() => connectRedis(Redis, options)).toThrow(`option "${name}" must be`);
  });

  it('refuses a client option that would undo the policy', () => {
    const clientOptions = { enableOfflineQueue: true };
    expect(() => connectRedis(Redis, { url, required: true, clientOptions })).toThrow(
      'option "clientOptions" must be without "enableOfflineQueue"',
    );
  });

  it('refuses a cluster of no nodes, and a database number', () => {
    expect(() => connectRedisCluster(Cluster, { urls: [], required: true })).toThrow('at least one URL');
    expect(() => connectRedisCluster(Cluster, { urls: [`${url}/1`], required: true })).toThrow(
      'database number',
    );
  });
});
