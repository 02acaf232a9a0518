import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { size, waitFor } from '@seaworthy/testkit';
import { beforeAll, expect, test } from 'vitest';
import { type Db, type QueryRunner, type RowStreamer, type StandardSchema, sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';
import { kindOf, refused } from '../support/refused.js';
import { testWhere } from './test-where.js';

/** Without it the memory that is free to be used again would be counted. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

export function streamsContract(engine: Engine): void {
  const isServer = engine.name !== 'pglite';

  beforeAll(async () => {
    await engine.db.exec(sql`drop table if exists digits`);
    await engine.db.exec(sql`create table digits (d int primary key)`);
    await engine.db.exec(
      sql`insert into digits ${sql.rows([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((d) => ({ d })))}`,
    );
  });

  /** The numbers from 0 to 9999, in order. */
  const numbers = sql`(select a.d + 10 * b.d + 100 * c.d + 1000 * e.d as n
    from digits a, digits b, digits c, digits e) as numbers`;

  async function collect<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
    const all: Row[] = [];
    for await (const row of rows) all.push(row);
    return all;
  }

  const backend = (db: QueryRunner): Promise<unknown> =>
    db.one(
      db.dialect === 'postgres' ? sql`select pg_backend_pid() as id` : sql`select connection_id() as id`,
    );

  /** How many of these streams run in the server, or hold a cursor open there. */
  async function inServer(): Promise<number> {
    const query =
      engine.db.dialect === 'postgres'
        ? sql`select 1 as one from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()
            and backend_type = 'client backend' and (state <> 'idle' or xact_start is not null)`
        : sql`select 1 as one from information_schema.processlist where info like '%streamed%' and id <> connection_id()`;
    return (await engine.db.many(query)).length;
  }

  async function pooled<T>(work: (db: Db) => Promise<T>): Promise<T> {
    const db = isServer ? engine.open({ pool: { max: 1 } }) : engine.db;
    try {
      return await work(db);
    } finally {
      if (db !== engine.db) await db.close();
    }
  }

  test.each([1, 7, 1_000, 5_000])('gives all rows in their order, %d at a time', async (batch) => {
    const limit = batch === 1 ? 50 : 2_000;
    const query = sql`select n, ${'text'} as word from ${numbers} order by n limit ${limit}`;
    const rows = await collect(engine.db.stream<{ n: number }>(query, { batch }));
    expect(rows).toEqual(await engine.db.many(query));
    expect(rows).toHaveLength(limit);
    expect(await collect(engine.db.stream(sql`select 1 as one from digits where d > 9`, { batch }))).toEqual(
      [],
    );
    expect(engine.db.stats().inUse).toBe(0);
  });

  test('gives values as many() gives them, through its schema', async () => {
    const schema: StandardSchema<{ big: string }> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (row) => {
          const big: unknown = Reflect.get(Object(row), 'big');
          return typeof big === 'bigint'
            ? { value: { big: `${big}` } }
            : { issues: [{ message: 'no bigint' }] };
        },
      },
    };
    const cast = engine.db.dialect === 'postgres' ? sql`bigint` : sql`signed`;
    const query = sql.type(
      schema,
    )`select cast(${9_007_199_254_740_993n} as ${cast}) + n as big from ${numbers} order by n limit 3`;
    expect(await collect(engine.db.stream(query, { batch: 2 }))).toEqual([
      { big: '9007199254740993' },
      { big: '9007199254740994' },
      { big: '9007199254740995' },
    ]);
    const odd = sql.type(
      schema,
    )`select case when n < 5 then cast(9007199254740993 as ${cast}) else 1 end as big from ${numbers} order by n`;
    const error = await refused(collect(engine.db.stream(odd, { batch: 2 })));
    expect(error.message).toContain('Row 6 does not fit its schema');
    expect(engine.db.stats().inUse).toBe(0);
  });

  // PGlite runs in this process: what its memory holds is the database.
  testWhere(isServer)(
    'holds a few rows in memory, however many there are and however slowly they are read',
    async () => {
      // 50 MB, or 1 GB.
      const times = size({ test: 5, soak: 100 });
      const some = sql`(select a.d + 10 * b.d as t from digits a, digits b) as times`;
      const query = sql`select n, repeat('x', 10000) as text from ${numbers}, ${some}
        where n < ${1_000} and t < ${times} ${sql.raw`/* streamed */`}`;
      let count = 0;
      let most = 0;
      const held = (): number => {
        collectGarbage();
        return process.memoryUsage().heapUsed + process.memoryUsage().external;
      };
      const before = held();
      for await (const row of engine.db.stream<{ text: string }>(query, { batch: 50, timeout: '10m' })) {
        count += 1;
        expect(row.text).toHaveLength(10_000);
        if (count === 100) await new Promise((resolve) => setTimeout(resolve, 500)); // the server could send all of it now
        if (count % 1_000 === 100) most = Math.max(most, held() - before);
      }
      expect(count).toBe(1_000 * times);
      expect(most).toBeLessThan(20_000_000);
    },
  );

  test('leaving the loop frees the connection, in the server too, and keeps it', async () => {
    await pooled(async (db) => {
      const before = await backend(db);
      for (const leave of ['break', 'throw'] as const) {
        const reading = (async () => {
          // 10 GB, if somebody waited for all of it.
          const query = sql`select n, repeat('x', 1000) as text
            from ${numbers}, digits f, digits g, digits h ${sql.raw`/* streamed */`}`;
          for await (const { n } of db.stream<{ n: number }>(query, { batch: 5 })) {
            if (leave === 'throw' && n >= 0) throw new Error('mine');
            if (n >= 0) break;
          }
        })();
        if (leave === 'throw') await expect(reading).rejects.toThrow('mine');
        else await reading;
        expect(await backend(db)).toEqual(before);
        expect(db.stats()).toMatchObject({ total: 1, inUse: 0 });
      }
      if (isServer) expect(await inServer()).toBe(0);
    });
  });

  test('ends when its caller aborts, while it reads and while it rests', async () => {
    for (const moment of ['reading', 'resting'] as const) {
      const controller = new AbortController();
      let count = 0;
      const reading = (async () => {
        const query = sql`select n from ${numbers} ${sql.raw`/* streamed */`}`;
        for await (const _ of engine.db.stream(query, { batch: 10, signal: controller.signal })) {
          count += 1;
          if (count === 15) {
            controller.abort(new Error('gone'));
            if (moment === 'resting')
              await waitFor(() => engine.db.stats().inUse === 0, { what: 'the connection to be given up' });
          }
        }
      })();
      const error = await refused(reading);
      expect(kindOf(error)).toBe('aborted');
      expect(count).toBeLessThanOrEqual(20);
    }
    if (isServer) await waitFor(async () => (await inServer()) === 0, { what: 'the server to have stopped' });
    expect(await engine.db.one(sql`select 1 as one`)).toEqual({ one: 1 });
  });

  test('ends at its deadline, however long its reader takes over a row', async () => {
    await engine.db.one(sql`select 1 as one`); // a connection is there: the time is for the stream
    let count = 0;
    const reading = (async () => {
      for await (const _ of engine.db.stream(sql`select n from ${numbers}`, {
        batch: 10,
        timeout: '1s',
      })) {
        count += 1;
        if (count === 5)
          await waitFor(() => engine.db.stats().inUse === 0, { what: 'the connection to be given up' });
      }
    })();
    const error = await refused(reading);
    expect(kindOf(error)).toBe('query_timeout');
    if (count === 10) expect(error.message).toContain('The stream reached its deadline');
    expect(count).toBeLessThanOrEqual(10);
    expect(await engine.db.one(sql`select 1 as one`)).toEqual({ one: 1 });
  });

  test('an error in the middle comes after the rows before it, and keeps the connection', async () => {
    await pooled(async (db) => {
      const before = await backend(db);
      const broken = sql`select n, (select d from digits where numbers.n = 700 or d = 0) as v from ${numbers} order by n`;
      let count = 0;
      const reading = (async () => {
        for await (const _ of db.stream(broken, { batch: 100 })) count += 1;
      })();
      expect((await refused(reading)).sqlState).toBe('21000');
      // The server computes ahead of a sort here or does not; no row after the broken one can come.
      expect(count).toBeLessThanOrEqual(700);
      expect(await backend(db)).toEqual(before);
    });
  });

  test('refuses statements that do not only read, before anything is sent', async () => {
    const error = await refused(collect(engine.db.stream(sql`delete from digits`)));
    expect(kindOf(error)).toBe('invalid_value');
    await expect(collect(engine.db.stream(sql`select 1`, { batch: 0 }))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    await expect(collect(engine.db.stream(sql`select 1`, { bacth: 5 } as object))).rejects.toThrow(
      'Did you mean "batch"?',
    );
    expect(await engine.db.many(sql`select d from digits`)).toHaveLength(10);
  });

  test('reads inside a transaction what that has written, and leaving the loop leaves the transaction be', async () => {
    await engine.db.exec(sql`drop table if exists streamed`);
    await engine.db.exec(sql`create table streamed (id int primary key)`);
    await engine.db.transaction(async (tx) => {
      await tx.exec(sql`insert into streamed select n from ${numbers}`);
      for await (const _ of tx.stream(sql`select id from streamed, digits`, { batch: 10 })) break;
      await tx.exec(sql`delete from streamed where id >= ${3}`);
      expect(await collect(tx.stream(sql`select id from streamed order by id`))).toEqual([
        { id: 0 },
        { id: 1 },
        { id: 2 },
      ]);
      await tx.transaction(async (part) => {
        for await (const { id } of part.stream<{ id: number }>(sql`select id from streamed order by id`, {
          batch: 1,
        })) {
          const change = part.exec(sql`update streamed set id = ${id + 10} where id = ${id}`);
          if (engine.db.dialect === 'postgres') await change;
          else expect((await refused(change)).message).toContain('MySQL does one thing at a time');
        }
      });
    });
    const ids = (await engine.db.many<{ id: number }>(sql`select id from streamed order by id`)).map(
      ({ id }) => id,
    );
    expect(ids).toEqual(engine.db.dialect === 'postgres' ? [10, 11, 12] : [0, 1, 2]);
  });

  test('reads on a borrowed connection, which keeps its settings', async () => {
    const own = await engine.db.connect();
    try {
      await own.exec(sql`create temporary table mine (n int)`);
      await own.exec(sql`insert into mine values (1), (2), (3)`);
      expect(await collect(own.stream(sql`select n from mine order by n`, { batch: 2 }))).toEqual([
        { n: 1 },
        { n: 2 },
        { n: 3 },
      ]);
      for await (const _ of own.stream(sql`select n from mine`, { batch: 1 })) break;
      await own.exec(sql`insert into mine values (4)`); // neither read-only nor in a transaction any more
      expect(await own.one(sql`select count(*) as n from mine`)).toEqual({ n: 4 });
    } finally {
      await own.release();
    }
  });

  testWhere(isServer)('ends when the client of an HTTP export leaves', async () => {
    await pooled(async (db) => {
      let failure: unknown;
      const server = createServer((_request, response) => {
        async function* lines() {
          const rows = db.stream(
            sql`select n, repeat('x', 5000) as text from ${numbers} ${sql.raw`/* streamed */`}`,
          );
          for await (const row of rows) yield `${JSON.stringify(row)}\n`;
        }
        pipeline(lines, response).catch((error: unknown) => {
          failure = error;
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const leaving = new AbortController();
        const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal });
        await answer.body?.getReader().read();
        expect(db.stats().inUse).toBe(1);
        leaving.abort();
        await waitFor(() => failure !== undefined && db.stats().inUse === 0, {
          what: 'the export to have ended',
        });
        await waitFor(async () => (await inServer()) === 0, { what: 'the server to have stopped' });
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });
  });

  testWhere(isServer)('says that the connection was lost when it is killed in the middle', async () => {
    const db = engine.open();
    try {
      let killed = false;
      const reading = (async () => {
        const rows: RowStreamer = db;
        for await (const _ of rows.stream(
          sql`select n, repeat('x', 5000) as text from ${numbers} ${sql.raw`/* streamed */`}`,
          { batch: 10 },
        )) {
          if (killed) continue;
          killed = true;
          await killStreams();
        }
      })();
      expect(kindOf(await refused(reading))).toBe('connection_lost');
      expect(await db.one(sql`select 1 as one`)).toEqual({ one: 1 });
    } finally {
      await db.close();
    }
  });

  async function killStreams(): Promise<void> {
    if (engine.db.dialect === 'postgres') {
      await engine.db.many(sql`select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and state = 'idle in transaction' and datname = current_database()`);
      return;
    }
    const rows = await engine.db.many<{ id: number }>(
      sql`select id from information_schema.processlist where info like '%streamed%' and id <> connection_id()`,
    );
    for (const { id } of rows) await engine.db.exec(sql`kill ${sql.join([id])}`);
  }
}
