import { mysql, type SourceSession } from '@seaworthy/backup';
import { createTestDatabase, describeWith, type TestDatabase } from '@seaworthy/testkit';
import { beforeAll, expect, it } from 'vitest';
import { sql } from '../support/fixtures.js';

const signal = new AbortController().signal;

describeWith(['mysql'], 'what mysql() knows about the contents of a database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('mysql');
  });

  async function within<T>(work: (session: SourceSession) => Promise<T>): Promise<T> {
    const session = await mysql({ url: database.url }).open(signal);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  it('a hash depends on every value and on how often a row is there, and not on the order of rows or columns', async () => {
    const columns =
      "x decimal(12,3), y varchar(20), z double, b blob, at timestamp(3) null, f bit(4), g point, e set('p', 'q')";
    const rows = `(1.001, 'one', 0.1, x'00ff', '2026-01-02 03:04:05.678', b'101', point(1, 2), 'p,q'), (2, null, null, null, null, null, null, '')`;
    await sql(
      database.url,
      `create table a (${columns})`,
      `insert into a values ${rows}, (2, null, null, null, null, null, null, '')`,
      `create table same (${columns
        .split(/, (?=[a-z]+ )/)
        .toReversed()
        .join(', ')})`,
      `insert into same select e, g, f, at, b, z, y, x from a order by x desc`,
      'create table once as select distinct * from a',
      'create table thousandth as select * from a',
      'update thousandth set x = 1.002 where x = 1.001',
      'create table `od``d` (x int)',
    );
    const hashed = await within(async (session) => session.contents?.('hash', signal));
    const of = (name: string) => hashed?.tables.find((table) => table.name === name);
    expect(of('same')?.hash).toBe(of('a')?.hash);
    expect([of('a')?.rows, of('once')?.rows, of('od`d')?.rows]).toEqual([3, 2, 0]);
    expect(new Set(['a', 'once', 'thousandth', 'od`d'].map((name) => of(name)?.hash)).size).toBe(4);
    const counted = await within(async (session) => session.contents?.('rows', signal));
    expect(counted?.tables).toEqual(hashed?.tables.map(({ name, rows: count }) => ({ name, rows: count })));
  });

  it('answers a statement as rows of text', async () => {
    const ask = (text: string) => within(async (session) => session.query?.(text, signal));
    expect(await ask(`select 1, null, '', 'two\\nlines\\tand \\\\ tab', 'ü' ; `)).toEqual([
      ['1', undefined, '', 'two\nlines\tand \\ tab', 'ü'],
    ]);
    expect(await ask('select 1 from dual where 1 = 0')).toEqual([]);
    await expect(ask('select * from nowhere')).rejects.toThrow('ERROR 1146');
  });
});
