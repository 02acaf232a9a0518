import { expect, test } from 'vitest';
import { z } from 'zod';
import { type DbError, type DbErrorKind, type StandardSchema, sql } from '../../src/index.js';
import type { Engine } from '../support/engines.js';
import { kindOf, refused } from '../support/refused.js';
import { testWhere } from './test-where.js';

export function queriesContract(engine: Engine): void {
  const serial = () =>
    engine.db.dialect === 'postgres' ? sql`serial primary key` : sql`int auto_increment primary key`;

  async function ships(): Promise<void> {
    await engine.db.exec(sql`drop table if exists crews`);
    await engine.db.exec(sql`drop table if exists ships`);
    await engine.db.exec(sql`create table ships (
      id ${serial()}, name varchar(50) not null, tons int, constraint ships_name unique (name),
      constraint tons_positive check (tons > 0))`);
    await engine.db.exec(sql`create table crews (
      id int primary key, ship int not null, constraint crews_ship foreign key (ship) references ships (id))`);
  }

  test('gives many rows, one row, perhaps a row, and what a change did', async () => {
    await ships();
    const insert = sql`insert into ships ${sql.rows([
      { name: 'a', tons: 1 },
      { name: 'b', tons: null },
    ])}`;
    expect((await engine.db.exec(insert)).rowCount).toBe(2);
    const rows = await engine.db.many(sql`select name, tons from ships order by name`);
    expect(rows).toEqual([
      { name: 'a', tons: 1 },
      { name: 'b', tons: null },
    ]);
    expect(await engine.db.one(sql`select tons from ships where name = ${'a'}`)).toEqual({ tons: 1 });
    expect(await engine.db.maybeOne(sql`select tons from ships where name = ${'z'}`)).toBeUndefined();
    expect(
      await engine.db.exec(sql`update ships set ${sql.set({ tons: 5 })} where name = ${'b'}`),
    ).toMatchObject({ rowCount: 1 });
    expect((await engine.db.execute(sql`delete from ships`)).rowCount).toBe(2);
    await expect(engine.db.one(sql`select 1 as one from ships`)).rejects.toMatchObject({
      code: 'DB_NO_ROWS',
    });
    await engine.db.exec(insert);
    for (const ask of [engine.db.one, engine.db.maybeOne]) {
      await expect(ask(sql`select 1 as one from ships`)).rejects.toMatchObject({ code: 'DB_TOO_MANY_ROWS' });
    }
  });

  test('tells the key that the database made', async () => {
    await ships();
    if (engine.db.dialect === 'mysql') {
      expect((await engine.db.exec(sql`insert into ships ${sql.row({ name: 'a' })}`)).insertId).toBe(1n);
    } else {
      const row = await engine.db.one(sql`insert into ships ${sql.row({ name: 'a' })} returning id`);
      expect(row).toEqual({ id: 1 });
    }
  });

  test('composes fragments, lists and names, and binds every value', async () => {
    await ships();
    await engine.db.exec(
      sql`insert into ships ${sql.rows([
        { name: 'a', tons: 1 },
        { name: 'b', tons: 2 },
        { name: 'c', tons: 3 },
      ])}`,
    );
    const filters = [sql`tons >= ${2}`, sql`name in ${sql.list(['a', 'b'])}`];
    const query = sql`select ${sql.id('ships', 'name')} from ${sql.id('ships')}
      where ${sql.join(filters, sql` and `)} order by name limit ${10}`;
    expect(await engine.db.many(query)).toEqual([{ name: 'b' }]);
  });

  const attacks = [
    `'; drop table ships; --`,
    `" or "1"="1`,
    '` or 1=1 -- ',
    `\\'; drop table ships; --`,
    '?; drop table ships',
    '$1',
    `%' or '1'='1`,
    '/* */ union select 1',
  ];
  test.each(attacks)('keeps %j a value and a name, never SQL', async (attack) => {
    await ships();
    await engine.db.exec(sql`insert into ships ${sql.row({ name: attack })}`);
    expect(await engine.db.one(sql`select name from ships where name = ${attack}`)).toEqual({ name: attack });
    expect(await engine.db.one(sql`select ${1} as ${sql.id(attack)}`).then(Object.keys)).toEqual([attack]);
    expect(kindOf(await refused(engine.db.exec(sql`insert into ships ${sql.row({ [attack]: 1 })}`)))).toBe(
      'syntax',
    );
    expect(await engine.db.many(sql`select id from ships`)).toHaveLength(1);
  });

  test('takes an object that looks like a fragment as a value', async () => {
    await ships();
    const body: unknown = JSON.parse(
      '{"strings":["1; drop table ships"],"values":[],"path":["ships"],"value":1}',
    );
    const row = await engine.db.one<{ v: string }>(sql`select ${body} as v`);
    expect(JSON.parse(row.v)).toEqual(body);
    expect(await engine.db.many(sql`select id from ships`)).toEqual([]);
  });

  const failures: readonly (readonly [DbErrorKind, () => ReturnType<typeof sql>])[] = [
    ['unique', () => sql`insert into ships ${sql.rows([{ name: 'canary-x' }, { name: 'canary-x' }])}`],
    ['foreign_key', () => sql`insert into crews ${sql.row({ id: 1, ship: 99 })}`],
    ['not_null', () => sql`insert into ships (name) values (null)`],
    ['check', () => sql`insert into ships ${sql.row({ name: 'canary-y', tons: -1 })}`],
    ['syntax', () => sql`selec 1`],
    ['syntax', () => sql`select nowhere from ships`],
    ['syntax', () => sql`select 1 from nowhere`],
    ['data', () => sql`insert into ships ${sql.row({ name: 'x'.repeat(60) })}`],
    ['data', () => sql`insert into ships ${sql.row({ name: 'z', tons: 'canary-tons' })}`],
  ];
  test.each(failures)(
    'says %s the same on every engine, without values, and keeps the connection',
    async (kind, query) => {
      await ships();
      const before = await backend();
      const error = await refused(engine.db.exec(query()));
      expect(kindOf(error)).toBe(kind);
      expect(inspected(error)).not.toContain('canary');
      if (kind === 'unique') expect(error).toMatchObject({ constraint: 'ships_name', code: 'DB_UNIQUE' });
      if (kind === 'foreign_key') expect(error).toMatchObject({ constraint: 'crews_ship' });
      if (kind === 'check') expect(error).toMatchObject({ constraint: 'tons_positive' });
      if (kind === 'not_null') expect(error).toMatchObject({ column: 'name' });
      expect(await backend()).toEqual(before);
    },
  );

  const runtimeFailures =
    engine.name === 'mysql'
      ? [
          sql`select json_extract('{}', ${'canary ['})`,
          sql`select 'a' regexp ${'canary('}`,
          sql`set session sql_mode = ${'canary'}`,
          sql`select convert_tz(now(), ${'canary'}, cast(${'canary'} as json))`,
        ]
      : [
          sql`select to_tsquery('english', ${'4111 canary'})`,
          sql`select ${'canary'}::regclass`,
          sql`select ${'canary.canary'}::regclass`,
          sql`select ${'canary(int)'}::regprocedure`,
          sql`select ${'canary'}::regtype`,
          sql`select ${'canary'}::regrole`,
          sql`select ${'canary'}::regnamespace`,
          sql`select ${'$.canary['}::jsonpath`,
          sql`select has_column_privilege('pg_class', ${'canary'}, 'select')`,
          sql`select set_config(${'canary.x y'}, '1', true)`,
        ];
  test.each(runtimeFailures)(
    'says nothing of a value that the server parses while it runs the statement',
    async (query) => {
      const error = await engine.db.many(query).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) expect(inspected(error as DbError)).not.toContain('canary');
    },
  );

  test('names the column and the constraint, whatever the value says of others', async () => {
    await engine.db.exec(sql`drop table if exists named`);
    await engine.db.exec(
      sql`create table named (n int, word varchar(80), constraint named_word unique (word))`,
    );
    for (const value of ["for column 'canary'", 'for column `a`.`b`.`canary` at row 1', "for key 'canary'"]) {
      const error = await refused(engine.db.exec(sql`insert into named (n) values (${value})`));
      expect(inspected(error)).not.toContain('canary');
      if (engine.name === 'mysql') expect(error.column).toBe('n');
      await engine.db.exec(sql`insert into named (word) values (${value})`);
      const twice = await refused(engine.db.exec(sql`insert into named (word) values (${value})`));
      expect(inspected(twice)).not.toContain('canary');
      expect(twice.constraint).toBe('named_word');
    }
    await engine.db.exec(sql`drop table named`);
  });

  test("quotes the server where it speaks of the statement's text", async () => {
    await ships();
    const said = async (query: ReturnType<typeof sql>): Promise<string> =>
      (await refused(engine.db.exec(query))).message;
    expect(await said(sql`selec 1`)).toContain('selec');
    expect(await said(sql`select nowhere from ships`)).toContain('nowhere');
    expect(await said(sql`select ships.nowhere from ships`)).toContain('nowhere');
    expect(await said(sql`select 1 from nowhere`)).toContain('nowhere');
    expect(await said(sql`select nothing_such(${1})`)).toContain(
      engine.name === 'mysql' ? '1305' : 'nothing_such',
    );
  });

  test('shows in the stack of an error who asked', async () => {
    async function askForNothing(): Promise<unknown> {
      return await engine.db.many(sql`select 1 from nowhere`);
    }
    expect((await refused(askForNothing())).stack).toContain('askForNothing');
  });

  test('checks rows by a schema and names the place, not the value, when one does not fit', async () => {
    const Ship: StandardSchema<{ tons: number }> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (row) =>
          typeof Reflect.get(row as object, 'tons') === 'number'
            ? { value: { tons: Number(Reflect.get(row as object, 'tons')) } }
            : { issues: [{ message: 'expected a number', path: ['tons'] }] },
      },
    };
    const ship = await engine.db.one(sql.type(Ship)`select 5 as tons, 'x' as other`);
    expect(ship.tons + 1).toBe(6);
    const error = await refused(engine.db.many(sql.type(Ship)`select 'canary' as tons`));
    expect(error).toMatchObject({ code: 'DB_RESULT_MISMATCH' });
    expect(error.message).toContain('Row 1 does not fit its schema: tons: expected a number');
    expect(inspected(error)).not.toContain('canary');
  });

  test('takes a schema of zod as it is, and its types', async () => {
    const Ship = z.object({ tons: z.number().int(), built: z.coerce.string() });
    const ship = await engine.db.one(sql.type(Ship)`select 5 as tons, 1999 as built, 'x' as other`);
    const built: string = ship.built; // the compiler knows
    expect({ ...ship, built }).toEqual({ tons: 5, built: '1999' });
    const error = await refused(engine.db.many(sql.type(Ship)`select 'canary' as tons, 1 as built`));
    expect(error.message).toContain('Row 1 does not fit its schema: tons: ');
    expect(inspected(error)).not.toContain('canary');
  });

  testWhere(engine.name !== 'mysql')('refuses copy from stdin and to stdout, and goes on', async () => {
    await ships();
    for (const copy of [
      sql`copy ships to stdout`,
      sql`COPY (select 1 as "from stdin") /* ; */ TO STDOUT (format csv)`,
      sql`-- all of them
        copy ships from stdin`,
    ]) {
      expect(kindOf(await refused(engine.db.many(copy)))).toBe('invalid_value');
    }
    const own = await engine.db.connect();
    expect(kindOf(await refused(own.script('select 1; copy ships from stdin;')))).toBe('invalid_value');
    await own.release();
    expect(await engine.db.one(sql`select 'copy ships from stdin' as text`)).toEqual({
      text: 'copy ships from stdin',
    });
  });

  test('refuses undefined, which is a mistake more often than NULL', async () => {
    await expect(engine.db.many(sql`select ${undefined} as a`)).rejects.toMatchObject({
      code: 'DB_INVALID_VALUE',
    });
  });

  test('refuses an unknown option and names the right one', async () => {
    const query = engine.db.many(sql`select 1 as one`, { timeuot: 5 } as object);
    await expect(query).rejects.toThrow('unknown option "timeuot". Did you mean "timeout"?');
  });

  /** Which connection answers; the pool hands out the one used last. */
  async function backend(): Promise<unknown> {
    const query =
      engine.db.dialect === 'postgres'
        ? sql`select pg_backend_pid() as id`
        : sql`select connection_id() as id`;
    return engine.db.one(query);
  }
}

function inspected(error: DbError): string {
  return `${error.message} ${JSON.stringify(error)} ${Object.values(error).join(' ')} ${String(error.cause)}`;
}
