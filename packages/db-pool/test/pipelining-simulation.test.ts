import { sleep } from '@seaworthy/contracts';
import { createFakeClock, size } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { createDb, sql } from '../src/index.js';
import { PipelineServer } from './support/fake-pipeline.js';
import { randomFrom } from './support/fake-server.js';
import { kindOf } from './support/refused.js';

const schedules = size({ test: 100, soak: 10_000 });

/** Set it to the number that a failure names, and only that schedule runs. */
const onlySeed = process.env.SEAWORTHY_SEED;

/** How a call may end. What may not run twice may also be lost with its connection. */
const outcomes = [
  ...['done', 'query_timeout', 'acquire_timeout', 'connect_timeout', 'unavailable'],
  ...['aborted', 'closed', 'transaction_timeout'],
];

/** A read is sent so often. */
const maxSends = 3;

/** The number is how many milliseconds the fake server takes for it. */
const reads = [
  (value: number) => sql`select 1 as ms, ${value} as value`,
  (value: number) => sql`select 2 as ms, ${value} as value`,
  (value: number) => sql`select 12 as ms, ${value} as value`,
  (value: number) => sql`select 60 as ms, ${value} as value`,
  (value: number) => sql`select 700 as ms, ${value} as value`,
] as const;
const write = (value: number) => sql`insert into t select 3, ${value}`;

/** One random life of a database with pipelining. Returns what went wrong. */
async function live(seed: number): Promise<string[]> {
  const random = randomFrom(seed);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  const clock = createFakeClock();
  const server = new PipelineServer(clock, random);
  const max = 1 + upTo(8);
  const queryMs = 500 + upTo(3_000);
  const db = createDb(server.driver, {
    connection: {},
    clock,
    random,
    pipelining: true,
    pool: {
      max,
      min: upTo(max + 1),
      idleTimeout: 500 + upTo(5_000),
      maxLifetime: 2_000 + upTo(20_000),
      validateAfter: upTo(1_000),
    },
    deadline: {
      acquire: 200 + upTo(3_000),
      query: queryMs,
      connect: 500 + upTo(2_000),
      transaction: queryMs,
    },
  });
  const { wrong } = server;
  const running: Promise<void>[] = [];
  let asked = 0;
  let cuts = 0;

  async function judged(
    value: number,
    isRead: boolean,
    work: (signal?: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const cutsBefore = cuts;
    const askedAt = clock.monotonic();
    const controller = random() < 0.05 ? new AbortController() : undefined;
    if (controller !== undefined) void sleep(clock, upTo(300)).then(() => controller.abort());
    let answer: unknown;
    const kind = await work(controller?.signal).then((given) => {
      answer = given;
      return 'done';
    }, kindOf);
    if (kind === 'done' && answer !== value)
      wrong.push(`call ${value} got the answer of call ${String(answer)}`);
    const mayBeLost = !isRead || cuts - cutsBefore >= maxSends;
    if (!outcomes.includes(kind) && !(mayBeLost && kind === 'connection_lost'))
      wrong.push(`call ${value} ended as ${kind}`);
    if (clock.monotonic() > askedAt + queryMs) wrong.push(`call ${value} outlived its deadline`);
  }

  function call(): void {
    asked += 1;
    const value = asked;
    // Slow ones are rare, and there are fewer the slower.
    const read = reads[Math.min(Math.floor(-Math.log2(1 - random()) / 1.5), reads.length - 1)] ?? reads[0];
    const chance = random();
    running.push(
      judged(value, chance < 0.8, async (signal) => {
        const options = signal === undefined ? undefined : { signal };
        if (chance < 0.8) return (await db.one<{ value: number }>(read(value), options)).value;
        if (chance < 0.9) return (await db.one<{ value: number }>(write(value), options)).value;
        const own = await db.connect(options);
        try {
          return (await own.one<{ value: number }>(read(value))).value;
        } finally {
          running.push(own.release()); // putting the session back takes its own time
        }
      }),
    );
  }

  for (let step = 0; step < 40; step += 1) {
    const burst = random() < 0.2 ? 25 : 2;
    for (let one = 0; one < burst; one += 1) call();
    if (random() < 0.06) server.condition = (['up', 'up', 'down', 'frozen'] as const)[upTo(4)] ?? 'up';
    if (random() < 0.06) {
      cuts += 1;
      server.cut(random());
    }
    await clock.advance(upTo(random() < 0.1 ? 2_000 : 100));
    const { total, connecting } = db.stats();
    if (total + connecting > max)
      wrong.push(`${total} connections and ${connecting} attempts with max ${max}`);
  }

  server.condition = 'up';
  await clock.advance(10_000);
  await Promise.all(running);
  const { inUse } = db.stats();
  if (inUse > 0) wrong.push(`${inUse} connections are still in use`);
  for (let one = 0; one < 20; one += 1) call();
  const closing = db.close();
  await clock.advance(20_000);
  await Promise.all([closing, ...running]);
  if (server.highest > max) wrong.push(`the server saw ${server.highest} connections with max ${max}`);
  if (server.open !== 0) wrong.push(`${server.open} connections are left open`);
  if (clock.pending !== 0) wrong.push(`${clock.pending} timers are left`);
  return wrong;
}

test(
  `in ${schedules} random schedules of faults with pipelining every caller gets its own answer in time, or a reason, and no write is sent twice or shared`,
  async () => {
    const seeds =
      onlySeed === undefined ? Array.from({ length: schedules }, (_, seed) => seed) : [Number(onlySeed)];
    for (const seed of seeds) {
      const wrong = await live(seed);
      expect(wrong, `replay with SEAWORTHY_SEED=${seed}`).toEqual([]);
    }
  },
  size({ test: 120_000, soak: 3_600_000 }),
);
