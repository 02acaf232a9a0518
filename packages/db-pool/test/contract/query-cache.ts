import { type Clock, systemClock } from '@seaworthy/contracts';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { beforeEach, expect, test } from 'vitest';
import { type Db, DbError, type StandardSchema, sql } from '../../src/index.js';
import { createQueryCache, type QueryCacheOptions } from '../../src/query-cache.js';
import type { Engine } from '../support/engines.js';
import { recordingMetrics } from '../support/recording-metrics.js';
import { kindOf, refused } from '../support/refused.js';
import { testWhere } from './test-where.js';

export function queryCacheContract(engine: Engine): void {
  /** Statements that went to the database. */
  let sent = 0;
  /** Of which the answer is here, and held back by the gate. */
  let answered = 0;
  let gate: Promise<unknown> | undefined;
  /** The database, counting, and holding answers back on demand: after the server gave them, before anybody has them. */
  const counted = (): Db => ({
    ...engine.db,
    async execute(query, options) {
      sent += 1;
      const result = await engine.db.execute<never>(query, options);
      answered += 1;
      await gate;
      return result;
    },
  });

  const open = (options: QueryCacheOptions = {}, clock: Clock = systemClock) =>
    createQueryCache(counted(), { random: () => 0, clock, ...options });
  const amount = (id: number) => sql`select amount from stock where id = ${id}`;
  const take = (id: number) => sql`update stock set amount = amount - 1 where id = ${id}`;
  const stock = { tags: ['stock'] };
  const closedGate = (): (() => void) => {
    let lift = (): void => undefined;
    gate = new Promise<void>((resolve) => {
      lift = resolve;
    });
    return lift;
  };

  beforeEach(async () => {
    gate = undefined;
    await engine.db.exec(sql`drop table if exists stock`);
    await engine.db.exec(sql`create table stock (id int primary key, amount int not null)`);
    const rows = [1, 2, 3].map((id) => ({ id, amount: 10 }));
    await engine.db.exec(sql`insert into stock ${sql.rows(rows)}`);
    sent = 0;
    answered = 0;
  });

  test('[row 52] 100 concurrent misses are one statement, a write invalidates its tag, and the hit ratio is measured', async () => {
    const metrics = recordingMetrics();
    await using cache = open({ metrics, name: 'stock' });
    const answers = await Promise.all(Array.from({ length: 100 }, () => cache.one(amount(1), stock)));
    expect(answers).toEqual(Array.from({ length: 100 }, () => ({ amount: 10 })));
    expect(sent).toBe(1);
    expect(cache.stats()).toMatchObject({ misses: 1, coalesced: 99, hits: 0, entries: 1 });

    for (let n = 0; n < 300; n += 1) await cache.one(amount(1), stock);
    expect(sent).toBe(1);
    expect(cache.stats().hitRatio).toBe(0.75);
    expect(metrics.value('db.query_cache.hit_ratio', { 'db.query_cache.name': 'stock' })).toBe(0.75);
    const hits = { 'db.query_cache.name': 'stock', result: 'hit' };
    expect(metrics.value('db.query_cache.requests', hits)).toBe(300);
    expect(metrics.value('db.query_cache.size', { 'db.query_cache.name': 'stock' })).toBe(
      cache.stats().bytes,
    );

    await cache.exec(take(1), { invalidates: ['stock'] });
    expect(await cache.one(amount(1), stock)).toEqual({ amount: 9 });
    expect(sent).toBe(2);
  });

  test('drops the answers of one tag and keeps the others', async () => {
    await using cache = open();
    await cache.one(amount(1), { tags: ['one', 'all'] });
    await cache.one(amount(2), { tags: ['two', 'all'] });
    cache.invalidate('one');
    await cache.one(amount(2), { tags: ['all', 'two'] });
    expect(sent).toBe(2);
    await cache.one(amount(1), { tags: ['one', 'all'] });
    expect(sent).toBe(3);
    cache.invalidate('all');
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  test('tells values apart by their types, and statements by their text and tags', async () => {
    await using cache = open();
    const different = [
      cache.many(sql`select ${1} as v`),
      cache.many(sql`select ${'1'} as v`),
      cache.many(sql`select ${2} as v`),
      cache.many(sql`select ${null} as v`),
      cache.many(sql`select ${'null'} as v`),
      cache.many(sql`select ${Buffer.from('1')} as v`),
      cache.many(sql`select ${'a'} as v, ${'b,c'} as w`),
      cache.many(sql`select ${'a,b'} as v, ${'c'} as w`),
      cache.many(sql`select ${1}  as v`),
      cache.many(sql`select ${1} as v`, { tags: ['a'] }),
    ];
    await Promise.all(different);
    expect(sent).toBe(different.length);
    await cache.many(sql`select ${2} as v`);
    expect(sent).toBe(different.length);
  });

  test('gives everybody rows of their own, of every type, as the database gave them', async () => {
    await using cache = open();
    const bytes = engine.db.dialect === 'postgres' ? sql`'\\xff00'::bytea` : sql`x'ff00'`;
    const json =
      engine.db.dialect === 'postgres' ? sql`'{"a":[1]}'::jsonb` : sql`json_query('{"a":[1]}', '$')`;
    const moment =
      engine.db.dialect === 'postgres'
        ? sql`timestamptz '2024-03-31 01:30:00.123Z'`
        : sql`timestamp('2024-03-31 01:30:00.123')`;
    const query = sql`select ${9_007_199_254_740_993n} as big, ${bytes} as bytes, ${moment} as moment, ${json} as doc, null as nothing`;
    const fromDatabase = await engine.db.one(query);
    const first = await cache.one<{ bytes: Buffer; doc: { a?: number[] } }>(query);
    const second = await cache.one<{ bytes: Buffer; doc: { a?: number[] } }>(query);
    expect(first).toEqual(fromDatabase);
    expect(second).toEqual(fromDatabase);
    expect(Buffer.isBuffer(second.bytes)).toBe(true);
    second.bytes[0] = 0;
    Reflect.set(second, 'nothing', 'something');
    expect(await cache.one(query)).toEqual(fromDatabase);
    expect(sent).toBe(1);
  });

  test('never keeps an error, and every caller that waited for it gets it', async () => {
    await using cache = open();
    const broken = sql`select amount from nowhere`;
    const failures = await Promise.all([1, 2, 3].map(() => refused(cache.many(broken))));
    expect(failures.map(kindOf)).toEqual(['syntax', 'syntax', 'syntax']);
    expect(sent).toBe(1);
    await refused(cache.many(broken));
    expect(sent).toBe(2);
    expect(cache.stats().entries).toBe(0);
    const nothing = sql`select amount from stock where id = 99`;
    expect(kindOf(await refused(cache.one(nothing)))).toBe('no_rows');
  });

  test('does not keep what was read before a write that ended meanwhile', async () => {
    await using cache = open();
    const lift = closedGate();
    const early = cache.one(amount(1), stock);
    await waitFor(() => answered === 1, { what: 'the server to have answered' });
    await cache.exec(take(1), { invalidates: ['stock'] });
    const liftLate = closedGate();
    const late = cache.one(amount(1), stock); // which does not join the early one
    lift();
    expect(await early).toEqual({ amount: 10 });
    expect(cache.stats().entries).toBe(0);
    liftLate();
    expect(await late).toEqual({ amount: 9 });
    expect(await cache.one(amount(1), stock)).toEqual({ amount: 9 });
    expect(sent).toBe(2);
  });

  test('reads of a transaction go to the database, and its invalidations wait for the commit', async () => {
    await using cache = open();
    await cache.one(amount(1), stock);
    await cache.transaction(async (tx) => {
      tx.invalidate('stock');
      await tx.exec(take(1));
      expect(await tx.one(amount(1))).toEqual({ amount: 9 });
      expect(await cache.one(amount(1), stock)).toEqual({ amount: 10 }); // others: nothing is committed yet
    });
    expect(await cache.one(amount(1), stock)).toEqual({ amount: 9 });

    const undone = cache.transaction(async (tx) => {
      await tx.transaction(async (part) => {
        part.invalidate('stock');
        await part.exec(take(1));
      });
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await cache.one(amount(1), stock)).toEqual({ amount: 9 });
  });

  test('invalidates when it is not known whether the transaction committed', async () => {
    const lost: Db = {
      ...counted(),
      async transaction(work, options) {
        await engine.db.transaction(work, options);
        throw new DbError('commit_unknown', 'The answer was lost.');
      },
    };
    await using cache = createQueryCache(lost);
    await cache.one(amount(1), stock);
    const write = cache.transaction(async (tx) => {
      tx.invalidate('stock');
      await tx.exec(take(1));
    });
    expect(kindOf(await refused(write))).toBe('commit_unknown');
    expect(await cache.one(amount(1), stock)).toEqual({ amount: 9 });
  });

  test('keeps an answer for its time less the jitter, and no caller gets one older than it accepts', async () => {
    const clock = createFakeClock();
    await using cache = open({ ttl: '60s', random: () => 0.5 }, clock);
    await cache.one(amount(1));
    await clock.advance(56_999);
    await cache.one(amount(1));
    expect(sent).toBe(1);
    await cache.one(amount(1), { ttl: '10s' });
    expect(sent).toBe(2);
    // The younger answer took the place of the old one, with the ttl of who loaded it.
    await clock.advance(9_400);
    await cache.one(amount(1));
    expect(sent).toBe(2);
    await clock.advance(200);
    await cache.one(amount(1));
    expect(sent).toBe(3);
  });

  test('stays within its bounds of entries and bytes, the least recently used answer leaving first', async () => {
    await using cache = open({ maxEntries: 3 });
    for (const id of [1, 2, 3]) await cache.one(amount(id));
    await cache.one(amount(1));
    await cache.one(sql`select 4 as four`);
    expect(cache.stats()).toMatchObject({ entries: 3, evictions: 1 });
    sent = 0;
    await cache.one(amount(1));
    expect(sent).toBe(0);
    await cache.one(amount(2));
    expect(sent).toBe(1);

    await using small = open({ maxBytes: '32kb' });
    for (let n = 0; n < 100; n += 1) {
      await small.one(sql`select ${'x'.repeat(2_000)} as text, ${n} as n`);
      expect(small.stats().bytes).toBeLessThanOrEqual(32 * 1_024);
    }
    expect(small.stats().evictions).toBeGreaterThan(50);
    const before = small.stats().entries;
    await small.one(sql`select ${'y'.repeat(5_000)} as text`); // more than an eighth of it all
    expect(small.stats().entries).toBe(before);
    small.clear();
    expect(small.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  test('a caller that leaves fails nobody else, and the last one ends the statement', async () => {
    await using cache = open();
    const lift = closedGate();
    const controller = new AbortController();
    const impatient = refused(cache.one(amount(1), { signal: controller.signal }));
    const hurried = refused(cache.one(amount(1), { timeout: '20ms' }));
    const patient = cache.one(amount(1));
    controller.abort(new Error('the client has gone'));
    expect(kindOf(await impatient)).toBe('aborted');
    expect(kindOf(await hurried)).toBe('query_timeout');
    lift();
    expect(await patient).toEqual({ amount: 10 });
    expect(sent).toBe(1);

    const aborted = cache.one(amount(1), { signal: AbortSignal.abort() });
    expect(await aborted).toEqual({ amount: 10 }); // in memory already: there is nothing to wait for
    cache.clear();
    const refusedAtOnce = refused(cache.one(amount(1), { signal: AbortSignal.abort() }));
    expect(kindOf(await refusedAtOnce)).toBe('aborted');
  });

  test('does not fail who asks in the moment in which the last one leaves', async () => {
    await using cache = createQueryCache(engine.db);
    const controller = new AbortController();
    const leaving = refused(cache.one(amount(1), { signal: controller.signal }));
    controller.abort();
    const coming = cache.one(amount(1));
    expect(kindOf(await leaving)).toBe('aborted');
    expect(await coming).toEqual({ amount: 10 });
  });

  // PGlite cannot interrupt a statement.
  testWhere(engine.name !== 'pglite')(
    'ends the statement in the server when nobody waits any more',
    async () => {
      await using cache = createQueryCache(engine.db);
      const sleeping =
        engine.db.dialect === 'postgres'
          ? sql`select pg_sleep(20)::text as cached_sleep`
          : sql`select sleep(20) as cached_sleep`;
      const running =
        engine.db.dialect === 'postgres'
          ? sql`select 1 as one from pg_stat_activity where state = 'active' and query like '%cached_sleep%' and pid <> pg_backend_pid()`
          : sql`select 1 as one from information_schema.processlist where info like 'select sleep(20) as cached_sleep'`;
      const controllers = [new AbortController(), new AbortController()];
      const callers = controllers.map(({ signal }) => refused(cache.many(sleeping, { signal })));
      await waitFor(async () => (await engine.db.many(running)).length === 1, {
        what: 'the statement to run',
      });
      for (const controller of controllers) controller.abort();
      expect((await Promise.all(callers)).map(kindOf)).toEqual(['aborted', 'aborted']);
      await waitFor(async () => (await engine.db.many(running)).length === 0, { what: 'the server to stop' });
    },
  );

  test('refuses statements that write or lock, and passes on values that no driver takes', async () => {
    await using cache = open();
    for (const writing of [
      take(1),
      sql`/* select */ delete from stock`,
      sql`with gone as (delete from stock returning id) select * from gone`,
      sql`select amount from stock where id = 1 for update`,
      sql`truncate stock`,
    ]) {
      expect(kindOf(await refused(cache.many(writing)))).toBe('invalid_value');
    }
    expect(sent).toBe(0);
    const comment = sql`-- what is left
      /* of it */ (select amount from stock where id = 1)`;
    expect(await cache.one(comment)).toEqual({ amount: 10 });
    expect(kindOf(await refused(cache.many(sql`select ${() => 1} as v`)))).toBe('invalid_value');
    await expect(cache.many(amount(1), { tag: ['stock'] } as object)).rejects.toThrow('Did you mean "tags"?');
  });

  test('forgets what a transaction changed that had committed before it failed', async () => {
    await engine.db.exec(sql`drop table if exists kept_by_ddl`);
    await engine.db.exec(sql`create table kept_by_ddl (n int)`);
    await engine.db.exec(sql`insert into kept_by_ddl values (1)`);
    const cache = createQueryCache(engine.db);
    const read = () => cache.many(sql`select n from kept_by_ddl`, { tags: ['kept'] });
    expect(await read()).toEqual([{ n: 1 }]);
    const work = cache.transaction(async (tx) => {
      await tx.exec(sql`update kept_by_ddl set n = 2`);
      tx.invalidate('kept');
      await tx.exec(sql`commit`); // as a schema change does on MySQL by itself
      throw new Error('mine');
    });
    await expect(work).rejects.toThrow('mine');
    expect(await read()).toEqual([{ n: 2 }]);
    await cache.close();
  });

  test('checks cached rows by the schema of whoever asks', async () => {
    await using cache = open();
    const schema = (add: number): StandardSchema<{ amount: number }> => ({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (row) => ({ value: { amount: Number(Reflect.get(Object(row), 'amount')) + add } }),
      },
    });
    const ask = (add: number) => cache.one(sql.type(schema(add))`select amount from stock where id = 1`);
    expect(await ask(1)).toEqual({ amount: 11 });
    expect(await ask(2)).toEqual({ amount: 12 });
    expect(sent).toBe(1);
  });
}
