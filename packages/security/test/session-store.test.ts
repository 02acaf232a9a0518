import { randomBytes } from 'node:crypto';
import { createFakeClock, describeWith, type SharedRedis, sharedRedis, waitFor } from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  memorySessionStore,
  type NewSession,
  redisSessionStore,
  type SessionPlace,
  type SessionStore,
} from '../src/sessions/index.js';

const hour = 3_600_000;

const fresh: NewSession = {
  user: 'ada',
  data: '{"theme":"dark"}',
  about: 'Firefox',
  idleMs: hour,
  lifetimeMs: 8 * hour,
  maxPerUser: 3,
};

const word = (bytes: number): string => randomBytes(bytes).toString('base64url');
const placeIn = (group: string): SessionPlace => ({ group, key: word(32) });

/** What every store does, whatever it is made of. */
function behaves(storeOf: () => SessionStore): void {
  test('finds what it was given, and nothing under another key', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    await store.create(place, fresh);
    const found = await store.read(place, hour);
    expect(found).toMatchObject({ user: 'ada', data: '{"theme":"dark"}', about: 'Firefox', revision: 0 });
    expect((found?.endsAt ?? 0) - (found?.createdAt ?? 0)).toBe(8 * hour);
    expect(await store.read(placeIn(place.group), hour)).toBeUndefined();
    expect(await store.list(word(16))).toEqual([]);
  });

  test('keeps a session of nobody, which stands in no list', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    await store.create(place, { ...fresh, user: undefined });
    expect((await store.read(place, hour))?.user).toBeUndefined();
    expect(await store.list(place.group)).toEqual([]);
  });

  test('of two writes with the same revision takes the first, and tells the second', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    await store.create(place, fresh);
    const outcomes = await Promise.all(['{"a":1}', '{"b":2}'].map((data) => store.write(place, 0, data)));
    expect(outcomes).toEqual(['written', 'changed']);
    expect(await store.read(place, hour)).toMatchObject({ data: '{"a":1}', revision: 1 });
    expect(await store.write(place, 1, '{}')).toBe('written');
    await store.end(place.group, [place.key]);
    expect(await store.write(place, 2, '{}')).toBe('gone'); // and does not bring it back
    expect(await store.read(place, hour)).toBeUndefined();
  });

  test('gives a note to one of many who take it at once', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    expect(await store.hold(place, 'state', 'x', hour)).toBe(false);
    await store.create(place, fresh);
    expect(await store.hold(place, 'state', 'a note with 12 blanks', hour)).toBe(true);
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(place, 'state')));
    expect(taken.filter((note) => note !== undefined)).toEqual(['a note with 12 blanks']);
    expect(await store.take(place, 'other')).toBeUndefined();
  });

  test('holds eight notes; the one that expires first goes', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    await store.create(place, fresh);
    for (let at = 0; at < 9; at += 1)
      await store.hold(place, `n${at}`, String(at), at === 4 ? hour / 2 : hour + at * 60_000);
    await store.hold(place, 'n8', 'again', 9 * hour); // replaces its own and drops no other
    const held: (string | undefined)[] = [];
    for (let at = 0; at < 9; at += 1) held.push(await store.take(place, `n${at}`));
    expect(held).toEqual(['0', '1', '2', '3', undefined, '5', '6', '7', 'again']);
  });

  test('lists and ends the sessions of one group and no other', async () => {
    const [store, group, other] = [storeOf(), word(16), placeIn(word(16))];
    const places = [placeIn(group), placeIn(group), placeIn(group)] as const;
    for (const place of [...places, other]) await store.create(place, fresh);
    const keysOf = async (): Promise<readonly string[]> => (await store.list(group)).map(({ key }) => key);
    expect([...(await keysOf())].sort()).toEqual(places.map(({ key }) => key).sort());
    expect(await store.end(group, [other.key])).toBe(0);
    expect(await store.end(group, [places[0].key, word(32)])).toBe(1);
    expect(await store.endAll(group, places[2].key)).toBe(1);
    expect(await keysOf()).toEqual([places[2].key]);
    expect(await store.endAll(group, undefined)).toBe(1);
    expect(await keysOf()).toEqual([]);
    expect(await store.read(other, hour)).toBeDefined();
  });

  test('ends the oldest session of a user who begins one too many', async () => {
    const [store, group] = [storeOf(), word(16)];
    const places: SessionPlace[] = [];
    for (let at = 0; at < 5; at += 1) {
      const place = placeIn(group);
      places.push(place);
      await store.create(place, { ...fresh, lifetimeMs: fresh.lifetimeMs + at });
    }
    const alive = await Promise.all(
      places.map(async (place) => (await store.read(place, hour)) !== undefined),
    );
    expect(alive).toEqual([false, false, true, true, true]);
    expect(await store.list(group)).toHaveLength(3);
  });
}

describe('sessions in memory', () => {
  behaves(() => memorySessionStore());

  test('end when they are not used, and at the end of their lifetime however much they are used', async () => {
    const clock = createFakeClock();
    const store = memorySessionStore({ clock });
    const [idle, busy, held] = [placeIn('g'), placeIn('g'), placeIn('g')];
    for (const place of [idle, busy, held]) await store.create(place, fresh);
    await store.hold(held, 'state', 'x', hour / 2);
    for (let at = 0; at < 9; at += 1) {
      await clock.advance(hour - 10 * 60_000);
      expect([at, await store.read(busy, hour)]).toEqual([at, expect.anything()]);
      expect(at === 0 ? await store.take(held, 'state') : undefined).toBeUndefined();
    }
    expect(await store.read(idle, hour)).toBeUndefined();
    await clock.advance(29 * 60_000 + 59_999);
    expect(await store.read(busy, hour)).toBeDefined();
    await clock.advance(1);
    expect(await store.read(busy, hour)).toBeUndefined();
  });

  test('are bounded; the one that was not used for longest goes', async () => {
    const store = memorySessionStore({ maxSessions: 3 });
    const places = Array.from({ length: 5 }, () => placeIn(word(16)));
    const [first] = places;
    for (const place of places) {
      await store.create(place, fresh);
      if (first !== undefined) await store.read(first, hour);
    }
    const alive = await Promise.all(
      places.map(async (place) => (await store.read(place, hour)) !== undefined),
    );
    expect(alive).toEqual([true, false, false, true, true]);
  });
});

describeWith(['redis'], 'sessions in Redis', () => {
  let shared: SharedRedis;
  let redis: Redis;
  beforeAll(async () => {
    shared = await sharedRedis();
    redis = new Redis(shared.url);
  });
  afterAll(() => redis.quit());
  const storeOf = (): SessionStore => redisSessionStore(redis, { prefix: 'test', deadlineMs: 10_000 });
  const keyOf = ({ group, key }: SessionPlace): string => `test:session:{${group}}:${key}`;

  behaves(storeOf);

  test('slide: use puts the end off, to the end of the lifetime and no further', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    await store.create(place, fresh);
    await redis.pexpire(keyOf(place), 60_000);
    await store.read(place, hour);
    expect(await redis.pttl(keyOf(place))).toBeGreaterThan(hour - 50_000);
    await store.read(place, 100 * hour);
    const left = await redis.pttl(keyOf(place));
    expect(left).toBeGreaterThan(8 * hour - 50_000);
    expect(left).toBeLessThanOrEqual(8 * hour);
  });

  test('end when they are not used, and past their lifetime whatever Redis still holds', async () => {
    const [store, idle, old] = [storeOf(), placeIn(word(16)), placeIn(word(16))];
    await store.create(idle, { ...fresh, idleMs: 50 });
    await waitFor(async () => (await redis.exists(keyOf(idle))) === 0, { what: 'the idle session to end' });
    expect(await store.list(idle.group)).toEqual([]);
    await store.create(old, fresh);
    await redis.hset(keyOf(old), 'ends', Date.now() - 1);
    expect(await store.read(old, hour)).toBeUndefined();
    expect(await redis.exists(keyOf(old))).toBe(0);
  });

  test('leave no key without an end', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    await store.create(place, fresh);
    await store.hold(place, 'state', 'x', hour);
    await store.write(place, 0, '{}');
    const keys = await redis.keys(`test:*{${place.group}}*`);
    expect(keys).toHaveLength(2);
    for (const key of keys) expect([key, await redis.pttl(key)]).not.toEqual([key, -1]);
  });

  test('are read as version 1 wrote them; what a newer version wrote logs nobody in and is left alone', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    const at = Date.now();
    const written = { v: '1', id: place.key, user: 'ada', data: '{"a":1}', n: '7', about: '', at, seen: at };
    await redis.hset(keyOf(place), { ...written, ends: at + hour });
    expect(await store.read(place, hour)).toMatchObject({ user: 'ada', data: '{"a":1}', revision: 7 });
    await redis.hset(keyOf(place), 'v', '2');
    await redis.pexpire(keyOf(place), 90_000);
    expect(await store.read(place, hour)).toBeUndefined();
    expect(await redis.pttl(keyOf(place))).toBeLessThanOrEqual(90_000);
    expect(await redis.hget(keyOf(place), 'user')).toBe('ada');
  });

  test('whose record is damaged log nobody in', async () => {
    const store = storeOf();
    for (const damage of [{ ends: 'soon' }, { ends: '' }, { n: 'x' }, { v: '' }]) {
      const place = placeIn(word(16));
      await store.create(place, fresh);
      await redis.hset(keyOf(place), damage);
      expect([damage, await store.read(place, hour)]).toEqual([damage, undefined]);
    }
  });

  test('of somebody else are an error and no session, when a client gives the answer to another question', async () => {
    const [mine, theirs] = [placeIn(word(16)), placeIn(word(16))];
    await storeOf().create(mine, fresh);
    await storeOf().create(theirs, { ...fresh, user: 'eve' });
    const slipped = {
      call: (command: string, ...args: ReadonlyArray<string | number | Buffer>) =>
        redis.call(command, ...args.map((arg) => (arg === keyOf(mine) ? keyOf(theirs) : arg))),
    };
    const store = redisSessionStore(slipped, { prefix: 'test' });
    await expect(store.read(mine, hour)).rejects.toThrow('another session');
  });

  test('survive that Redis forgets the scripts', async () => {
    const [store, place] = [storeOf(), placeIn(word(16))];
    await store.create(place, fresh);
    const forgetful = {
      call: (command: string, ...args: ReadonlyArray<string | number | Buffer>) =>
        command === 'EVALSHA'
          ? Promise.reject(new Error('NOSCRIPT No matching script.'))
          : redis.call(command, ...args),
    };
    expect(await redisSessionStore(forgetful, { prefix: 'test' }).read(place, hour)).toBeDefined();
  });
});

test('a prefix that could move a hash slot, and a deadline of nothing, are refused', () => {
  const redis = { call: async () => null };
  for (const options of [{ prefix: 'a{b}' }, { prefix: '' }, { prefix: 'a', deadlineMs: 0 }]) {
    expect(() => redisSessionStore(redis, options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  }
});
