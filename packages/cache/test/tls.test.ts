import { chmod } from 'node:fs/promises';
import { connectRedis, connectRedisCluster } from '@seaworthy/cache';
import { type Authority, createAuthority, describeWith, freePort, startRedis } from '@seaworthy/testkit';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('a Redis on another machine', () => {
  const url = 'redis://:pw-canary@cache.internal:6379';
  const refusal = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return String(error);
    }
    return 'accepted';
  };

  it.each([{}, { environment: 'production' }, { environment: 'staging' }] as const)(
    '[row 134] is refused without TLS with %j, one or a cluster, naming the host and not the password',
    (options) => {
      const told = [
        refusal(() => connectRedis(Redis, { url, required: false, ...options })),
        refusal(() =>
          connectRedisCluster(Cluster, {
            urls: ['redis://127.0.0.1:1', url],
            required: false,
            ...options,
          }),
        ),
      ];
      expect(told[0]).toContain('option "url" must be a rediss:// URL');
      expect(told[1]).toContain('option "urls" must be a rediss:// URL');
      expect(told[1]).toContain('a node that 127.0.0.1:1 announces is another machine');
      expect(told[0]).toContain('cache.internal:6379 is another machine');
      for (const message of told) {
        expect(message).not.toContain('pw-canary');
      }
    },
  );

  it('[row 134] is refused where the options of the client would leave TLS out', () => {
    for (const tls of [undefined, null, false]) {
      const options = { url, required: false, clientOptions: { tls } };
      expect(refusal(() => connectRedis(Redis, options))).toContain('would not be encrypted');
    }
    const urls = ['redis://127.0.0.1:1', url.replace('redis:', 'rediss:')]; // reached as the first one is
    expect(refusal(() => connectRedisCluster(Cluster, { urls, required: false }))).toContain(
      'would not be encrypted',
    );
  });

  it.each(['staging', 'production'] as const)(
    '[row 134] is refused where a cluster would announce it, although its first node is on this machine: %s',
    (environment) => {
      for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
        const plain = { urls: [`redis://:pw-canary@${host}:1`], required: false, environment };
        expect(refusal(() => connectRedisCluster(Cluster, plain))).toContain('would not be encrypted');
        const urls = [`rediss://:pw-canary@${host}:1`];
        const unchecked = { ...plain, urls, clientOptions: { tls: { rejectUnauthorized: false } } };
        expect(refusal(() => connectRedisCluster(Cluster, unchecked))).toContain('checks the certificate');
      }
    },
  );

  it('is refused where the options of the client lead to it past the URL', () => {
    class Connector {}
    const sentinels = [{ host: 'sentinel.internal', port: 26_379 }];
    for (const clientOptions of [{ sentinels, name: 'mymaster' }, { Connector }]) {
      const options = { url: 'redis://:pw-canary@127.0.0.1:1', required: false, clientOptions };
      const message = refusal(() => connectRedis(Redis, options));
      expect(message).toContain(`without "${Object.keys(clientOptions)[0]}"`);
    }
  });

  it.each([{ rejectUnauthorized: false }, { checkServerIdentity: () => undefined }])(
    '[row 134] is refused with TLS that does not check the certificate: %j',
    (tls) => {
      const options = { url: url.replace('redis:', 'rediss:'), required: false, clientOptions: { tls } };
      expect(refusal(() => connectRedis(Redis, options))).toContain('checks the certificate');
    },
  );

  it('is taken in development', async () => {
    const connection = connectRedis(Redis, {
      url: 'redis://cache.invalid:6379',
      required: false,
      environment: 'development',
    });
    await connection.close();
  });

  it('is refused an environment that there is not', () => {
    // @ts-expect-error: a caller without types
    expect(() => connectRedis(Redis, { url, required: true, environment: 'prod' })).toThrow(
      'one of development, test, staging, production',
    );
  });
});

describeWith(['private redis', 'openssl'], 'a Redis with TLS', () => {
  let authority: Authority;
  let port: number;
  let close: () => PromiseLike<unknown>;
  const at = (host: string, ca?: string) => ({
    url: `rediss://:${password}@${host}:${port}`,
    required: true,
    reconnect: { attempts: 1 },
    connectTimeout: '10s',
    commandTimeout: '10s',
    ...(ca === undefined ? {} : { clientOptions: { tls: { ca } } }),
  });
  let password = '';

  beforeAll(async () => {
    authority = await createAuthority();
    port = await freePort();
    const { certPath, keyPath } = await authority.issue('redis', 'DNS:localhost');
    await chmod(keyPath, 0o644); // Redis runs as another user
    const server = await startRedis({
      config: {
        'tls-port': port,
        'tls-cert-file': certPath,
        'tls-key-file': keyPath,
        'tls-ca-cert-file': authority.caPath,
        'tls-auth-clients': 'no',
      },
    });
    password = server.password;
    close = () => server[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await close?.();
    await authority?.[Symbol.asyncDispose]();
  });

  it('[row 134] is used when the authority signed its certificate for that name', async () => {
    await using connection = connectRedis(Redis, at('localhost', authority.ca));
    await connection.ready();
    expect(await connection.commands.call('PING')).toBe('PONG');
  });

  it('[row 134] is refused with an authority of somebody else, with none, and under another name', async () => {
    await using stranger = await createAuthority();
    const withNone = { ...at('localhost'), clientOptions: { tls: undefined } }; // a rediss:// URL is TLS all the same
    for (const options of [
      at('localhost', stranger.ca),
      at('localhost'),
      withNone,
      at('127.0.0.1', authority.ca),
    ]) {
      await using connection = connectRedis(Redis, options);
      await expect(connection.ready()).rejects.toThrow('Its certificate was refused');
    }
  });
});
