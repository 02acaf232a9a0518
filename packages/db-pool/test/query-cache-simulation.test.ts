import { type SqlQuery, sleep } from '@seaworthy/contracts';
import { createFakeClock, size } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { type Db, DbError, sql } from '../src/index.js';
import { createQueryCache } from '../src/query-cache.js';
import { randomFrom } from './support/fake-server.js';

const rows = 6;
const schedules = size({ test: 60, soak: 5_000 });

/**
 * A database whose answers take their time: what a read sees is decided somewhere on the way, and what a write does takes effect
 * somewhere before its answer, which may be lost.
 */
class SlowDatabase {
  /** How often each row was written, as of now. */
  readonly versions = Array.from({ length: rows }, () => 0);
  readonly clock;
  readonly #random: () => number;

  constructor(clock: ReturnType<typeof createFakeClock>, random: () => number) {
    this.clock = clock;
    this.#random = random;
  }

  async read(id: number, signal: AbortSignal | undefined): Promise<number> {
    await this.#pause(signal);
    const seen = this.versions[id] ?? 0;
    await this.#pause(signal);
    if (this.#random() < 0.05) throw new DbError('connection_lost', 'made up');
    return seen;
  }

  async write(id: number): Promise<void> {
    await this.#pause();
    this.versions[id] = (this.versions[id] ?? 0) + 1;
    await this.#pause();
    if (this.#random() < 0.1) throw new DbError('connection_lost', 'made up');
  }

  #pause(signal?: AbortSignal): Promise<void> {
    return sleep(this.clock, Math.floor(this.#random() * 20), { signal });
  }
}

async function simulate(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const clock = createFakeClock();
  const database = new SlowDatabase(clock, random);
  const idOf = ({ values }: SqlQuery): number => Number(values[0]);
  const db = {
    dialect: 'postgres',
    execute: async (query: SqlQuery, options?: { readonly signal?: AbortSignal }) => {
      const version = await database.read(idOf(query), options?.signal);
      return { rows: [{ version, padding: 'x'.repeat(200) }], rowCount: 1 };
    },
    exec: async (query: SqlQuery) => {
      await database.write(idOf(query));
      return { rowCount: 1 };
    },
  } as unknown as Db;
  const bounds = { maxEntries: 3, maxBytes: 20_000 };
  const cache = createQueryCache(db, { clock, random, ttl: '200ms', ...bounds });
  /** The least that a read that begins now must see: what finished writes have made. */
  const settled = Array.from({ length: rows }, () => 0);
  const running: Promise<void>[] = [];

  async function read(id: number): Promise<void> {
    const atLeast = settled[id] ?? 0;
    const controller = new AbortController();
    if (random() < 0.2) clock.schedule(() => controller.abort(), random() * 30);
    const timeout = random() < 0.2 ? Math.ceil(random() * 30) : undefined;
    try {
      const query = sql`select version from things where id = ${id}`;
      const row = await cache.one<{ version: number }>(query, {
        tags: [`row:${id}`],
        timeout,
        signal: controller.signal,
      });
      expect(row.version, 'a read that began after a write must see it').toBeGreaterThanOrEqual(atLeast);
      expect(row.version).toBeLessThanOrEqual(database.versions[id] ?? 0);
    } catch (error) {
      if (!DbError.is(error)) throw error;
    }
  }

  async function write(id: number): Promise<void> {
    try {
      await cache.exec(sql`update things set version = version + 1 where id = ${id}`, {
        invalidates: [`row:${id}`],
      });
    } catch (error) {
      if (!DbError.is(error)) throw error;
    }
    settled[id] = database.versions[id] ?? 0;
  }

  for (let step = 0; step < 120; step += 1) {
    const id = Math.floor(random() * rows);
    running.push(random() < 0.25 ? write(id) : read(id));
    await clock.advance(Math.floor(random() * 12));
    const { entries, bytes } = cache.stats();
    expect(entries).toBeLessThanOrEqual(bounds.maxEntries);
    expect(bytes).toBeLessThanOrEqual(bounds.maxBytes);
  }
  await clock.advance(1_000);
  await Promise.all(running);
  const { hits, misses, coalesced } = cache.stats();
  expect(hits + misses + coalesced).toBeGreaterThan(0);
  await cache.close();
  expect(clock.pending).toBe(0);
}

test(
  `in ${schedules} random schedules no read that began after a write sees what was there before it, and the bounds hold`,
  async () => {
    for (let run = 1; run <= schedules; run += 1) {
      const seed = size({ test: run, soak: Math.floor(Math.random() * 2 ** 31) });
      try {
        await simulate(seed);
      } catch (error) {
        throw new Error(`The schedule of seed ${seed} failed.`, { cause: error });
      }
    }
  },
  size({ test: 120_000, soak: 1_800_000 }),
);
