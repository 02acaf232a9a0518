import * as argon2 from '@node-rs/argon2';
import { silentLogger } from '@seaworthy/contracts';
import { createFakeClock, describeWith, sharedRedis, size, waitFor } from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Client, memoryStore, redisStore } from '../src/index.js';
import { createLoginGuard, createPasswords, type LoginGuard, type LoginResult } from '../src/login/index.js';

const clientAt = (ip: string, key = ip): Client => ({ ip, key, secure: true, viaProxy: false });
const home = clientAt('192.0.2.1');

/** A form for one user, ada, whose password is known here; counts how often a password is looked at. */
function form(logins: LoginGuard) {
  const looked = { times: 0 };
  const tryOne = (
    password: string,
    { account = 'ada@example.com', client = home } = {},
  ): Promise<LoginResult<string>> =>
    logins.attempt({ account, client }, async () => {
      looked.times += 1;
      return account.trim().toLowerCase() === 'ada@example.com' && password === 'right' ? 'ada' : undefined;
    });
  return { tryOne, looked };
}

const kinds = (results: ReadonlyArray<LoginResult<string>>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    ['passed', 'failed', 'refused'].map((kind) => [
      kind,
      results.filter((each) => each.kind === kind).length,
    ]),
  );

describe('a login form', () => {
  test('looks at ten of fifty passwords that are guessed at once', async () => {
    const { tryOne, looked } = form(createLoginGuard());
    const results = await Promise.all(Array.from({ length: 50 }, (_, guess) => tryOne(`guess ${guess}`)));
    expect(kinds(results)).toEqual({ passed: 0, failed: 10, refused: 40 });
    expect(looked.times).toBe(10);
  });

  test.each([undefined, null, false] as const)('takes %s for a password that is wrong', async (nobody) => {
    const logins = createLoginGuard();
    const tried: unknown[] = [];
    for (let guess = 0; guess < 11; guess += 1) {
      tried.push((await logins.attempt({ account: 'ada', client: home }, async () => nobody)).kind);
    }
    expect(tried).toEqual([...Array.from({ length: 10 }, () => 'failed'), 'refused']);
  });

  test('answers the same for a user that there is not, refusals among them', async () => {
    const { tryOne } = form(createLoginGuard({ clock: createFakeClock() }));
    const answersOf = async (account: string, ip: string): Promise<readonly unknown[]> => {
      const answers: unknown[] = [];
      for (let guess = 0; guess < 12; guess += 1) {
        answers.push(await tryOne('guess', { account, client: clientAt(ip) }));
      }
      return answers;
    };
    const [known, unknown] = [
      await answersOf('ada@example.com', '192.0.2.1'),
      await answersOf('nobody', '192.0.2.2'),
    ];
    expect(unknown).toEqual(known);
    expect(known.at(-1)).toEqual({
      kind: 'refused',
      status: 429,
      headers: [
        ['Retry-After', '900'],
        ['Content-Type', 'application/problem+json; charset=utf-8'],
        ['Cache-Control', 'no-store'],
      ],
      body: '{"type":"about:blank","title":"Too Many Requests","status":429,"code":"RATE_LIMITED","detail":"Too many attempts to log in. Try again later."}',
    });
  });

  test('takes capitals, blanks and full-width letters of one name for one account', async () => {
    const { tryOne, looked } = form(createLoginGuard());
    const names = ['ada@example.com', ' ADA@example.com', 'ａda@example.com', 'Ada@Example.Com '];
    for (let guess = 0; guess < 20; guess += 1) await tryOne('guess', { account: names[guess % 4] ?? '' });
    expect(looked.times).toBe(10);
  });

  test('counts one account under one name however many blanks stand around it', async () => {
    const { tryOne, looked } = form(createLoginGuard());
    for (let guess = 0; guess < 30; guess += 1) {
      const blanks = ['\u00a0', ' ', '\n'][guess % 3] ?? '';
      await tryOne('guess', { account: `${blanks.repeat(4_086 + guess)}ada@example.com${blanks}` });
    }
    expect(looked.times).toBe(10);
  });

  test.each([[undefined], [null], [1], [['ada']], [{ id: 1 }]])(
    'takes an account that is no string for a wrong one, counts it and looks at no password: %j',
    async (given) => {
      const account: string = JSON.parse(JSON.stringify([given]))[0];
      const told: unknown[] = [];
      const logins = createLoginGuard({ onEvent: (event) => void told.push(event.account) });
      const tried: string[] = [];
      for (let guess = 0; guess < 11; guess += 1) {
        tried.push((await logins.attempt({ account, client: home }, async () => 'ada')).kind);
      }
      expect(tried).toEqual([...Array.from({ length: 10 }, () => 'failed'), 'refused']);
      expect(new Set(told)).toEqual(new Set(['']));
    },
  );

  test('opens again when the window is over', async () => {
    const clock = createFakeClock();
    const { tryOne } = form(createLoginGuard({ clock }));
    for (let guess = 0; guess < 11; guess += 1) await tryOne('guess');
    await clock.advance(899_999);
    expect((await tryOne('right')).kind).toBe('refused');
    await clock.advance(1);
    expect((await tryOne('right')).kind).toBe('passed');
  });

  test('stops a slow spray over accounts from one network, an IPv6 /56 among them', async () => {
    for (const ipOf of [
      () => '192.0.2.1',
      (guess: number) => `2001:db8:0:${(guess % 256).toString(16)}::1`,
    ]) {
      const clock = createFakeClock();
      const { tryOne, looked } = form(createLoginGuard({ clock }));
      for (let guess = 0; guess < 130; guess += 1) {
        await tryOne('guess', { account: `user ${guess}`, client: clientAt(ipOf(guess)) });
        await clock.advance(600_000);
      }
      expect(looked.times).toBe(100);
      expect((await tryOne('right', { client: clientAt('198.51.100.7') })).kind).toBe('passed');
    }
  });

  test('does not count logins that succeed, so that an office behind one address keeps working', async () => {
    const { tryOne } = form(createLoginGuard({ clock: createFakeClock() }));
    for (let login = 0; login < 300; login += 1) expect((await tryOne('right')).kind).toBe('passed');
  });

  test('gives no new guesses to somebody who logs in to an account of his own between them', async () => {
    const logins = createLoginGuard();
    const { tryOne, looked } = form(logins);
    for (let guess = 0; guess < 120; guess += 1) {
      await tryOne('guess', { account: `user ${guess}` });
      await logins.attempt({ account: 'mallory', client: home }, async () => 'mallory');
    }
    expect(looked.times).toBe(100);
  });

  test('slows an account down that many addresses guess at, and never locks it', async () => {
    const clock = createFakeClock();
    const { tryOne, looked } = form(createLoginGuard({ clock }));
    const from = (at: number) => ({ client: clientAt(`198.51.${at >> 8}.${at & 255}`) });
    for (let guess = 0; guess < 20; guess += 1) await tryOne('guess', from(guess));
    expect(looked.times).toBe(20);

    for (const [at, waitMs] of [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000].entries()) {
      const attempt = tryOne('guess', from(100 + at));
      await clock.advance(waitMs - 1);
      expect(looked.times).toBe(20 + at);
      await clock.advance(1);
      expect((await attempt).kind).toBe('failed');
    }
    const owner = tryOne('right');
    await clock.advance(8_000);
    expect((await owner).kind).toBe('passed');
  });

  test('holds only so many attempts, and lets go of one whose client has gone', async () => {
    const clock = createFakeClock();
    const account = { free: 0, per: '1h', firstMs: 1_000, maxMs: 1_000 };
    const logins = createLoginGuard({ clock, account, maxHeld: 1 });
    const { tryOne } = form(logins);
    const leaves = new AbortController();
    const gone = logins.attempt({ account: 'ada', client: home, signal: leaves.signal }, async () => 'ada');
    const left = expect(gone).rejects.toThrow('gone');
    expect(await tryOne('right')).toMatchObject({ kind: 'refused', status: 429 });
    leaves.abort(new Error('gone'));
    await left;
    const third = tryOne('right');
    await clock.advance(1_000);
    expect((await third).kind).toBe('passed');
  });

  test('takes an attempt back whose check failed for a reason of its own', async () => {
    const logins = createLoginGuard();
    const broken = async (): Promise<never> => {
      throw new Error('the database is away');
    };
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await expect(logins.attempt({ account: 'ada', client: home }, broken)).rejects.toThrow('is away');
    }
    expect((await form(logins).tryOne('right')).kind).toBe('passed');
  });

  test('tells every outcome', async () => {
    const events: string[] = [];
    const { tryOne } = form(
      createLoginGuard({
        user: { limit: 1, per: '1m' },
        onEvent: ({ type, account }) => events.push(`${type} ${account}`),
      }),
    );
    await tryOne('right');
    await tryOne('guess');
    await tryOne('right');
    expect(events).toEqual(['passed', 'failed', 'refused'].map((type) => `${type} ada@example.com`));
  });

  test('changes nothing for an audit trail that is away, and logs it', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => void lines.push(message) };
    const { tryOne } = form(
      createLoginGuard({ logger, onEvent: async () => Promise.reject(new Error('no trail')) }),
    );
    expect((await tryOne('right')).kind).toBe('passed');
    await waitFor(() => lines.length > 0, { what: 'the line' });
    expect(lines).toEqual(['onEvent of createLoginGuard threw']);
  });
});

test('what cannot work is refused at start', () => {
  expect(() => createLoginGuard({ user: { limit: 0, per: '1m' } })).toThrow('user.limit');
  expect(() => createLoginGuard({ account: { free: 1, per: '1h', firstMs: 100, maxMs: 10 } })).toThrow(
    'account.maxMs',
  );
  expect(() => createLoginGuard({ store: { consume: () => [] } })).toThrow('release()');
});

test('the memory store gives back what was spent, and no more', () => {
  const clock = createFakeClock();
  const store = memoryStore({ clock });
  for (const [algorithm, burst] of [
    ['fixed', 5],
    ['smooth', 5],
  ] as const) {
    const rule = {
      name: algorithm,
      algorithm,
      limit: 5,
      windowUs: 60_000_000,
      burst,
      intervalUs: 60_000_000,
    };
    const charge = (cost: number) => [{ rule, key: 'a', cost }];
    store.consume(charge(5));
    expect(store.consume(charge(1))[0]).toMatchObject({ allowed: false, remaining: 0 });
    store.release(charge(2));
    expect(store.consume(charge(0))[0]).toMatchObject({ remaining: 2 });
    store.release(charge(5));
    store.release(charge(5));
    expect(store.consume(charge(1))[0]).toMatchObject({ allowed: true, remaining: 4 });
  }
  expect(store.size()).toMatchObject({ blocked: 0 });
});

describeWith(['redis'], 'with Redis', () => {
  const clients: Redis[] = [];
  let url = '';

  async function connect(): Promise<Redis> {
    const redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    redis.on('error', () => undefined);
    clients.push(redis);
    await waitFor(() => redis.status === 'ready', { what: 'the client to connect' });
    return redis;
  }

  const storeOf = (redis: Redis) =>
    redisStore(redis, {
      prefix: 'shop',
      hashKeys: 'an-0123456789-secret',
      deadlineMs: size({ test: 5_000, soak: 1_000 }), // the machine is shared
    });

  beforeEach(async () => {
    url = (await sharedRedis()).url;
  });
  afterAll(() => {
    for (const redis of clients) redis.disconnect();
  });

  test('[row 34] two processes refuse the eleventh failure of a user from one address and a slow spray before any hash; success resets', async () => {
    const passwords = createPasswords({ argon2, cost: { memoryKiB: 7_168, passes: 5 } });
    const stored = await passwords.hash('right');
    const guards = [await connect(), await connect()].map((redis) =>
      createLoginGuard({ store: storeOf(redis) }),
    );
    let hashed = 0;
    let turn = 0;
    const tryOne = async (
      password: string,
      account = 'ada',
      ip = '192.0.2.1',
    ): Promise<LoginResult<string>> => {
      const logins = guards[turn++ % 2];
      if (logins === undefined) throw new Error('unreachable');
      return logins.attempt({ account, client: clientAt(ip) }, async () => {
        hashed += 1;
        const { valid } = await passwords.verify(password, account === 'ada' ? stored : undefined);
        return valid ? account : undefined;
      });
    };
    const guess = (times: number, ...who: [string, string]) =>
      Promise.all(Array.from({ length: times }, () => tryOne('guess', ...who)));

    expect(kinds(await guess(9, 'ada', '192.0.2.1'))).toEqual({ passed: 0, failed: 9, refused: 0 });
    expect((await tryOne('right')).kind).toBe('passed');
    hashed = 0;
    expect(kinds(await guess(14, 'ada', '192.0.2.1'))).toEqual({ passed: 0, failed: 10, refused: 4 });
    expect(await tryOne('right')).toMatchObject({ kind: 'refused', status: 429 });
    expect(hashed).toBe(10);
    expect((await tryOne('right', 'ada', '192.0.2.9')).kind).toBe('passed');

    hashed = 0;
    const spray: Array<LoginResult<string>> = [];
    for (let at = 0; at < 110; at += 1) spray.push(await tryOne('guess', `user ${at}`, '203.0.113.5'));
    expect(kinds(spray)).toEqual({ passed: 0, failed: 100, refused: 10 });
    expect(hashed).toBe(100);
    expect((await tryOne('right', 'ada', '192.0.2.10')).kind).toBe('passed');
  });

  test('keeps no name and no address in its keys, and lets all of them run out', async () => {
    const redis = await connect();
    const { tryOne } = form(createLoginGuard({ store: storeOf(redis) }));
    await tryOne('guess');
    const keys = await redis.keys('*');
    expect(keys.map((key) => key.replace(/\{s\d{1,2}\}:[\w-]{22}/, '{shard}:hash')).sort()).toEqual(
      ['account', 'ip', 'user'].map((name) => `shop:limit:v1:{shard}:hash:login-${name}`),
    );
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
    await tryOne('right');
    for (const key of await redis.keys('*'))
      expect([key, (await redis.getBuffer(key))?.readDoubleLE(0)]).toEqual([key, 1]);
    expect((await redis.keys('*login-user')).length).toBe(0);
  });

  test.each([
    ['counts its part in this process', 'local', { passed: 0, failed: 5, refused: 7 }],
    ['answers 503', 'closed', { passed: 0, failed: 0, refused: 12 }],
  ] as const)(
    'without Redis it %s, and never runs a check uncounted',
    async (_what, onStoreDown, expected) => {
      const redis = await connect();
      const lines: string[] = [];
      const warn = (line: string): void => void lines.push(line);
      const logger = { error: warn, warn, info: warn, debug: warn };
      const { tryOne, looked } = form(
        createLoginGuard({ store: storeOf(redis), onStoreDown, instances: 2, logger }),
      );
      redis.disconnect();
      const results: Array<LoginResult<string>> = [];
      for (let guess = 0; guess < 12; guess += 1) results.push(await tryOne('guess'));
      expect(kinds(results)).toEqual(expected);
      expect(looked.times).toBe(expected.failed);
      expect(results.at(-1)).toMatchObject({ status: onStoreDown === 'local' ? 429 : 503 });
      expect(lines).toEqual(['Login attempt store is down']);
    },
  );

  test('the store gives smooth limits back as well', async () => {
    const store = storeOf(await connect());
    const rule = {
      name: 's',
      algorithm: 'smooth',
      limit: 5,
      windowUs: 3_600_000_000,
      burst: 5,
      intervalUs: 3_600_000_000,
    } as const;
    const charge = (cost: number) => [{ rule, key: 'a', cost }];
    await store.consume(charge(5));
    expect((await store.consume(charge(1)))[0]).toMatchObject({ allowed: false });
    await store.release?.(charge(2));
    expect((await store.consume(charge(1)))[0]).toMatchObject({ allowed: true, remaining: 1 });
    await store.release?.(charge(9));
    expect((await store.consume(charge(1)))[0]).toMatchObject({ allowed: true, remaining: 4 });
  });
});
