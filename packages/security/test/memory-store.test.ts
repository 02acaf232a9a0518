import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFakeClock, size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryStore, policy } from '../src/index.js';
import { createKeyHash } from '../src/limits/key-hash.js';
import { RankedKeys } from '../src/limits/ranked-keys.js';

test('the hash of a key is HalfSipHash-2-4, by the vectors of its reference implementation', () => {
  const hash = createKeyHash([0x03020100, 0x07060504]);
  const hex = (text: string): string => {
    const { low, high } = hash(text);
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(low, 0);
    bytes.writeInt32LE(high, 4);
    return bytes.toString('hex');
  };
  const text = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]).toString('utf16le');
  expect([0, 1, 2, 3, 4].map((units) => hex(text.slice(0, units)))).toEqual([
    '218d1f59b9b83cc8',
    '064f39ef7c50eb57',
    'd5e78a175be52ea1',
    'ce3e91358aa2bc25',
    'edfee820bce4858c',
  ]);
  expect(createKeyHash()('x')).not.toEqual(createKeyHash()('x'));
});

describe('the bounded map', () => {
  test('keeps what a sorted list keeps, whatever is put and deleted in whatever order', () => {
    const command = fc.oneof(
      fc.record({
        do: fc.constant('set' as const),
        key: fc.integer({ min: 0, max: 30 }),
        rank: fc.integer({ min: 0, max: 9 }),
      }),
      fc.record({
        do: fc.constant('delete' as const),
        key: fc.integer({ min: 0, max: 30 }),
        rank: fc.constant(0),
      }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
        const real = new RankedKeys(12);
        const model = new Map<number, number>();
        let unique = 0;
        for (const each of commands) {
          const key = { low: each.key % 7, high: each.key }; // seven homes, so that searches collide
          if (each.do === 'delete') {
            expect(real.delete(key)).toBe(model.delete(each.key));
          } else {
            unique += 1;
            const rank = each.rank * 1_000 + unique; // ties are nobody's promise
            if (!model.has(each.key) && model.size === 12) {
              const lowest = [...model].reduce((a, b) => (b[1] < a[1] ? b : a));
              model.delete(lowest[0]);
            }
            model.set(each.key, rank);
            real.set(key, { value: rank, expiresAtUs: -rank }, rank);
          }
          expect(real.size).toBe(model.size);
          expect(real.lowest).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
        }
        for (const [key, rank] of model)
          expect(real.get({ low: key % 7, high: key })).toEqual({ value: rank, expiresAtUs: -rank });
      }),
    );
  });
});

const flood = size({ test: 150_000, soak: 1_000_000 });
const blockedKeys = size({ test: 8_192, soak: 65_536 });

describe.each(['fixed', 'smooth'] as const)('a flood of new keys on a %s limit', (algorithm) => {
  const { rule } = policy('ip', {
    limit: 3,
    per: '1h',
    algorithm,
    ...(algorithm === 'smooth' ? { burst: 3 } : {}),
  });
  const use = (store: ReturnType<typeof memoryStore>, key: string): boolean =>
    store.consume([{ rule, key, cost: 1 }])[0]?.allowed ?? false;

  test('frees no blocked client, and the table stays within its bound', async () => {
    const clock = createFakeClock();
    const store = memoryStore({ maxKeys: blockedKeys, clock });
    for (let client = 0; client < blockedKeys; client += 1) {
      for (let hit = 0; hit < 3; hit += 1) use(store, `blocked ${client}`);
    }
    await clock.advance(1_000);
    for (let key = 0; key < flood; key += 1) use(store, `flood ${key}`);
    let freed = 0;
    for (let client = 0; client < blockedKeys; client += 1) if (use(store, `blocked ${client}`)) freed += 1;
    expect(freed).toBe(0);
    expect(store.size()).toEqual({ blocked: blockedKeys, open: blockedKeys, blockedEvictions: 0 });
  });

  test('forgets nobody who is close to the limit before those who came once', async () => {
    const clock = createFakeClock();
    const store = memoryStore({ maxKeys: 1_024, clock });
    for (let client = 0; client < 100; client += 1)
      for (let hit = 0; hit < 2; hit += 1) use(store, `guesser ${client}`);
    await clock.advance(1_000);
    for (let key = 0; key < 20_000; key += 1) use(store, `flood ${key}`);
    let allowed = 0;
    for (let client = 0; client < 100; client += 1) {
      use(store, `guesser ${client}`);
      if (use(store, `guesser ${client}`)) allowed += 1;
    }
    expect(allowed).toBe(0);
  });

  test('turns over one place where everybody is close to the limit, and still counts newcomers', () => {
    const store = memoryStore({ maxKeys: 64, clock: createFakeClock() });
    for (let client = 0; client < 64; client += 1)
      for (let hit = 0; hit < 2; hit += 1) use(store, `guesser ${client}`);
    for (let key = 0; key < 1_000; key += 1) use(store, `flood ${key}`);
    let forgotten = 0;
    for (let client = 0; client < 64; client += 1) {
      use(store, `guesser ${client}`);
      if (use(store, `guesser ${client}`)) forgotten += 1;
    }
    expect(forgotten).toBe(1);
    expect([1, 2, 3, 4].map(() => use(store, 'newcomer'))).toEqual([true, true, true, false]);
  });

  test('keeps the blocked client that is blocked longer', async () => {
    const clock = createFakeClock();
    const store = memoryStore({ maxKeys: 64, clock });
    const short = policy('short', { limit: 1, per: '1m' }).rule;
    for (let client = 0; client < 64; client += 1)
      for (let hit = 0; hit < 3; hit += 1) use(store, `long ${client}`);
    store.consume([{ rule: short, key: 'k', cost: 1 }]);
    for (let client = 0; client < 64; client += 1) expect(use(store, `long ${client}`)).toBe(false);
    expect(store.size().blockedEvictions).toBe(1);
  });

  test('past the bound of blocked clients lets the nearest to its end go first, and counts it', async () => {
    const clock = createFakeClock();
    const counted: unknown[] = [];
    const metric = { add: (amount?: number, labels?: unknown) => void counted.push([amount, labels]) };
    const metrics = {
      counter: () => metric,
      gauge: () => ({ set: () => undefined }),
      histogram: () => ({ record: () => undefined }),
    };
    const store = memoryStore({ maxKeys: 64, clock, metrics });
    for (let client = 0; client < 65; client += 1) {
      for (let hit = 0; hit < 3; hit += 1) use(store, `client ${client}`);
      await clock.advance(10);
    }
    expect(store.size()).toMatchObject({ blocked: 64, blockedEvictions: 1 });
    expect(counted).toEqual([[1, { state: 'blocked' }]]);
    expect(use(store, 'client 1')).toBe(false);
    expect(use(store, 'client 64')).toBe(false);
    expect(use(store, 'client 0')).toBe(true);
  });

  test('takes the place of clients whose block is over without counting them', async () => {
    const clock = createFakeClock();
    const store = memoryStore({ maxKeys: 64, clock });
    for (let client = 0; client < 64; client += 1)
      for (let hit = 0; hit < 3; hit += 1) use(store, `old ${client}`);
    await clock.advance(2 * 3_600_000);
    for (let client = 0; client < 64; client += 1)
      for (let hit = 0; hit < 3; hit += 1) use(store, `new ${client}`);
    for (let client = 0; client < 64; client += 1) expect(use(store, `new ${client}`)).toBe(false);
    expect(store.size().blockedEvictions).toBe(0);
  });
});

test('a request that costs nothing leaves no trace', () => {
  const store = memoryStore();
  const { rule } = policy('ip', { limit: 3, per: '1h' });
  expect(store.consume([{ rule, key: 'k', cost: 0 }])[0]).toMatchObject({ allowed: true, remaining: 3 });
  expect(store.size()).toMatchObject({ open: 0, blocked: 0 });
});

test('stays under 16 MiB with 65,536 blocked clients and a flood of others', () => {
  const { rule } = policy('ip', { limit: 1, per: '1h' });
  const two = policy('ip2', { limit: 2, per: '1h' }).rule;
  const before = heapAfterGc();
  const store = memoryStore();
  for (let key = 0; key < 65_536; key += 1) store.consume([{ rule, key: network(0, key), cost: 1 }]);
  for (let key = 0; key < flood; key += 1) store.consume([{ rule: two, key: network(1, key), cost: 1 }]);
  const grown = heapAfterGc() - before;
  expect(store.size()).toMatchObject({ blocked: 65_536, open: 65_536 });
  expect(grown).toBeLessThan(16 * 1_048_576);
});

function network(high: number, low: number): string {
  return `2001:db8:${high}:${low.toString(16)}::/64`;
}

/** Garbage of the test itself must not count; the flag may be set in a running process. */
function heapAfterGc(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
