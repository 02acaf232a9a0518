import { inspect } from 'node:util';
import { type ConnectRedisOptions, connectRedis, type RedisConnection, RedisError } from '@seaworthy/cache';
import {
  createFakeClock,
  describeWith,
  freePort,
  type RedisServer,
  startFaultProxy,
  startRedis,
  waitFor,
} from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { recordingLogger, recordingMetrics } from './support/fixtures.js';

let server: RedisServer;
let open: Array<RedisConnection<Redis>> = [];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  if (!server.isAlive()) await server.restart();
});
afterEach(async () => {
  await server.thaw();
  await Promise.all(open.map((connection) => connection.close()));
  open = [];
});

function connect(options: Partial<ConnectRedisOptions> = {}): RedisConnection<Redis> {
  const connection = connectRedis(Redis, {
    url: server.url,
    required: false,
    // A busy machine answers late; under a clock that stands still nobody would try again.
    commandTimeout: '10s',
    connectTimeout: '20s',
    ...options,
  });
  open.push(connection);
  return connection;
}

const codeOf = (error: unknown): string | undefined => (RedisError.is(error) ? error.code : undefined);

describeWith(['private redis'], 'reconnecting', () => {
  it('[row 60] waits min(attempt * 100, 3000) ms before each of ten attempts, refused or not, and then an optional Redis is given up in one log line', async () => {
    const clock = createFakeClock();
    const { logger, lines } = recordingLogger();
    const { metrics, value } = recordingMetrics();
    const redis = connect({ clock, logger, metrics, afterGivingUp: 'stay-down' });
    await waitFor(() => redis.status === 'ready');
    await server.kill();

    for (let attempt = 1; attempt <= 10; attempt += 1) {
      await waitFor(() => clock.pending === 1, { what: `the wait before attempt ${attempt}` });
      expect(redis.status).toBe('reconnecting');
      await clock.advance(Math.min(attempt * 100, 3_000) - 1);
      expect(value('redis.client.connection.attempts')).toBe(attempt);
      await clock.advance(1);
      expect(value('redis.client.connection.attempts')).toBe(attempt + 1);
    }
    await waitFor(() => redis.status === 'gave_up');
    expect(clock.pending).toBe(0);
    expect(value('redis.client.up')).toBe(0);
    expect(await redis.ready()).toBe(false);
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn The connection to Redis was lost; reconnecting.',
      'warn Gave up reconnecting to Redis.',
    ]);
    expect(lines[1]?.fields).toMatchObject({ attempts: 10, reason: 'ECONNREFUSED', retryEvery: 'never' });
  });

  it('[row 60] comes back to a restarted Redis, and counts from one again after the next loss', async () => {
    const clock = createFakeClock();
    const { logger, lines } = recordingLogger();
    const redis = connect({ clock, logger });
    await waitFor(() => redis.status === 'ready');
    for (let loss = 1; loss <= 2; loss += 1) {
      await server.kill();
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await waitFor(() => clock.pending === 1);
        if (attempt === 3) await server.restart();
        await clock.advance(attempt * 100);
      }
      await waitFor(() => redis.status === 'ready');
      expect(await redis.commands.call('PING')).toBe('PONG');
    }
    const back = lines.filter((line) => line.message === 'Redis is back.');
    expect(back.map((line) => line.fields.attempts)).toEqual([3, 3]);
    expect(back.map((line) => line.fields.downMs)).toEqual([600, 600]);
  });

  it('[row 60] tells a required Redis that gave up: ready() rejects, onGiveUp is called and the health check fails', async () => {
    const given: RedisError[] = [];
    const port = await freePort();
    const redis = connect({
      url: `redis://:canary-7@127.0.0.1:${port}`,
      required: true,
      reconnect: { attempts: 1, step: 1 },
      onGiveUp: (error) => given.push(error),
    });
    const rejection = await redis.ready().catch((error: unknown) => error);
    expect(codeOf(rejection)).toBe('REDIS_GAVE_UP');
    expect(String(rejection)).toContain(`127.0.0.1:${port} (ECONNREFUSED)`);
    expect(given.map((error) => error.code)).toEqual(['REDIS_GAVE_UP']);
    await expect(redis.healthCheck().probe(new AbortController().signal)).rejects.toMatchObject({
      code: 'REDIS_GAVE_UP',
    });
    expect(inspect([rejection, given], { depth: 10, showHidden: true })).not.toContain('canary-7');
  });

  it('looks again at the declared interval after giving up, and heals', async () => {
    await server.kill();
    const clock = createFakeClock();
    const { logger, lines } = recordingLogger();
    const { metrics, value } = recordingMetrics();
    const redis = connect({
      clock,
      logger,
      metrics,
      reconnect: { attempts: 0 },
      afterGivingUp: { retryEvery: '30s' },
    });
    await waitFor(() => redis.status === 'gave_up' && clock.pending === 1);
    await clock.advance(30_000);
    await waitFor(() => clock.pending === 1, { what: 'the first look to fail' });
    expect(redis.status).toBe('gave_up');
    await server.restart();
    await clock.advance(29_999);
    expect(value('redis.client.connection.attempts')).toBe(2);
    await clock.advance(1);
    await waitFor(() => redis.status === 'ready');
    expect(lines.map((line) => line.message)).toEqual(['Gave up reconnecting to Redis.', 'Redis is back.']);
  });

  it('stops waiting in ready() at its timeout: false for an optional Redis, a rejection for a required one', async () => {
    const proxy = await startFaultProxy({ target: server });
    proxy.blackhole();
    const url = proxy.url(server.url);
    expect(await connect({ url }).ready({ timeout: 20 })).toBe(false);
    await expect(connect({ url, required: true }).ready({ timeout: 20 })).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
    });
    await proxy.close();
  });

  it('leaves ready() with the reason of its signal', async () => {
    await server.kill();
    const redis = connect({ clock: createFakeClock() });
    const controller = new AbortController();
    const waiting = redis.ready({ signal: controller.signal });
    controller.abort(new Error('shutting down'));
    await expect(waiting).rejects.toThrow('shutting down');
  });
});

describeWith(['private redis'], 'commands', () => {
  it('[row 60] fail at their timeout while Redis is frozen, through the client as well, and work after the thaw', async () => {
    const redis = connect({ commandTimeout: '200ms' });
    expect(await redis.ready()).toBe(true);
    await server.freeze();
    const calls = Array.from({ length: 50 }, (_, index) => redis.commands.call('GET', `key-${index}`));
    const raw = redis.client.get('key');
    const refused = expect(raw).rejects.toThrow('Command timed out');
    const results = await Promise.allSettled(calls);
    const codes = results.map((result) => result.status === 'rejected' && codeOf(result.reason));
    expect(new Set(codes)).toEqual(new Set(['REDIS_COMMAND_TIMEOUT']));
    await refused;
    await server.thaw();
    await waitFor(() => redis.commands.call('PING'));
  });

  it('are refused at once while there is no connection, and not kept for later', async () => {
    const clock = createFakeClock();
    const redis = connect({ clock });
    await waitFor(() => redis.status === 'ready');
    await server.kill();
    await waitFor(() => redis.status === 'reconnecting');
    await expect(redis.commands.call('SET', 'kept', '1')).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
    });
    await expect(redis.client.set('kept', '1')).rejects.toThrow();
    await server.restart();
    await waitFor(() => clock.pending === 1);
    await clock.advance(100);
    await waitFor(() => redis.status === 'ready');
    expect(await redis.commands.call('GET', 'kept')).toBeNull();
  });

  it('that were in flight at the loss fail and are not sent a second time', async () => {
    const proxy = await startFaultProxy({ target: server });
    const redis = connect({ url: proxy.url(server.url), commandTimeout: '30s' });
    const direct = connect();
    await Promise.all([redis.ready(), direct.ready()]);
    proxy.blackhole({ direction: 'toClient' });
    const lost = expect(redis.commands.call('INCR', 'in-flight')).rejects.toMatchObject({
      code: 'REDIS_UNAVAILABLE',
    });
    await waitFor(async () => (await direct.commands.call('GET', 'in-flight')) === '1');
    proxy.reset();
    await lost;
    await proxy.clear();
    await waitFor(() => redis.status === 'ready');
    await redis.commands.call('PING');
    expect(await direct.commands.call('GET', 'in-flight')).toBe('1');
    await proxy.close();
  });

  it('find a peer that vanished without a word: the socket is given up and replaced', async () => {
    const proxy = await startFaultProxy({ target: server });
    const redis = connect({ url: proxy.url(server.url), commandTimeout: '200ms' });
    await redis.ready();
    proxy.blackhole();
    await expect(redis.commands.call('PING')).rejects.toMatchObject({ code: 'REDIS_COMMAND_TIMEOUT' });
    await waitFor(() => redis.status === 'reconnecting');
    await proxy.clear();
    await waitFor(() => redis.status === 'ready');
    await proxy.close();
  });

  it("pass Redis' own errors on with their words, without the command's arguments", async () => {
    const redis = connect();
    await redis.ready();
    await redis.commands.call('SET', 'text', 'abc');
    const error = await redis.commands.call('LPUSH', 'text', 'canary-8').catch((reason: unknown) => reason);
    expect(String(error)).toContain('WRONGTYPE');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary-8');
  });
});

describeWith(['private redis'], 'secrets', () => {
  it('never shows a refused password: in logs, errors, health, or to other listeners of the client', async () => {
    const { logger, lines } = recordingLogger();
    const url = new URL(server.url);
    url.password = 'canary-9';
    const redis = connect({ url: url.href, logger, required: true, reconnect: { attempts: 1, step: 1 } });
    const seen: unknown[] = [];
    redis.client.on('error', (error) => seen.push(error));
    seen.push(await redis.ready().catch((error: unknown) => error));
    seen.push(
      await redis
        .healthCheck()
        .probe(new AbortController().signal)
        .catch((error: unknown) => error),
    );
    expect(String(seen.at(-1))).toContain('(WRONGPASS)');
    expect(seen.length).toBeGreaterThan(2);
    expect(inspect([lines, seen, redis], { depth: 10, showHidden: true })).not.toContain('canary-9');
    expect(JSON.stringify([lines, seen, redis])).not.toContain('canary-9');
  });
});

describeWith(['private redis'], 'the health check', () => {
  it('passes while Redis answers, and reports an optional one that is down as degraded', async () => {
    const { signal } = new AbortController();
    const redis = connect({ name: 'limits', clock: createFakeClock() });
    await waitFor(() => redis.status === 'ready');
    const check = redis.healthCheck();
    expect(check.kind).toBe('remote');
    expect(await check.probe(signal)).toBe('ready');
    await server.kill();
    await waitFor(() => redis.status === 'reconnecting');
    expect(await check.probe(signal)).toEqual({
      status: 'degraded',
      reason: 'Redis "limits" is reconnecting',
    });
  });

  it('reports an optional Redis that is frozen as degraded, and fails for a required one', async () => {
    const { signal } = new AbortController();
    const optional = connect({ commandTimeout: '200ms' });
    const required = connect({ commandTimeout: '200ms', required: true });
    await Promise.all([optional.ready(), required.ready()]);
    await server.freeze();
    await Promise.all([
      expect(optional.healthCheck().probe(signal)).resolves.toEqual({
        status: 'degraded',
        reason: 'Redis "redis" is not answering (REDIS_COMMAND_TIMEOUT)',
      }),
      expect(required.healthCheck().probe(signal)).rejects.toMatchObject({ code: 'REDIS_COMMAND_TIMEOUT' }),
    ]);
  });
});

describeWith(['private redis'], 'close', () => {
  it('ends the connection once, and nothing works or reconnects afterwards', async () => {
    const clock = createFakeClock();
    const redis = connect({ clock });
    await waitFor(() => redis.status === 'ready');
    const closing = redis.close();
    expect(redis.close()).toBe(closing);
    await closing;
    expect(redis.status).toBe('closed');
    expect(clock.pending).toBe(0);
    await expect(redis.commands.call('PING')).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
    await expect(redis.ready()).rejects.toMatchObject({ code: 'REDIS_CLOSED' });
  });

  it('does not wait for a frozen Redis beyond the command timeout', async () => {
    const redis = connect({ commandTimeout: '200ms' });
    await redis.ready();
    await server.freeze();
    await redis.close();
    expect(redis.status).toBe('closed');
  });

  it('cancels the wait for the next attempt', async () => {
    await server.kill();
    const clock = createFakeClock();
    const redis = connect({ clock });
    await waitFor(() => clock.pending === 1);
    await redis.close();
    expect(clock.pending).toBe(0);
  });
});
