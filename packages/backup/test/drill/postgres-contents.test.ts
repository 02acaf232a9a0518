import { postgres, type SourceSession } from '@seaworthy/backup';
import { createTestDatabase, describeWith, type TestDatabase } from '@seaworthy/testkit';
import { beforeAll, expect, it } from 'vitest';
import { postgresSchema, sql } from '../support/fixtures.js';

const signal = new AbortController().signal;

describeWith(['postgres'], 'what postgres() knows about the contents of a database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    await sql(database.url, ...postgresSchema);
  });

  async function within<T>(work: (session: SourceSession) => Promise<T>): Promise<T> {
    const session = await postgres({ url: database.url }).open(signal);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
  const contents = (level: 'rows' | 'hash') => within(async (session) => session.contents?.(level, signal));

  it('counts every table, in any schema, and hashes it when asked', async () => {
    const counted = await contents('rows');
    expect(counted?.tables).toEqual([
      { name: 'archive.old', rows: 100 },
      { name: 'public.check_ins', rows: 5000 },
      { name: 'public.teams', rows: 3 },
    ]);
    const hashed = await contents('hash');
    expect(hashed?.tables.map(({ hash }) => hash)).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^[0-9a-f]{32}$/)),
    );
  });

  it('a hash depends on every value and on how often a row is there, and not on the order of rows or columns', async () => {
    await sql(
      database.url,
      'create schema h',
      `create table h.a (x int, y text, z float8)`,
      `insert into h.a values (1, 'one', 0.1), (2, null, 'NaN'), (2, null, 'NaN')`,
      `create table h.same (z float8, gone int, y text, x int)`,
      'alter table h.same drop column gone',
      `insert into h.same (x, y, z) values (2, null, 'NaN'), (1, 'one', 0.1), (2, null, 'NaN')`,
      `create table h.once as select distinct * from h.a`,
      `create table h.swapped as select x, case y when 'one' then '' end as y, z from h.a`,
      `create table h.empty (x int)`,
      `create table h."no columns" ()`,
      `insert into h."no columns" default values`,
    );
    const hashed = await contents('hash');
    const of = (name: string) => hashed?.tables.find((table) => table.name === `h.${name}`);
    expect(of('same')?.hash).toBe(of('a')?.hash);
    expect(new Set([of('a'), of('once'), of('swapped'), of('empty')].map((one) => one?.hash)).size).toBe(4);
    expect(of('"no columns"')?.rows).toBe(1);
    await sql(database.url, 'drop schema h cascade');
  });

  it('answers a statement as rows of text', async () => {
    const ask = (text: string) => within(async (session) => session.query?.(text, signal));
    expect(await ask(`select 1, null, '', E'two\\nlines', 'ü|\\t' ; `)).toEqual([
      ['1', undefined, '', 'two\nlines', 'ü|\\t'],
    ]);
    expect(await ask(`select ''`)).toEqual([['']]);
    expect(await ask('select 1 where false')).toEqual([]);
    expect(await ask('select generate_series(1, 3)')).toEqual([['1'], ['2'], ['3']]);
    await expect(ask('select 1 / 0')).rejects.toThrow('SQLSTATE 22012');
  });
});
