import { waitFor } from '@seaworthy/testkit';
import { beforeEach, expect, test } from 'vitest';
import { DbError, sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';
import { kindOf, refused } from '../support/refused.js';
import { testWhere } from './test-where.js';

export function transactionsContract(engine: Engine): void {
  beforeEach(async () => {
    await engine.db.exec(sql`drop table if exists stock`);
    await engine.db.exec(sql`create table stock (id int primary key, amount int not null)`);
    await engine.db.exec(
      sql`insert into stock ${sql.rows([
        { id: 1, amount: 10 },
        { id: 2, amount: 20 },
      ])}`,
    );
  });

  const amounts = async (): Promise<unknown[]> =>
    (await engine.db.many<{ amount: number }>(sql`select amount from stock order by id`)).map(
      ({ amount }) => amount,
    );
  const take = (id: number, amount: number) =>
    sql`update stock set amount = amount - ${amount} where id = ${id}`;

  test('commits what the work did and returns what it returned', async () => {
    const answer = await engine.db.transaction(async (tx) => {
      await tx.exec(take(1, 3));
      return tx.one(sql`select amount from stock where id = 1`);
    });
    expect(answer).toEqual({ amount: 7 });
    expect(await amounts()).toEqual([7, 20]);
  });

  test('rolls everything back when the work throws, and lets its error through as it is', async () => {
    const mine = new Error('mine');
    const work = engine.db.transaction(async (tx) => {
      await tx.exec(take(1, 3));
      throw mine;
    });
    await expect(work).rejects.toBe(mine);
    expect(await amounts()).toEqual([10, 20]);
  });

  test('undoes a part behind a savepoint alone, at any depth', async () => {
    await engine.db.transaction(async (tx) => {
      await tx.exec(take(1, 1));
      await tx.transaction(async (part) => {
        await part.exec(take(1, 2));
        await refusedBy(
          part.transaction(async (deeper) => {
            await deeper.exec(take(1, 4));
            await deeper.exec(sql`insert into stock ${sql.row({ id: 1, amount: 0 })}`);
          }),
        );
        await part.exec(take(2, 5));
      });
      await refusedBy(
        tx.transaction(async (part) => {
          await part.exec(take(2, 10));
          throw new Error('undo this part');
        }),
      );
    });
    expect(await amounts()).toEqual([7, 15]);
  });

  test('runs parts that are started together one after the other', async () => {
    await engine.db.transaction(async (tx) => {
      const parts = [1, 2, 3].map((amount) =>
        tx.transaction(async (part) => {
          await part.exec(take(1, amount));
          await part.one(sql`select 1 as one`);
          if (amount === 2) throw new Error('the second one fails');
        }),
      );
      expect((await Promise.allSettled(parts)).map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
    });
    expect(await amounts()).toEqual([6, 20]);
  });

  test('runs statements that are started together one after the other', async () => {
    await engine.db.transaction(async (tx) => {
      await Promise.all([1, 2, 3, 4].map(() => tx.exec(take(1, 1))));
    });
    expect(await amounts()).toEqual([6, 20]);
  });

  test('does not commit half of it when the error of a statement was swallowed', async () => {
    const work = engine.db.transaction(async (tx) => {
      await tx.exec(take(1, 3));
      await tx.exec(sql`insert into stock ${sql.row({ id: 2, amount: 0 })}`).catch(() => undefined);
    });
    if (engine.db.dialect === 'postgres') {
      expect(kindOf(await refused(work))).toBe('transaction_aborted');
      expect(await amounts()).toEqual([10, 20]);
    } else {
      // MySQL undoes the one statement and goes on; whoever swallows its error has decided so.
      await work;
      expect(await amounts()).toEqual([7, 20]);
    }
  });

  test('refuses writes in a read-only transaction', async () => {
    const work = engine.db.transaction((tx) => tx.exec(take(1, 1)), { readOnly: true });
    expect(kindOf(await refused(work))).toBe('readonly');
    expect(await amounts()).toEqual([10, 20]);
    await engine.db.exec(take(1, 1)); // and the next one may write again
  });

  test('runs at the isolation it was given, for that transaction only', async () => {
    const show =
      engine.db.dialect === 'postgres'
        ? sql`select current_setting('transaction_isolation') as level`
        : undefined;
    if (show !== undefined) {
      expect(await engine.db.transaction((tx) => tx.one(show), { isolation: 'serializable' })).toEqual({
        level: 'serializable',
      });
      expect(await engine.db.transaction((tx) => tx.one(show))).toEqual({ level: 'read committed' });
    } else {
      // Under `read committed` a second read sees what another transaction committed in between; by default it does not.
      const twice = (isolation: 'read committed' | undefined) =>
        engine.db.transaction(
          async (tx) => {
            await tx.one(sql`select amount from stock where id = 1`);
            await engine.db.exec(take(1, 1));
            return tx.one<{ amount: number }>(sql`select amount from stock where id = 1`);
          },
          isolation === undefined ? {} : { isolation },
        );
      expect(await twice('read committed')).toEqual({ amount: 9 });
      expect(await twice(undefined)).toEqual({ amount: 9 });
      expect(await amounts()).toEqual([8, 20]);
    }
  });

  test('refuses an isolation that is none, before it becomes SQL', async () => {
    const options = { isolation: 'serializable; drop table stock' } as object;
    await expect(engine.db.transaction(async () => 1, options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  test('refuses calls on a transaction that is over', async () => {
    let leaked: { exec(query: ReturnType<typeof sql>): Promise<unknown> } | undefined;
    await engine.db.transaction(async (tx) => {
      leaked = tx;
    });
    expect(kindOf(await refused(leaked?.exec(take(1, 1)) ?? Promise.resolve()))).toBe('closed');
    expect(await amounts()).toEqual([10, 20]);
  });

  test('lets nothing that was started together take effect after a failure has undone it', async () => {
    const mine = new Error('mine');
    let others: readonly Promise<unknown>[] = [];
    const work = engine.db.transaction(async (tx) => {
      const failing = tx.transaction(async (part) => {
        await part.exec(take(1, 1));
        throw mine;
      });
      others = [2, 3].map((amount) =>
        tx.transaction(async (part) => {
          await part.exec(take(1, amount));
          await part.exec(take(2, amount));
        }),
      );
      for (const other of others) other.catch(() => undefined);
      await Promise.all([failing, ...others]);
    });
    await expect(work).rejects.toBe(mine);
    await Promise.allSettled(others);
    expect(await amounts()).toEqual([10, 20]);
  });

  test('ends what was not awaited before it commits, and commits nothing when that failed', async () => {
    let part: Promise<unknown> = Promise.resolve();
    await engine.db.transaction(async (tx) => {
      void tx.exec(take(1, 1));
      part = tx.transaction(async (inner) => {
        await inner.exec(take(1, 2));
        await inner.one(sql`select 1 as one`);
        await inner.exec(take(2, 2));
      });
    });
    await part;
    expect(await amounts()).toEqual([7, 18]);

    const work = engine.db.transaction(async (tx) => {
      await tx.exec(take(1, 1));
      tx.exec(sql`insert into stock ${sql.row({ id: 1, amount: 0 })}`).catch(() => undefined);
    });
    if (engine.db.dialect === 'postgres') {
      // PostgreSQL answers COMMIT with ROLLBACK then, which is no error.
      expect(kindOf(await refused(work))).toBe('transaction_aborted');
      expect(await amounts()).toEqual([7, 18]);
    } else {
      await work;
      expect(await amounts()).toEqual([6, 18]);
    }
  });

  test('runs nothing more when a statement has ended it, because that would stand alone', async () => {
    const ends =
      engine.db.dialect === 'postgres'
        ? [sql`commit`]
        : [sql`commit`, sql`create table if not exists other (a int)`, sql`analyze table stock`];
    for (const end of ends) {
      const before = await amounts();
      const work = engine.db.transaction(async (tx) => {
        await tx.exec(take(1, 1));
        await tx.exec(end);
        await tx.exec(take(2, 1));
      });
      const error = await refused(work);
      expect(error.message).toMatch(/stand alone/);
      expect(kindOf(error)).toBe('transaction_aborted');
      expect(await amounts()).toEqual([Number(before[0]) - 1, before[1]]);
    }
    await engine.db.transaction((tx) => tx.exec(sql`drop table if exists other`));
  });

  testWhere(engine.name !== 'pglite')(
    'runs nothing that was asked for together with a statement that ended it, and counts nothing twice',
    async () => {
      await engine.db.exec(sql`create table if not exists taken (who varchar(20))`);
      await engine.db.exec(sql`delete from taken`);
      let bothIn = 0;
      const cross = (first: number, second: number, who: string) =>
        engine.db.transaction(async (tx) => {
          await tx.exec(take(first, 1));
          bothIn += 1;
          await waitFor(() => bothIn >= 2, { what: 'both transactions to hold a row' });
          const note = sql`insert into taken ${sql.row({ who })}`;
          await Promise.all([tx.exec(take(second, 1)), tx.exec(note)]); // one of the first is a deadlock
        });
      await Promise.all([cross(1, 2, 'a'), cross(2, 1, 'b')]);
      expect(await engine.db.many(sql`select who from taken order by who`)).toEqual([
        { who: 'a' },
        { who: 'b' },
      ]);
      const end =
        engine.db.dialect === 'postgres' ? sql`commit` : sql`create table if not exists other (a int)`;
      const work = engine.db.transaction(async (tx) => {
        await tx.exec(take(1, 1));
        await Promise.all([tx.exec(end), tx.exec(take(2, 1))]);
      });
      expect((await refused(work)).message).toMatch(/stand alone/);
      expect(await amounts()).toEqual([7, 18]);
      await engine.db.exec(sql`drop table taken`);
      await engine.db.exec(sql`drop table if exists other`);
    },
  );

  testWhere(engine.name === 'mysql')(
    'commits nothing when an error has undone it in the server, whichever it is and whoever swallowed it',
    async () => {
      let runs = 0;
      await engine.db.transaction(async (tx) => {
        runs += 1;
        await tx.exec(sql`set innodb_snapshot_isolation = 1`);
        await tx.exec(take(2, 1));
        await tx.many(sql`select * from stock`);
        if (runs === 1) await engine.db.exec(take(1, 4));
        await tx.exec(take(1, 1)).catch(() => undefined); // 1020: the record has changed since it was read
        if (runs === 1) expect(kindOf(await refused(tx.exec(take(2, 2))))).toBe('transaction_aborted');
      });
      expect(runs).toBe(2);
      expect(await amounts()).toEqual([5, 19]);
    },
  );

  test('a part goes with the part around it, whatever it still has to do, and keeps it from nothing', async () => {
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let parts: readonly Promise<unknown>[] = [];
    await engine.db.transaction(async (tx) => {
      const outer = tx.transaction(async (around) => {
        const goesOn = around.transaction(async (part) => {
          await part.exec(take(1, 1));
          await woken;
          await part.exec(take(2, 1));
        });
        const waits = around.transaction((part) => part.exec(take(2, 2)));
        parts = [goesOn, waits];
        for (const part of parts) part.catch(() => undefined);
        await around.exec(take(1, 4));
        throw new Error('undo this part');
      });
      await refusedBy(outer);
      wake();
      for (const part of parts) expect(kindOf(await refused(part))).toBe('transaction_aborted');
      await tx.transaction(async (around) => {
        void around.transaction(async (part) => {
          await part.one(sql`select 1 as one`);
          await part.exec(take(2, 5));
        });
      });
    });
    expect(await amounts()).toEqual([10, 15]);
  });

  // PGlite has one connection, so transactions cannot wait for each other's locks.
  testWhere(engine.name !== 'pglite')(
    'runs the loser of a deadlock again, and both take effect',
    async () => {
      let runs = 0;
      let bothIn = 0;
      const cross = (first: number, second: number) =>
        engine.db.transaction(async (tx) => {
          runs += 1;
          await tx.exec(take(first, 1));
          bothIn += 1;
          await waitFor(() => bothIn >= 2, { what: 'both transactions to hold a row' });
          await tx.exec(take(second, 1));
        });
      await Promise.all([cross(1, 2), cross(2, 1)]);
      expect(runs).toBeGreaterThan(2);
      expect(await amounts()).toEqual([8, 18]);
    },
  );

  testWhere(engine.name !== 'pglite')(
    'does not run it again when told so, and does not let a swallowed deadlock commit',
    async () => {
      let bothIn = 0;
      const cross = (first: number, second: number) =>
        engine.db.transaction(
          async (tx) => {
            await tx.exec(take(first, 1));
            bothIn += 1;
            await waitFor(() => bothIn >= 2, { what: 'both transactions to hold a row' });
            await tx.exec(take(second, 1)).catch(() => undefined);
          },
          { retry: false },
        );
      const outcomes = await Promise.allSettled([cross(1, 2), cross(2, 1)]);
      const lost = outcomes.filter((one) => one.status === 'rejected');
      expect(lost).toHaveLength(1);
      expect(kindOf(lost[0]?.reason)).toBe('transaction_aborted');
      expect(await amounts()).toEqual([9, 19]);
    },
  );

  testWhere(engine.name !== 'pglite')('gives up after its attempts and says why', async () => {
    let runs = 0;
    const work = engine.db.transaction(
      async () => {
        runs += 1;
        throw new DbError('serialization', 'made up');
      },
      { retry: { attempts: 4 } },
    );
    expect(kindOf(await refused(work))).toBe('serialization');
    expect(runs).toBe(4);
  });

  test('ends at its deadline even while it waits for something else, and frees what it locked', async () => {
    const started = engine.db.transaction(
      async (tx) => {
        await tx.exec(take(1, 3));
        await new Promise(() => undefined); // an HTTP call that never ends
      },
      { timeout: '300ms' },
    );
    expect(kindOf(await refused(started))).toBe('transaction_timeout');
    await engine.db.exec(take(1, 1), { timeout: '5s' });
    expect(await amounts()).toEqual([9, 20]);
  });

  test('rolls back when its caller aborts', async () => {
    const controller = new AbortController();
    const work = engine.db.transaction(
      async (tx) => {
        await tx.exec(take(1, 3));
        controller.abort();
        await tx.exec(take(1, 3));
      },
      { signal: controller.signal },
    );
    expect(kindOf(await refused(work))).toBe('aborted');
    expect(await amounts()).toEqual([10, 20]);
  });

  test('leaves neither a transaction nor a setting to the next borrower', async () => {
    const db = engine.name === 'pglite' ? engine.db : engine.open({ pool: { max: 1 } });
    const setting =
      engine.db.dialect === 'postgres'
        ? sql`select current_setting('work_mem') as v`
        : sql`select @@sort_buffer_size as v`;
    const change =
      engine.db.dialect === 'postgres' ? sql`set work_mem = '5MB'` : sql`set sort_buffer_size = 400000`;
    try {
      const before = await db.one(setting);
      await db.exec(sql`begin`); // on a pool this is a mistake, and must stay its maker's
      await db.exec(take(1, 3));
      await db.exec(change);
      expect(await db.one(setting)).toEqual(before);

      const own = await db.connect();
      await own.exec(sql`begin`);
      await own.exec(take(1, 5));
      await own.exec(change);
      expect(await own.one(setting)).not.toEqual(before);
      await own.release();
      await own.release();
      expect(kindOf(await refused(own.exec(sql`select 1`)))).toBe('closed');
      expect(await db.one(setting)).toEqual(before);
      expect(await db.stats()).toMatchObject({ total: 1, inUse: 0 });
      // Only the update that ran after the forgotten `begin` was rolled back is there, in its own autocommit.
      expect(await amounts()).toEqual([7, 20]);
    } finally {
      if (db !== engine.db) await db.close();
    }
  });
}

async function refusedBy(work: Promise<unknown>): Promise<void> {
  await expect(work).rejects.toBeInstanceOf(Error);
}
