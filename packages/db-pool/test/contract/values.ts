import { size } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';
import { refused } from '../support/refused.js';
import { testWhere } from './test-where.js';

/** A column per kind of value, in each dialect's own words. */
const columns = {
  postgres: sql.raw`id int primary key, big bigint, price numeric(30, 10), ratio double precision, flag boolean, word text, day date,
    moment timestamptz, civil timestamp, clock time, doc jsonb, bytes bytea`,
  mysql: sql.raw`id int primary key, big bigint, price decimal(30, 10), ratio double, flag boolean, word text, day date,
    moment timestamp(3) null, civil datetime(3), clock time, doc json, bytes varbinary(100)`,
};

export function valuesContract(engine: Engine): void {
  /** What comes back for what went in, read with a bound value and without: MySQL has a protocol for each. */
  async function roundTrip(column: string, value: unknown): Promise<unknown> {
    await engine.db.exec(sql`drop table if exists vals`);
    await engine.db.exec(sql`create table vals (${columns[engine.db.dialect]})`);
    await engine.db.exec(sql`insert into vals ${sql.row({ id: 1, [column]: value })}`);
    const bound = await engine.db.one<{ v: unknown }>(
      sql`select ${sql.id(column)} as v from vals where id = ${1}`,
    );
    const plain = await engine.db.one<{ v: unknown }>(
      sql`select ${sql.id(column)} as v from vals where id = 1`,
    );
    expect(plain).toEqual(bound);
    return bound.v;
  }

  const same: readonly (readonly [string, string, unknown])[] = [
    ['a whole number', 'big', 42],
    ['the largest exact number', 'big', Number.MAX_SAFE_INTEGER],
    ['one beyond it as a bigint', 'big', 9_007_199_254_740_993n],
    ['the smallest bigint', 'big', -9_223_372_036_854_775_808n],
    ['a double', 'ratio', 0.1],
    ['true', 'flag', true],
    ['false', 'flag', false],
    ['text beyond the basic plane', 'word', 'naïve 🚢 \\ \' " ` ? $1 \n'],
    ['the empty text', 'word', ''],
    ['a date, untouched by time zones', 'day', '2024-02-29'],
    ['a moment to the millisecond', 'moment', new Date('2024-03-31T01:30:00.123Z')],
    ['a moment in a column without zone, as UTC', 'civil', new Date('2024-10-27T00:30:00.999Z')],
    ['a date and time long ago', 'civil', new Date('1815-12-10T12:00:00.000Z')],
    ['a time of day', 'clock', '23:59:59'],
    ['an object as JSON', 'doc', { a: [1, 'x', null], b: { c: true } }],
    ['bytes', 'bytes', Buffer.from([0, 255, 39, 92, 10])],
    ['null', 'word', null],
    ['null in a number', 'big', null],
    ['null as JSON column', 'doc', null],
  ];
  test.each(same)('gives %s back as it was', async (_what, column, value) => {
    expect(await roundTrip(column, value)).toEqual(value);
  });

  testWhere(engine.name === 'mysql')(
    'fails the statement, and nothing else, whose JSON only MariaDB takes for JSON',
    async () => {
      await engine.db.exec(sql`create table lax (doc json)`);
      await engine.db.exec(sql`insert into lax values (${'1.'})`); // json_valid() says yes
      await engine.db.transaction(async (tx) => {
        for (let time = 0; time < 2; time += 1)
          expect((await refused(tx.many(sql`select doc from lax`))).kind).toBe('data');
        expect(await tx.one(sql`select cast(doc as char) as doc from lax`)).toEqual({ doc: '1.' });
      });
      await engine.db.exec(sql`drop table lax`);
    },
  );

  test('keeps every digit of a decimal by giving it as text', async () => {
    expect(await roundTrip('price', '12345678901234567890.0123456789')).toBe(
      '12345678901234567890.0123456789',
    );
  });

  test('takes arrays and plain text as JSON when told so', async () => {
    expect(await roundTrip('doc', sql.json([1, { a: 2 }]))).toEqual([1, { a: 2 }]);
    expect(await roundTrip('doc', sql.json('text'))).toBe('text');
    expect(await roundTrip('doc', sql.json(new Date(5)))).toBe('1970-01-01T00:00:00.005Z');
    expect(await roundTrip('doc', sql.json(2n ** 60n))).toBe(2n ** 60n);
  });

  test('tells the null of JSON from NULL on the way in', async () => {
    for (const [value, isNull] of [
      [null, true],
      [sql.json(null), false],
    ] as const) {
      expect(await roundTrip('doc', value)).toBeNull();
      expect(await engine.db.many(sql`select id from vals where doc is null`)).toHaveLength(isNull ? 1 : 0);
    }
  });

  test('takes as many values as the protocol can count, and says how many there are when it cannot', async () => {
    const found = (count: number) =>
      engine.db.one<{ n: number }>(
        sql`select count(*) as n from (select 500 as v) as t where v in ${sql.list(Array.from({ length: count }, (_, at) => at))}`,
      );
    expect(await found(size({ test: 1_000, soak: 65_535 }))).toEqual({ n: 1 });
    const error = await refused(found(65_537));
    expect(error.kind).toBe('invalid_value');
    expect(error.message).toContain('65537 values');
  });

  test('keeps whole numbers inside JSON whole, in both directions', async () => {
    const doc = {
      small: 1,
      big: 9_007_199_254_740_993n,
      list: [-(2n ** 70n), 1e23, 2 ** 53],
      text: '9007199254740993',
    };
    expect(await roundTrip('doc', doc)).toEqual(doc);
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    await expect(roundTrip('doc', loop)).rejects.toMatchObject({ code: 'DB_INVALID_VALUE' });
  });

  test('gives a real as the shortest decimal that it is, with all its digits', async () => {
    const real = engine.db.dialect === 'postgres' ? sql`real` : sql`float`;
    await engine.db.exec(sql`drop table if exists reals`);
    await engine.db.exec(sql`create table reals (r ${real})`);
    await engine.db.exec(sql`insert into reals values (${0.1}), (${16_777_217}), (${16_777_215})`);
    const expected = [{ r: 0.1 }, { r: 16_777_215 }, { r: 16_777_216 }];
    expect(await engine.db.many(sql`select r from reals order by r`)).toEqual(expected);
    expect(await engine.db.many(sql`select r from reals where r > ${0} order by r`)).toEqual(expected);
  });

  test('refuses text that UTF-8 cannot hold, which would come back as other text', async () => {
    await expect(engine.db.one(sql`select ${'cut in two: \ud83d'} as v`)).rejects.toMatchObject({
      code: 'DB_INVALID_VALUE',
    });
  });

  test('counts as a number', async () => {
    expect(await engine.db.one(sql`select count(*) as n from (select 1 as one) t`)).toEqual({ n: 1 });
  });

  test('finds a bigint among its neighbours, which a floating point comparison would not', async () => {
    await roundTrip('big', 9_007_199_254_740_993n);
    const find = (value: bigint) => engine.db.many(sql`select id from vals where big = ${value}`);
    expect(await find(9_007_199_254_740_992n)).toEqual([]);
    expect(await find(9_007_199_254_740_993n)).toEqual([{ id: 1 }]);
  });

  test('adds whole numbers to decimals exactly', async () => {
    await roundTrip('price', '12345678901234567890.0123456789');
    expect(await engine.db.one(sql`select price + ${1} as more from vals limit ${1}`)).toEqual({
      more: '12345678901234567891.0123456789',
    });
  });

  test('refuses what has no counterpart instead of writing something else', async () => {
    const tooLarge = engine.db.dialect === 'mysql' ? [2n ** 64n, -(2n ** 63n) - 1n, Number.NaN] : ['\0'];
    const hollow = [
      new Map([[1, 2]]),
      new Set([1]),
      Promise.resolve(1),
      /x/,
      new ArrayBuffer(2),
      new Float64Array(1),
    ];
    const inJson = [...hollow, undefined, () => 1, Symbol('s'), Number.NaN, Number.NEGATIVE_INFINITY].map(
      sql.json,
    );
    for (const value of [new Date(Number.NaN), () => 1, Symbol('s'), ...hollow, ...tooLarge, ...inJson]) {
      await expect(engine.db.one(sql`select ${value} as v`)).rejects.toMatchObject({
        code: 'DB_INVALID_VALUE',
      });
    }
  });

  // mysql2 itself refuses such a column.
  testWhere(engine.name !== 'mysql')('gives a column called __proto__ as a property', async () => {
    const row = await engine.db.one(sql`select 1 as ${sql.id('__proto__')}, 2 as other`);
    expect(Object.keys(row)).toEqual(['__proto__', 'other']);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  });

  test('reads and writes arrays where the engine has them, and says what to write where not', async () => {
    if (engine.db.dialect === 'mysql') {
      await expect(engine.db.one(sql`select ${[1]} as v`)).rejects.toThrow('sql.list(values)');
      return;
    }
    const texts = ['a', null, 'with "quotes", commas, {braces} and \\', ''];
    expect(await engine.db.one(sql`select ${texts}::text[] as v`)).toEqual({ v: texts });
    expect(await engine.db.one(sql`select ${[[1, 2], [3, 4]]}::int[] as v`)).toEqual({
      v: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(await engine.db.one(sql`select ${[new Date(5)]}::timestamptz[] as v`)).toEqual({
      v: [new Date(5)],
    });
    expect(await engine.db.one(sql`select ${[]}::int[] as v, '[0:1]={7,8}'::int[] as w`)).toEqual({
      v: [],
      w: [7, 8],
    });
    expect(
      await engine.db.one(
        sql`select '{1 day,NULL}'::interval[] as v, '{10.0.0.1,::1}'::inet[] as w, '{101,0}'::varbit[] as x,
          '{1e400,NaN,-0.10}'::numeric[] as y, '{infinity,NULL,0044-03-15 12:00:00 BC}'::timestamp[] as z`,
      ),
    ).toEqual({
      v: ['1 day', null],
      w: ['10.0.0.1', '::1'],
      x: ['101', '0'],
      y: [`1${'0'.repeat(400)}`, 'NaN', '-0.10'],
      z: ['infinity', null, '0044-03-15 12:00:00 BC'],
    });
  });

  testWhere(engine.name === 'mysql')(
    'keeps an unsigned bigint whole, and a tinyint(1) that is no boolean a number',
    async () => {
      await engine.db.exec(sql`drop table if exists odd`);
      await engine.db.exec(sql`create table odd (big bigint unsigned, tiny tinyint(1))`);
      await engine.db.exec(sql`insert into odd ${sql.row({ big: 18_446_744_073_709_551_615n, tiny: 7 })}`);
      expect(
        await engine.db.one(sql`select big, tiny from odd where big = ${18_446_744_073_709_551_615n}`),
      ).toEqual({
        big: 18_446_744_073_709_551_615n,
        tiny: 7,
      });
    },
  );

  testWhere(engine.name === 'mysql')(
    'gives a float its digits however the statement is written that reads it',
    async () => {
      await engine.db.exec(sql`drop table if exists floats`);
      await engine.db.exec(sql`create table floats (f float)`);
      await engine.db.exec(sql`drop procedure if exists read_floats`);
      await engine.db.exec(sql`create procedure read_floats() select f from floats`);
      const rows = [{ f: 16_777_215 }];
      await engine.db.exec(sql`insert into floats values (16777215)`);
      for (const query of [
        sql`select f from floats;`,
        sql`/* app:floats */ select f from floats`,
        sql`-- app:floats
          select f from floats`,
        sql`select f from floats where ';' = ';'`,
        sql`(select f from floats) union (select f from floats)`,
        sql`call read_floats()`,
      ])
        expect(await engine.db.many(query)).toEqual(rows);
      const { version } = await engine.db.one<{ version: string }>(sql`select version() as version`);
      // MySQL has no `returning`.
      if (version.includes('MariaDB'))
        expect(await engine.db.many(sql`delete from floats returning f`)).toEqual(rows);
      await engine.db.exec(sql`drop procedure read_floats`);
    },
  );

  testWhere(engine.name === 'mysql')('gives a generated key whole, up to the largest there is', async () => {
    await engine.db.exec(sql`drop table if exists keyed`);
    await engine.db.exec(sql`create table keyed (id bigint unsigned auto_increment primary key, a int)`);
    for (const id of [9_007_199_254_740_993n, 18_446_744_073_709_551_610n]) {
      await engine.db.exec(sql`insert into keyed values (${id - 1n}, 1)`);
      expect(await engine.db.exec(sql`insert into keyed (a) values (${2})`)).toEqual({
        rowCount: 1,
        insertId: id,
      });
    }
    expect(await engine.db.exec(sql`update keyed set a = 3 where a = 2`)).toEqual({ rowCount: 2 });
  });

  testWhere(engine.name === 'mysql')('leaves as text what no Date can hold, and finds it again', async () => {
    const own = await engine.db.connect();
    try {
      await own.exec(sql`set sql_mode = ''`);
      await own.exec(sql`drop table if exists zeros`);
      await own.exec(sql`create table zeros (a datetime, b date, c datetime(3))`);
      await own.exec(sql`insert into zeros values ('0000-00-00 00:00:00', '2024-00-00', '0000-00-00')`);
      const [zero] = await own.many<{ a: unknown; b: unknown; c: unknown }>(sql`select a, b, c from zeros`);
      expect(zero).toEqual({
        a: '0000-00-00 00:00:00',
        b: '2024-00-00',
        c: expect.stringMatching(/^0000-00-00 00:00:00/),
      });
      expect(
        await own.many(
          sql`select 1 as one from zeros where a = ${zero?.a} and b = ${zero?.b} and c = ${zero?.c}`,
        ),
      ).toEqual([{ one: 1 }]);
      await own.exec(sql`set sql_mode = 'ALLOW_INVALID_DATES'`);
      await own.exec(sql`delete from zeros`);
      await own.exec(
        sql`insert into zeros values ('2023-02-30 10:00:00', '2023-02-31', '2024-02-29 01:02:03.004')`,
      );
      for (const query of [sql`select a, b, c from zeros`, sql`select a, b, c from zeros where 1 = ${1}`])
        expect(await own.one(query)).toEqual({
          a: '2023-02-30 10:00:00',
          b: '2023-02-31',
          c: new Date('2024-02-29T01:02:03.004Z'),
        });
      await own.exec(sql`drop table zeros`);
    } finally {
      await own.release();
    }
  });

  testWhere(engine.name === 'mysql')('quotes names so that ANSI_QUOTES changes nothing', async () => {
    const own = await engine.db.connect();
    try {
      await own.exec(sql`set sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES'`);
      expect(await own.one(sql`select ${'a"b'} as ${sql.id('x"y')}, 'q' as q`)).toEqual({
        'x"y': 'a"b',
        q: 'q',
      });
    } finally {
      await own.release();
    }
  });

  testWhere(engine.name === 'postgres')(
    'gives every digit of a float, whatever the database is set to',
    async () => {
      const setDigits = (digits: string) =>
        engine.db.exec(
          sql`do $$ begin execute format('alter database %I ${digits === '0' ? sql.raw`set extra_float_digits = 0` : sql.raw`reset extra_float_digits`}', current_database()); end $$`,
        );
      await setDigits('0');
      try {
        await using db = engine.open({ pool: { max: 1 } });
        const third = { a: 1 / 3, b: 0.1 + 0.2 };
        const read = sql`select ${1 / 3}::float8 as a, ${0.1 + 0.2}::float8 as b`;
        expect(await db.one(read)).toEqual(third);
        const own = await db.connect();
        await own.exec(sql`set extra_float_digits = 0`);
        await own.release();
        expect(await db.one(read)).toEqual(third);
      } finally {
        await setDigits('');
      }
    },
  );

  testWhere(engine.name !== 'mysql')('reads bytes in whichever way the session writes them', async () => {
    const own = await engine.db.connect();
    try {
      await own.exec(sql`set bytea_output to 'escape'`);
      const bytes = Buffer.from([0, 92, 65, 255, 92, 92, 48, 48, 48]);
      expect(await own.one(sql`select ${bytes}::bytea as v`)).toEqual({ v: bytes });
    } finally {
      await own.release();
    }
  });

  testWhere(engine.name !== 'mysql')('leaves as text what no Date can hold', async () => {
    const row = await engine.db.one(
      sql`select 'infinity'::timestamptz as a, '0044-03-15 12:00 BC'::timestamp as b, '294276-12-31'::timestamp as c,
        '275760-09-13 00:00:01+00'::timestamptz as d, '275760-09-13'::timestamp as e`,
    );
    expect(row).toEqual({
      a: 'infinity',
      b: '0044-03-15 12:00:00 BC',
      c: '294276-12-31 00:00:00',
      d: '275760-09-13 00:00:01+00',
      e: new Date(8.64e15),
    });
  });
}
