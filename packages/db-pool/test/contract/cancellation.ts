import { waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';
import { kindOf, refused } from '../support/refused.js';
import { testWhere } from './test-where.js';

export function cancellationContract(engine: Engine): void {
  const sleepFor = (seconds: number) =>
    engine.db.dialect === 'postgres'
      ? sql`select pg_sleep(${seconds}::float) /* cancellation */`
      : sql`select sleep(${seconds}) /* cancellation */`;

  /** Statements of this file that run in the server, as the server says. */
  async function runningInServer(): Promise<number> {
    const query =
      engine.db.dialect === 'postgres'
        ? sql`select 1 as one from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()`
        : sql`select 1 as one from information_schema.processlist where info like 'select sleep%'`;
    return (await engine.db.many(query)).length;
  }

  test('ends a statement at its deadline, in the server too', async () => {
    await engine.db.one(sql`select 1 as one`); // a connection is there: the time is for the statement
    const error = await refused(
      engine.db.many(sleepFor(engine.name === 'pglite' ? 1 : 20), { timeout: '300ms' }),
    );
    expect(kindOf(error)).toBe('query_timeout');
    // PGlite cannot interrupt; its next statement waits for the end of this one.
    if (engine.name !== 'pglite') {
      await waitFor(async () => (await runningInServer()) === 0, {
        what: 'the server to have stopped',
        timeoutMs: 15_000,
      });
    }
    expect(await engine.db.one(sql`select 1 as one`)).toEqual({ one: 1 });
  });

  testWhere(engine.name !== 'pglite')(
    'ends a statement when its caller aborts, in the server too',
    async () => {
      const controller = new AbortController();
      const running = refused(engine.db.many(sleepFor(20), { signal: controller.signal }));
      await waitFor(async () => (await runningInServer()) === 1, {
        what: 'the statement to run',
        timeoutMs: 15_000,
      });
      controller.abort(new Error('the client has gone'));
      const error = await running;
      expect(kindOf(error)).toBe('aborted');
      expect(error.cause).toEqual(new Error('the client has gone'));
      await waitFor(async () => (await runningInServer()) === 0, {
        what: 'the server to have stopped',
        timeoutMs: 15_000,
      });
    },
  );

  test('does not begin when the signal is aborted already', async () => {
    const error = await refused(
      engine.db.exec(sql`create table never (id int)`, { signal: AbortSignal.abort() }),
    );
    expect(kindOf(error)).toBe('aborted');
    expect(kindOf(await refused(engine.db.many(sql`select 1 from never`)))).toBe('syntax');
  });

  test('borrows nothing when the signal is aborted already, however free a connection is', async () => {
    await engine.db.one(sql`select 1 as one`);
    const signal = AbortSignal.abort();
    expect(kindOf(await refused(engine.db.connect({ signal })))).toBe('aborted');
    expect(engine.db.stats().inUse).toBe(0);
  });

  test('takes one signal for all that a request asks at once, without a warning', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    const asked = Array.from({ length: 30 }, () => engine.db.one(sql`select 1 as one`, { signal }));
    expect(await Promise.all(asked)).toHaveLength(30);
    await new Promise((resolve) => setImmediate(resolve)); // a warning comes a turn later
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  test('leaves the queue when its caller aborts, and the connection to those after it', async () => {
    const db = engine.name === 'pglite' ? engine.db : engine.open({ pool: { max: 1 } });
    try {
      const holder = await db.connect();
      const controller = new AbortController();
      const first = refused(db.many(sql`select 1 as one`, { signal: controller.signal }));
      const second = db.one(sql`select 2 as two`);
      await waitFor(() => db.stats().waiting === 2, { what: 'both to queue' });
      controller.abort();
      expect(kindOf(await first)).toBe('aborted');
      await holder.release();
      expect(await second).toEqual({ two: 2 });
      expect(db.stats()).toMatchObject({ total: 1, waiting: 0 });
    } finally {
      if (db !== engine.db) await db.close();
    }
  });

  test('closes within its drain: running work ends or is cancelled, late callers are turned away', async () => {
    const db = engine.open({ deadline: { drain: '200ms' } });
    await db.ready({ timeout: '60s' });
    const short = db.one(sql`select 1 as one`).catch((error: unknown) => error);
    const long = refused(db.many(sleepFor(engine.name === 'pglite' ? 2 : 30), { timeout: '60s' }));
    await waitFor(() => db.stats().inUse > 0, { what: 'work to run' });
    const closing = db.close();
    expect(kindOf(await refused(db.one(sql`select 1 as one`)))).toBe('closed');
    await closing;
    expect(kindOf(await long)).toBe('closed');
    await short;
    expect(db.stats()).toMatchObject({ total: 0, inUse: 0, waiting: 0 });
    expect(db.close()).toBe(db.close());
  });
}
