import { type AddressInfo, connect as connectTcp, createServer, type Server } from 'node:net';
import { type ConnectRedisOptions, connectRedis, type RedisConnection } from '@seaworthy/cache';
import { createFakeClock, describeWith, type RedisServer, startRedis, waitFor } from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { recordingLogger } from './support/fixtures.js';

const password = 'one-for-both-0123456789';
const { signal } = new AbortController();

let servers: readonly [RedisServer, RedisServer];
let admins: readonly [Redis, Redis];
/** What a name that a failover moves is: connections that stand stay, new ones reach another server. */
let name: Server;
let leadsTo: RedisServer;
let redis: RedisConnection<Redis>;

/** Makes one server the master and the other one its replica. */
async function failOverTo(master: 0 | 1): Promise<void> {
  const replica = master === 0 ? 1 : 0;
  await admins[master].replicaof('NO', 'ONE');
  await admins[replica].replicaof('127.0.0.1', servers[master].port);
  await waitFor(async () => (await admins[replica].info('replication')).includes('master_link_status:up'), {
    timeoutMs: 30_000,
    what: 'the replica to follow',
  });
}

beforeAll(async () => {
  const config = { requirepass: password, masterauth: password };
  servers = await Promise.all([startRedis({ config }), startRedis({ config })]);
  admins = [new Redis(servers[0].url), new Redis(servers[1].url)];
  name = createServer((socket) => {
    const onward = connectTcp(leadsTo.port, '127.0.0.1');
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => name.listen(0, '127.0.0.1', resolve));
});
beforeEach(async () => {
  await failOverTo(0);
  leadsTo = servers[0];
  lines.length = 0;
});
afterEach(() => redis.close());
afterAll(async () => {
  name.close();
  for (const admin of admins) admin.disconnect();
  await Promise.all(servers.map((server) => server.close()));
});

const { logger, lines } = recordingLogger();

function connect(options: Partial<ConnectRedisOptions> = {}): void {
  const { port } = name.address() as AddressInfo;
  redis = connectRedis(Redis, {
    url: `redis://:${password}@127.0.0.1:${port}`,
    required: true,
    commandTimeout: '10s',
    connectTimeout: '20s',
    logger,
    ...options,
  });
}

const isBack = (): Promise<unknown> =>
  waitFor(() => lines.some(({ message }) => message === 'Redis is back.'), { timeoutMs: 30_000 });

const set = (): Promise<unknown> => redis.commands.call('SET', 'key', 'value');
const lua = (): Promise<unknown> =>
  redis.commands.call('EVAL', "return redis.call('SET', KEYS[1], 'v')", 1, 'key');

describeWith(['private redis'], 'a master that became a replica', () => {
  it.each([
    ['a command', set],
    ['a script', lua],
  ])('is left for the new one, which its name leads to, as soon as %s is refused', async (_what, write) => {
    connect();
    await redis.ready();
    expect(await write()).toBe('OK');
    await failOverTo(1);
    leadsTo = servers[1];
    await expect(write()).rejects.toThrow('READONLY');
    await waitFor(async () => (await write().catch(() => undefined)) === 'OK', { timeoutMs: 30_000 });
    expect(await redis.healthCheck().probe(signal)).toBe('ready');
    expect(lines[0]).toMatchObject({
      level: 'warn',
      message: 'Redis takes no writes any more; connecting anew to find its master.',
    });
  });

  it.each([true, false])(
    'is not healthy while its name leads nowhere else; required: %s',
    async (required) => {
      connect({ required });
      await redis.ready();
      await failOverTo(1);
      await expect(set()).rejects.toThrow('READONLY');
      await isBack();
      const probe = redis.healthCheck().probe(signal);
      if (required) await expect(probe).rejects.toMatchObject({ code: 'REDIS_READ_ONLY' });
      else expect(await probe).toEqual({ status: 'degraded', reason: 'Redis "redis" is taking no writes' });
      expect(await redis.commands.call('GET', 'nothing')).toBeNull();
      await failOverTo(0); // it is the master again, without a new connection
      expect(await redis.healthCheck().probe(signal)).toBe('ready');
    },
  );

  it('is connected to anew once in five seconds, however many writes it refuses', async () => {
    const clock = createFakeClock();
    connect({ clock });
    await waitFor(() => redis.status === 'ready');
    await failOverTo(1);
    for (let round = 1; round <= 2; round += 1) {
      await expect(set()).rejects.toThrow('READONLY');
      await waitFor(() => redis.status === 'reconnecting');
      await clock.advance(100);
      await waitFor(() => redis.status === 'ready');
      for (let write = 0; write < 20; write += 1) await expect(set()).rejects.toThrow('READONLY');
      expect(redis.status).toBe('ready');
      expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(round);
      await clock.advance(5_000);
    }
  });

  it('is believed in again with a new connection where nobody may ask for its role', async () => {
    await admins[1].call('ACL', 'SETUSER', 'app', 'on', `>${password}`, '~*', '+@all', '-role');
    await admins[0].call('ACL', 'SETUSER', 'app', 'on', `>${password}`, '~*', '+@all', '-role');
    const { port } = name.address() as AddressInfo;
    connect({ url: `redis://app:${password}@127.0.0.1:${port}` });
    await redis.ready();
    await failOverTo(1);
    leadsTo = servers[1];
    await expect(set()).rejects.toThrow('READONLY');
    await isBack();
    expect(await redis.healthCheck().probe(signal)).toBe('ready');
  });
});
