import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sql } from '../src/index.js';
import { compile } from '../src/sql/compile.js';

test('writes the placeholders of each engine, through any nesting', () => {
  const query = sql`select * from t where a = ${1} and ${sql`b = ${2} or ${sql`c in ${sql.list([3, 4])}`}`} limit ${5}`;
  expect(compile(query, 'postgres')).toEqual({
    text: 'select * from t where a = $1 and b = $2 or c in ($3, $4) limit $5',
    values: [1, 2, 3, 4, 5],
  });
  expect(compile(query, 'mysql').text).toBe('select * from t where a = ? and b = ? or c in (?, ?) limit ?');
});

test('quotes names so that they end where they should', () => {
  const query = sql`select ${sql.id('a"b`c', 'd')}`;
  expect(compile(query, 'postgres').text).toBe('select "a""b`c"."d"');
  expect(compile(query, 'mysql').text).toBe('select `a"b``c`.`d`');
  expect(() => compile(sql`${sql.id('')}`, 'postgres')).toThrow('neither empty');
  expect(() => compile(sql`${sql.id('a\0b')}`, 'postgres')).toThrow('zero character');
});

test('builds rows, leaving out what is undefined in all of them', () => {
  expect(compile(sql`insert into t ${sql.row({ a: 1, b: undefined, c: null })}`, 'postgres')).toEqual({
    text: 'insert into t ("a", "c") values ($1, $2)',
    values: [1, null],
  });
  expect(compile(sql`insert into t ${sql.rows([{ a: 1, b: 2 }, { a: 3 }])}`, 'mysql')).toEqual({
    text: 'insert into t (`a`, `b`) values (?, ?), (?, ?)',
    values: [1, 2, 3, null],
  });
  expect(compile(sql`update t set ${sql.set({ a: 1, b: 2 })}`, 'postgres').text).toBe(
    'update t set "a" = $1, "b" = $2',
  );
  expect(() => sql.rows([{ a: 1 }, { b: 2 }])).toThrow('a later row has the key "b", which the first lacks');
});

test('refuses empty lists, rows and sets, which no engine accepts', () => {
  for (const attempt of [
    () => sql.list([]),
    () => sql.row({}),
    () => sql.rows([]),
    () => sql.set({ a: undefined }),
  ]) {
    expect(attempt).toThrow('needs at least one value');
  }
  expect(compile(sql`select 1 ${sql.join([])}`, 'postgres').text).toBe('select 1 ');
});

test('cannot be called with text from elsewhere', () => {
  const tag: (text: never) => unknown = sql;
  expect(() => tag('drop table t' as never)).toThrow('sql is a template tag');
  expect(() => tag(['drop table t'] as never)).toThrow('sql is a template tag');
  expect(() => sql.raw(['drop table t'] as never)).toThrow('sql.raw is a template tag');
  expect(() => sql.raw`order by ${'name' as never}`).toThrow('sql.raw takes no values');
});

test('never lets a value into the text, whatever it is', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      fc.pre(value !== undefined);
      const { text, values } = compile(sql`select ${value} as a`, 'postgres');
      expect(text).toBe('select $1 as a');
      expect(values[0]).toBe(value);
    }),
  );
});

test('refuses a fragment that holds itself', () => {
  const parts: unknown[] = [];
  const loop = sql.join(parts.concat(1));
  Reflect.set(loop, 'values', [loop]);
  expect(() => compile(loop, 'postgres')).toThrow('more than 100 levels deep');
});
