import { createFakeClock, type FakeClock } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { ConnectionFailedError, PoolExhaustedError } from '../src/index.js';
import { Pool } from '../src/pool/pool.js';
import type { PoolOptions } from '../src/pool/pool-options.js';
import type { Loan } from '../src/pool/slot.js';
import { type FakeConnection, FakeServer } from './support/fake-server.js';
import { silentObserver } from './support/silent-observer.js';

/** Half of the range always: answers after 25 ms, no refusal, and half of the lifetime's jitter. */
const half = (): number => 0.5;

function open(options: Partial<PoolOptions<FakeConnection>> = {}): {
  readonly pool: Pool<FakeConnection>;
  readonly server: FakeServer;
  readonly clock: FakeClock;
} {
  const clock = createFakeClock();
  const server = new FakeServer(clock, half);
  const pool = new Pool<FakeConnection>({
    connect: server.connect,
    address: 'fake:1',
    max: 20,
    min: 0,
    maxWaiting: 1_000,
    idleTimeoutMs: 30_000,
    maxLifetimeMs: 1_800_000,
    validateAfterMs: 1_000,
    connectTimeoutMs: 5_000,
    clock,
    random: half,
    observer: silentObserver,
    ...options,
  });
  return { pool, server, clock };
}

async function borrow(
  { pool, clock }: ReturnType<typeof open>,
  count: number,
): Promise<Loan<FakeConnection>[]> {
  const loans = Promise.all(Array.from({ length: count }, () => pool.acquire({ timeoutMs: 10_000 })));
  await clock.advance(1_000);
  return loans;
}

test('[row 46] a caller that gets nothing fails exactly at its deadline, with the state of the pool', async () => {
  const made = open({ max: 2 });
  await borrow(made, 2);
  const { pool, clock } = made;
  let error: unknown;
  const asking = pool.acquire({ timeoutMs: 2_000 }).catch((reason: unknown) => {
    error = reason;
  });
  await clock.advance(1_999);
  expect(error).toBeUndefined();
  await clock.advance(1);
  await asking;
  expect(PoolExhaustedError.is(error) && error.pool).toMatchObject({ inUse: 2, max: 2, idle: 0 });
});

test('[row 46] an idle connection is closed at 30 s, not before, and `min` of them stay', async () => {
  const made = open({ min: 5 });
  const loans = await borrow(made, 20);
  const { pool, clock } = made;
  for (const loan of loans) pool.release(loan);
  await clock.advance(29_999);
  expect(pool.stats.total).toBe(20);
  await clock.advance(1 + 1_000); // and the time that closing takes
  expect(pool.stats).toMatchObject({ total: 5, idle: 5 });
  await clock.advance(600_000);
  expect(pool.stats).toMatchObject({ total: 5, idle: 5 });
});

test('opens `min` connections by itself, and replaces them when they are lost', async () => {
  const { pool, server, clock } = open({ min: 5 });
  pool.start();
  await clock.advance(1_000);
  expect(pool.stats).toMatchObject({ total: 5, idle: 5 });
  server.cut(1);
  expect(pool.stats.total).toBe(0);
  await clock.advance(1_000);
  expect(pool.stats).toMatchObject({ total: 5, idle: 5 });
});

test('a burst of 50 callers on 5 connections does not open 45 more', async () => {
  const made = open({ max: 50, min: 5 });
  const { pool, server, clock } = made;
  pool.start();
  await clock.advance(1_000);
  const before = server.attempts.length;
  // Each caller is done long before a connection would be made.
  const served = Array.from({ length: 50 }, async () => {
    const loan = await pool.acquire({ timeoutMs: 5_000 });
    await Promise.resolve();
    pool.release(loan);
  });
  await clock.advance(1_000);
  await Promise.all(served);
  expect(server.attempts.length - before).toBeLessThanOrEqual(4);
});

test('replaces a connection at the end of its life, which jitter shortens by up to a tenth', async () => {
  const { pool, server, clock } = open({ min: 1, maxLifetimeMs: 100_000 });
  pool.start();
  await clock.advance(1_000);
  const [first] = server.connections;
  await clock.advance(93_900); // born at 25 ms, shortened by half of a tenth to 95 s
  expect([...server.connections]).toEqual([first]);
  await clock.advance(2_000);
  expect(server.connections.size).toBe(1);
  expect([...server.connections]).not.toEqual([first]);
});

test('checks a connection only after it was idle, and does not hand out one that fails the check', async () => {
  const made = open({ validateAfterMs: 1_000 });
  const { pool, server, clock } = made;
  let pings = 0;
  const [loan] = await borrow(made, 1);
  if (loan === undefined) throw new Error('No connection was lent.');
  loan.connection.ping = async () => {
    pings += 1;
    throw new Error('gone');
  };
  pool.release(loan);
  await clock.advance(1_000);
  const soon = await pool.acquire({ timeoutMs: 1_000 });
  expect([soon.connection === loan.connection, pings]).toEqual([true, 0]);
  pool.release(soon);
  await clock.advance(1_001);
  const later = pool.acquire({ timeoutMs: 1_000 });
  await clock.advance(100);
  expect([(await later).connection === loan.connection, pings]).toEqual([false, 1]);
  expect(server.connections.has(loan.connection)).toBe(false);
});

test('[row 48] asks a server that is down ten times a second for 30 s, one at a time, then ever more rarely, whatever the demand', async () => {
  const { pool, server, clock } = open({ min: 5 });
  server.condition = 'down';
  pool.start();
  const callers = Array.from({ length: 100 }, () =>
    pool.acquire({ timeoutMs: 600_000 }).catch(() => undefined),
  );
  await clock.advance(1_000);
  const between = async (ms: number): Promise<number> => {
    const before = server.attempts.length;
    await clock.advance(ms);
    return server.attempts.length - before;
  };
  const first = await between(10_000);
  expect(first).toBeGreaterThanOrEqual(70); // an attempt takes 25 ms before it fails
  expect(first).toBeLessThanOrEqual(100);
  await clock.advance(110_000);
  expect(await between(60_000)).toBeLessThanOrEqual(60);
  expect(await between(60_000)).toBeGreaterThanOrEqual(12); // at least each 5 s
  server.condition = 'up';
  await clock.advance(10_000);
  expect(pool.stats.inUse).toBe(20);
  const closing = pool.close(0, async () => undefined);
  await clock.advance(5_000);
  await Promise.all([closing, ...callers]);
});

test('tells the last failure to callers that run out of time while the server is down', async () => {
  const { pool, server, clock } = open();
  server.condition = 'down';
  const asking = pool.acquire({ timeoutMs: 1_000 }).catch((reason: unknown) => reason);
  await clock.advance(1_000);
  const error = await asking;
  expect(ConnectionFailedError.is(error) && error.cause).toEqual(new Error('ECONNREFUSED'));
});

test('turns a caller away at once when the queue is full', async () => {
  const made = open({ max: 1, maxWaiting: 2 });
  await borrow(made, 1);
  const waiting = [1, 2].map(() => made.pool.acquire({ timeoutMs: 1_000 }).catch(() => undefined));
  await expect(made.pool.acquire({ timeoutMs: 1_000 })).rejects.toThrow('2 callers wait already');
  await made.clock.advance(1_000);
  await Promise.all(waiting);
});

test('evict() replaces every connection: idle ones now, those in use and those being made when they come', async () => {
  const made = open({ max: 6 });
  const { pool, server, clock } = made;
  const loans = await borrow(made, 4);
  const old = new Set(server.connections);
  const [first, second, ...rest] = loans;
  if (first === undefined || second === undefined) throw new Error('No connections were lent.');
  pool.release(first);
  pool.release(second);
  await borrow(made, 3); // one of them is being made
  const making = pool.acquire({ timeoutMs: 5_000 });
  pool.evict();
  expect(loans.map((loan) => pool.isEvicted(loan))).toEqual([true, true, true, true]);
  for (const loan of rest) pool.release(loan);
  await clock.advance(3_000);
  const fresh = await making;
  expect(pool.isEvicted(fresh)).toBe(false);
  expect(old.has(fresh.connection)).toBe(false);
  pool.release(fresh);
  const again = await pool.acquire({ timeoutMs: 1_000 });
  expect(again.connection).toBe(fresh.connection);
});

test('after a loss, what rested meanwhile is asked before it is lent, once', async () => {
  const made = open({ max: 5 });
  const { pool, server, clock } = made;
  const loans = await borrow(made, 5);
  for (const loan of loans) pool.release(loan);
  const [first, ...rest] = server.connections;
  for (const connection of rest) connection.isAlive = false; // of which nobody has heard yet
  first?.lose();
  expect(pool.tryAcquire()).toBeUndefined();
  const asking = pool.acquire({ timeoutMs: 5_000 });
  await clock.advance(1_000);
  const loan = await asking;
  expect(rest).not.toContain(loan.connection);
  pool.release(loan);
  expect(pool.tryAcquire()?.connection).toBe(loan.connection);
});

test.each(['discard', 'release'] as const)(
  'a borrower whose connection is lost tells of it too: %s',
  async (end) => {
    const made = open({ max: 3 });
    const { pool } = made;
    const [first, ...rest] = await borrow(made, 3);
    if (first === undefined) throw new Error('No connection was lent.');
    for (const loan of rest) pool.release(loan);
    first.connection.destroy();
    pool[end](first);
    expect(pool.tryAcquire()).toBeUndefined();
  },
);

test('whoever holds a lost connection hears of it, unless it was given back', async () => {
  const heard: unknown[] = [];
  const made = open({ max: 3, onLostInUse: (loan) => heard.push(loan) });
  const [first, second] = await borrow(made, 3);
  if (first === undefined || second === undefined) throw new Error('No connection was lent.');
  first.connection.lose();
  second.connection.lose();
  made.pool.discard(second);
  expect(heard).toEqual([]);
  await new Promise(setImmediate);
  expect(heard).toEqual([first]);
});

test('a connection that is lost in the moment in which it was made takes no place', async () => {
  let lost = 0;
  const made = open({
    max: 1,
    connect: async (signal) => {
      const connection = await made.server.connect(signal);
      if (lost < 3) {
        lost += 1;
        connection.lose();
      }
      return connection;
    },
  });
  const [loan] = await borrow(made, 1);
  expect(lost).toBe(3);
  expect(loan?.connection.isOpen).toBe(true);
  expect(made.pool.stats).toMatchObject({ total: 1, inUse: 1 });
});

test.each([
  { max: 20, withinMs: 300 },
  { max: 5, withinMs: 1_100 },
])(
  'connections that went silent at rest cost a caller no more than one of them, with a pool of $max',
  async ({ max, withinMs }) => {
    const made = open({ max, min: 5 });
    const { pool, server, clock } = made;
    pool.start();
    await clock.advance(10_000);
    for (const connection of server.connections) connection.isSilent = true;
    let isServed = false;
    const asking = pool.acquire({ timeoutMs: 2_000 }).then((loan) => {
      isServed = true;
      pool.release(loan);
    });
    await clock.advance(withinMs);
    expect(isServed).toBe(true);
    await asking;
    expect(server.highest).toBeLessThanOrEqual(max);
    await clock.advance(60_000);
    expect(pool.stats).toMatchObject({ waiting: 0, inUse: 0 });
  },
);

test('an outage that nobody saw the end of does not make the next one longer', async () => {
  const { pool, server, clock } = open();
  server.condition = 'down';
  const gaveUp = pool.acquire({ timeoutMs: 2_000 }).catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(ConnectionFailedError.is(await gaveUp)).toBe(true);
  await clock.advance(3_600_000); // in which nobody asks
  let isServed = false;
  const asking = pool.acquire({ timeoutMs: 2_000 }).then((loan) => {
    isServed = true;
    pool.release(loan);
  });
  asking.catch(() => undefined);
  await clock.advance(150);
  server.condition = 'up'; // after one more attempt that failed
  await clock.advance(300);
  expect(isServed).toBe(true);
});
