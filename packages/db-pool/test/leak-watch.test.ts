import {
  createFakeClock,
  createTestDatabase,
  describeWith,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, sql } from '../src/index.js';
import { LeakWatch } from '../src/session/leak-watch.js';

interface Report {
  readonly heldMs: number;
  readonly borrower: string | undefined;
}

function watching(afterMs: number) {
  const clock = createFakeClock();
  const reports: Report[] = [];
  const watch = new LeakWatch({
    clock,
    afterMs,
    report: (heldMs, borrower) => reports.push({ heldMs, borrower }),
  });
  return { clock, reports, watch };
}

test('reports once who has had a connection for too long, and nobody who gave it back', async () => {
  const { clock, reports, watch } = watching(1_000);
  const careless = () => watch.borrowed(careless);
  function forgetful() {
    return careless();
  }
  const good = careless();
  forgetful();
  await clock.advance(999);
  watch.returned(good);
  expect(reports).toEqual([]);
  await clock.advance(10_000);
  expect(reports).toHaveLength(1);
  expect(reports[0]?.heldMs).toBe(1_000);
  expect(reports[0]?.borrower).toContain('forgetful');
  expect(reports[0]?.borrower).not.toContain('careless');
});

test('remembers no more than a thousand borrowers a second, and all of them after a leak of one that it does not know', async () => {
  const { clock, reports, watch } = watching(1_000);
  const borrow = () => watch.borrowed(borrow);
  for (let number = 0; number < 1_000; number += 1) watch.returned(borrow());
  borrow();
  await clock.advance(1_000);
  expect(reports.at(-1)?.borrower).toBeUndefined();
  for (let number = 0; number < 2_000; number += 1) watch.returned(borrow());
  borrow();
  await clock.advance(1_000);
  expect(reports.at(-1)?.borrower).toContain('leak-watch.test');
});

describeWith(['postgres'], 'a borrowed connection', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
  });
  afterAll(async () => {
    await database?.drop();
  });

  test('[row 51] that does not come back is logged with the stack of its borrower and counted; one that does is neither', async () => {
    const lines: { readonly message: string; readonly fields: unknown }[] = [];
    const line = (message: string, fields?: unknown): void => void lines.push({ message, fields });
    const leaks: unknown[] = [];
    await using db = createDb(postgres(pg), {
      url: database.url,
      pool: { leakAfter: '3s' },
      slowQuery: false,
      logger: { error: line, warn: line, info: line, debug: line },
      metrics: {
        counter: ({ name }) => ({
          add: () => void (name === 'db.client.connection.leaks' && leaks.push(name)),
        }),
        gauge: () => ({ set: () => undefined }),
        histogram: () => ({ record: () => undefined }),
      },
    });
    await db.ready(); // to connect may take long where much else runs
    async function whoeverForgets() {
      return db.connect();
    }
    for (let time = 0; time < 10; time += 1) await (await db.connect()).release();
    await db.transaction((tx) => tx.one(sql`select 1 as one`));
    const forgotten = await whoeverForgets();
    await waitFor(() => leaks.length > 0, { what: 'the leak to be noticed' });
    expect(leaks).toHaveLength(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.message).toContain('has not been given back');
    expect(JSON.stringify(lines[0]?.fields)).toContain('whoeverForgets');
    await forgotten.release();
    expect(db.stats()).toMatchObject({ inUse: 0 });
  });
});
