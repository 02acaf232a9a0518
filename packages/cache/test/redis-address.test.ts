import { inspect } from 'node:util';
import { parseRedisUrl, RedisError } from '@seaworthy/cache';
import { Secret } from '@seaworthy/contracts';
import { describe, expect, it } from 'vitest';

describe('parseRedisUrl', () => {
  it('reads user, password, host, port, database, TLS and family', () => {
    const address = parseRedisUrl(
      new Secret('REDIS_URL', 'rediss://app:p%40ss@cache.internal:6380/2?family=0'),
    );
    expect(address).toMatchObject({
      host: 'cache.internal',
      port: 6380,
      database: 2,
      tls: true,
      family: 0,
      username: 'app',
      label: 'cache.internal:6380',
    });
    expect(address.password?.reveal()).toBe('p@ss');
  });

  it('takes port 6379, database 0 and nobody when the URL names none', () => {
    expect(parseRedisUrl('redis://localhost')).toMatchObject({
      port: 6379,
      database: 0,
      tls: false,
      username: undefined,
      password: undefined,
      family: undefined,
    });
  });

  it('takes the brackets off an IPv6 host and keeps them in the label', () => {
    expect(parseRedisUrl('redis://[::1]:7000')).toMatchObject({ host: '::1', label: '[::1]:7000' });
  });

  it.each([
    ['no URL', 'cache.internal:canary-7'],
    ['another scheme', 'http://:canary-7@cache'],
    ['no host', 'redis://'],
    ['a database that is no number', 'redis://:canary-7@cache/main'],
    ['a parameter that would undo the policy', 'redis://:canary-7@cache?enableOfflineQueue=true'],
    ['a family that does not exist', 'redis://:canary-7@cache?family=5'],
    ['a stray percent sign', 'redis://:canary-7%zz@cache'],
    ['an unescaped slash in the password', 'redis://:canary-7/b@cache'],
  ])('refuses %s without repeating the URL', (_case, url) => {
    let thrown: unknown;
    try {
      parseRedisUrl(url);
    } catch (error) {
      thrown = error;
    }
    expect(RedisError.is(thrown) && thrown.code).toBe('REDIS_INVALID_URL');
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('canary-7');
  });
});
