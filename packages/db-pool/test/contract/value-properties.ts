import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';

/** One column a type, in each dialect's own words. */
const columns = {
  postgres: sql.raw`small smallint, whole int, big bigint, price numeric(38, 10), single real, ratio double precision,
    flag boolean, word text, day date, moment timestamptz, civil timestamp, clock time, doc jsonb, bytes bytea`,
  mysql: sql.raw`small smallint, whole int, big bigint, price decimal(38, 10), single float, ratio double,
    flag boolean, word longtext, day date, moment timestamp(3) null, civil datetime(3), clock time(3), doc json, bytes longblob`,
};

const integer = (bits: number): fc.Arbitrary<number | bigint> =>
  fc
    .bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n })
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

const day = fc
  .date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999))
  .map(
    ([h, m, s, ms]) => `${pad(h)}:${pad(m)}:${pad(s)}${ms === 0 ? '' : `.${pad(ms, 3)}`.replace(/0+$/, '')}`,
  );

/** Digits as the server prints them, with all ten places of the column. */
const price = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 28n - 1n }),
    fc.bigInt({ min: 0n, max: 10n ** 10n - 1n }),
  )
  .map(([negative, whole, part]) => {
    const digits = `${whole}.${String(part).padStart(10, '0')}`;
    return negative && /[1-9]/.test(digits) ? `-${digits}` : digits;
  });

/** Texts without the zero character, which PostgreSQL does not have. */
const word = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\0', ''));

type Json = string | number | bigint | boolean | null | Json[] | { [key: string]: Json };
const json = fc.letrec<{ json: Json; list: Json[]; object: Record<string, Json> }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    integer(80),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    word,
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('json'), { maxLength: 4 }),
  object: fc.dictionary(word, tie('json'), { maxKeys: 4, noNullPrototype: true }),
})).object;

const arbitraries: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  small: integer(16),
  whole: integer(32),
  big: fc.oneof(integer(64), integer(54)),
  price,
  single: fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }),
  ratio: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
  flag: fc.boolean(),
  word,
  day,
  moment: fc.date({ min: new Date('1970-01-02'), max: new Date('2038-01-18'), noInvalidDate: true }),
  civil: fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }),
  clock,
  doc: json,
  bytes: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
};

export function valuePropertiesContract(engine: Engine): void {
  beforeEach(async () => {
    await engine.db.exec(sql`drop table if exists many_vals`);
    await engine.db.exec(sql`create table many_vals (id int primary key, ${columns[engine.db.dialect]})`);
  });

  test.each(Object.keys(arbitraries))(
    'gives back whatever went into a column "%s", and finds it by its value',
    async (column) => {
      const arbitrary = arbitraries[column] ?? fc.constant(null);
      const name = sql.id(column);
      const maxLength = size({ test: 15, soak: 40 });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.option(arbitrary), { minLength: 1, maxLength }), async (values) => {
          await engine.db.exec(sql`delete from many_vals`);
          await engine.db.exec(
            sql`insert into many_vals ${sql.rows(values.map((value, id) => ({ id, [column]: value })))}`,
          );
          const expected = values.map((value) =>
            normal(column, engine.db.dialect === 'mysql' && value === 0 ? 0 : value),
          );
          const read = async (query: ReturnType<typeof sql>): Promise<unknown[]> =>
            (await engine.db.many<{ v: unknown }>(query)).map(({ v }) => v);
          const bound = await read(sql`select ${name} as v from many_vals where id >= ${0} order by id`);
          const plain = await read(sql`select ${name} as v from many_vals order by id`);
          expect(bound).toEqual(expected);
          expect(plain).toEqual(expected);
          // What came back may be sent again, and is the same then: nothing was lost on the way in or out.
          await engine.db.exec(sql`update many_vals set ${name} = ${null}`);
          for (const [id, value] of bound.entries()) {
            await engine.db.exec(sql`update many_vals set ${name} = ${value} where id = ${id}`);
          }
          expect(await read(sql`select ${name} as v from many_vals order by id`)).toEqual(expected);
          const exact = !['single', 'doc', 'word'].includes(column);
          const [first] = bound;
          if (exact && first !== null) {
            const found = await engine.db.many(sql`select id from many_vals where ${name} = ${first}`);
            expect(found).toContainEqual({ id: 0 });
          }
        }),
        { numRuns: size({ test: 3, soak: 60 }) },
      );
    },
  );
}

/** A `real` is exact when it is whole, and else the shortest decimal that is this real. MySQL has no negative zero. */
function normal(column: string, value: unknown): unknown {
  if (column === 'single' && typeof value === 'number') return shortest(value);
  return value;
}

function shortest(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  for (let digits = 1; digits <= 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
