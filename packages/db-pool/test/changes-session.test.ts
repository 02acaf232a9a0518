import { describe, expect, test } from 'vitest';
import { changesSession } from '../src/session/changes-session.js';
import { withoutComments } from '../src/sql/without-comments.js';

describe('what changes its session', () => {
  const onBoth = [
    'set x = 1',
    '/* app:orders */ set x = 1',
    '-- c\nset x = 1',
    'select 1; set x = 1',
    'begin; set x = 1; commit',
    'create temporary table t (a int)',
    'create or replace temporary table t (a int)',
    'call p()',
    'prepare p from x',
    'set/* */session x = 1',
    'select get_lock (?, 1)',
  ];
  const onPostgres = [
    '/* a /* b */ c */ set x = 1',
    '-- c\rset search_path to y',
    `select '\\'; set x = '1'`,
    `select e'\\'/*'; set x = 1 --'`,
    'select $a$ /* $a$; set x = 1 -- */',
    'select "/*" as a; set x = 1 -- */',
    'select a$b$ from t; /* $b$ */ set x = 1',
    'create or replace temp view v as select 1',
    'create table pg_temp.x (a int)',
    'set local search_path to pg_temp; create table x (a int)',
    'select 1 as a into temp leaked',
    'select 1 as a into local temporary leaked',
    'explain analyze create temp table t as select 1',
    'do $$ begin set x = 1; end $$',
    `(select "set_config"('a', 'b', false))`,
    "update pg_settings set setting = 'x'",
    'listen x',
    'reset all',
    'discard all',
    'deallocate all',
    'begin; set local y = 1; set x = 1; commit',
  ];
  const onMysql = [
    '# c\nset x = 1',
    '/*!50000 set x = 1 */',
    '/*M!100000 set x = 1 */',
    "select '\\'/*'; set x = 1 -- '",
    'select `/*`; set x = 1 -- */',
    '/* a /* b */ set x = 1',
    'set local x = 1',
    'set@x = 1',
    'set transaction isolation level serializable',
    'flush tables with read lock',
    'lock tables t read',
    'use`other`',
    'select 1 into @x',
    'do get_lock(?, 1)',
    "execute immediate 'set x = 1'",
    'begin not atomic set x = 1; end',
  ];
  test.each([...onBoth, ...onPostgres])('is seen on PostgreSQL: %s', (text) => {
    expect(changesSession(text, 'postgres')).toBe(true);
  });
  test.each([...onBoth, ...onMysql])('is seen on MySQL: %s', (text) => {
    expect(changesSession(text, 'mysql')).toBe(true);
  });
  test.each([
    'select 1',
    'set local x = 1',
    'begin; set transaction isolation level serializable; set constraints all deferred; commit',
    'update t set x = 1',
    'insert into templates (a) values ($1)',
    'select 1 /* ; set x = 1 */',
  ])('costs PostgreSQL no round trip where there is nothing: %s', (text) => {
    expect(changesSession(text, 'postgres')).toBe(false);
  });
  test.each([
    'select 1',
    'update t set x = 1',
    'start transaction',
    'begin',
    'select 1 -- ; set x = 1',
    '-- c\rset x = 1',
  ])('costs MySQL no round trip where there is nothing: %s', (text) => {
    expect(changesSession(text, 'mysql')).toBe(false);
  });
});

describe('withoutComments', () => {
  test('leaves one space in place of a comment, and literals and names as they are', () => {
    expect(withoutComments(`a/* b /* c */ d */e--f\n'--' "/*" $$--$$`, 'postgres')).toBe(
      `a e \n'--' "/*" $$--$$`,
    );
    expect(withoutComments('a/* b /* c */d#e\n1--1-- f\n`#` "--\\" --"', 'mysql')).toBe(
      'a d \n1--1 \n`#` "--\\" --"',
    );
    expect(withoutComments("e'a''\\'--' --b", 'postgres')).toBe("e'a''\\'--'  ");
    expect(withoutComments("e'a'\n '\\'--' --b", 'postgres')).toBe("e'a'\n '\\'--'  ");
    expect(withoutComments('/*!50000 a */b', 'mysql')).toBe('  a  b');
  });
  test('takes what has no end for a comment or literal to the end', () => {
    expect(withoutComments('a /* b /* c */', 'postgres')).toBe('a  ');
    expect(withoutComments("a ' -- b", 'postgres')).toBe("a ' -- b");
    expect(withoutComments("a '\\", 'mysql')).toBe("a '\\");
  });
  test('reads texts of megabytes', () => {
    const text = `insert into t values ('${'x-- '.repeat(1_000_000)}') -- end`;
    expect(withoutComments(text, 'mysql')).toHaveLength(text.length - 5);
    expect(withoutComments(text, 'postgres')).toHaveLength(text.length - 5);
  });
});
