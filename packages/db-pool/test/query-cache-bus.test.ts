import { createTestDatabase, describeWith, startFaultProxy, startRedis, waitFor } from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type Db, sql } from '../src/index.js';
import { decodeInvalidation, encodeInvalidation } from '../src/query-cache/invalidation-bus.js';
import { createQueryCache, type InvalidationBus, type QueryCache, redisBus } from '../src/query-cache.js';

const amount = sql`select amount from stock where id = 1`;
const take = sql`update stock set amount = amount - 1 where id = 1`;
const stock = { tags: ['stock'] };

describeWith(['postgres', 'redis'], 'invalidations between processes', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  const closing: (() => Promise<unknown> | undefined)[] = [];
  let db: Db;

  beforeEach(async () => {
    database = await createTestDatabase('postgres');
    db = createDb(postgres(pg), { url: database.url });
    closing.push(
      () => db.close(),
      () => database.drop(),
    );
    await db.exec(sql`create table stock (id int primary key, amount int not null)`);
    await db.exec(sql`insert into stock values (1, 10)`);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function process(url: string): Promise<QueryCache> {
    const redis = new Redis(url, { maxRetriesPerRequest: 1 });
    redis.on('error', () => undefined);
    const cache = createQueryCache(db, { bus: redisBus(redis), ttl: '1h' });
    closing.unshift(async () => {
      await cache.close();
      redis.disconnect();
    });
    await waitFor(() => cache.stats().isKeeping, { what: 'the cache to have joined the bus' });
    return cache;
  }

  const sees = (cache: QueryCache, value: number) =>
    waitFor(async () => (await cache.one<{ amount: number }>(amount, stock)).amount === value, {
      what: `the cache to see ${value}`,
    });

  test('a write in one process drops the answers of the other, and of no other tag', async () => {
    await using redis = await startRedis();
    const here = await process(redis.url);
    const there = await process(redis.url);
    const other = sql`select 1 as one`;
    await there.one(amount, stock);
    await there.one(other, { tags: ['other'] });
    await here.exec(take, { invalidates: ['stock'] });
    await sees(there, 9);
    const { hits } = there.stats();
    await there.one(other, { tags: ['other'] });
    expect(there.stats().hits).toBe(hits + 1);
    await here.transaction(async (tx) => {
      await tx.exec(take);
      tx.invalidate('stock');
    });
    await sees(there, 8);
    here.clear();
    await waitFor(() => there.stats().entries === 0, { what: 'everything to be dropped' });
  });

  test('keeps nothing while the bus is down, and what was invalidated meanwhile is told when it is back', async () => {
    await using redis = await startRedis();
    await using proxy = await startFaultProxy({ target: redis });
    const here = await process(proxy.url(redis.url)); // only this one loses its bus
    const there = await process(redis.url);
    await there.one(amount, stock);
    await here.one(amount, stock);

    await proxy.refuse();
    proxy.reset();
    await waitFor(() => !here.stats().isKeeping, { what: 'the bus to be down' });
    expect(here.stats().entries).toBe(0);
    await here.exec(take, { invalidates: ['stock'] }); // a write does not fail or wait because of the bus
    expect(await here.one(amount, stock)).toEqual({ amount: 9 });
    expect(here.stats().entries).toBe(0);
    await there.exec(take, { invalidates: ['stock'] });
    expect(await here.one(amount, stock)).toEqual({ amount: 8 });
    await there.one(amount, stock);

    const told = there.stats().misses;
    await proxy.clear();
    await waitFor(() => here.stats().isKeeping, { what: 'the bus to be back', timeoutMs: 20_000 });
    // What `here` invalidated while it was cut off reaches the other one now.
    await waitFor(() => there.stats().entries === 0, { what: 'the late invalidation', timeoutMs: 20_000 });
    expect(there.stats().misses).toBe(told);
    await here.one(amount, stock);
    expect(here.stats().entries).toBe(1);
  });
});

test("a message that is not understood drops everything, and one's own nothing", () => {
  const mine = encodeInvalidation('me', { tags: ['a'] });
  expect(decodeInvalidation(mine, 'me')).toBeUndefined();
  expect(decodeInvalidation(mine, 'you')).toEqual({ tags: ['a'] });
  expect(decodeInvalidation(encodeInvalidation('me', 'everything'), 'you')).toBe('everything');
  for (const odd of ['', 'null', '7', '{"v":2,"tags":["a"]}', '{"v":1,"tags":"a"}', '{"v":1,"tags":[1]}']) {
    expect(decodeInvalidation(odd, 'you')).toBe('everything');
  }
});

test('close() sends what is left, and ends although the bus does not answer', async () => {
  const sent: string[] = [];
  let fails = true;
  const bus: InvalidationBus = {
    async publish(_channel, message) {
      if (fails) throw new Error('down');
      sent.push(message);
    },
    subscribe: async (_channel, listener) => {
      listener.onUp();
      return () => undefined;
    },
  };
  // Nothing is read here, so there need be no database behind it.
  const cache = createQueryCache({ dialect: 'postgres' } as Db, { bus });
  cache.invalidate('a', 'b');
  cache.invalidate('c');
  await new Promise(setImmediate);
  fails = false;
  await cache.close();
  expect(sent.map((text) => JSON.parse(text).tags)).toEqual([['a', 'b', 'c']]);
  expect(cache.close()).toBe(cache.close());
});
