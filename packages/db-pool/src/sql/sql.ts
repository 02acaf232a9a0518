import type { SqlQuery, StandardSchema } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { Sql, SqlIdentifier, SqlJson } from './fragments.js';

type Values = readonly unknown[];

/** A statement whose rows are checked by a schema: `db.one(sql.type(User)`select …`)` answers a `User`. */
export interface TypedSql<Row> extends SqlQuery {
  readonly schema: StandardSchema<unknown, Row>;
}

export interface SqlTag {
  (strings: TemplateStringsArray, ...values: Values): Sql;
  /** A name of a table or column, quoted for the engine; several are joined by dots: `sql.id('public', 'users')`. */
  id(...path: readonly [string, ...string[]]): SqlIdentifier;
  /** `(a, b, c)` for `in`. @throws DbError `invalid_value` for an empty list, which no engine accepts. */
  list(values: Values): Sql;
  /** `("a", "b") values (…)` for `insert into t`. A key whose value is `undefined` is left out. */
  row(row: Readonly<Record<string, unknown>>): Sql;
  /** As `row` for several at once; the first one's keys are the columns. */
  rows(rows: readonly Readonly<Record<string, unknown>>[]): Sql;
  /** `"a" = …, "b" = …` for `update t set`. A key whose value is `undefined` is left out. */
  set(row: Readonly<Record<string, unknown>>): Sql;
  /** Puts fragments or values side by side. @defaultValue separator sql`, ` */
  join(parts: Values, separator?: Sql): Sql;
  /** A value as JSON text: for arrays, and for strings that are meant as JSON. */
  json(value: unknown): SqlJson;
  /** Text that goes into the statement as it is. It takes a template without values, so only what the author wrote. */
  raw(strings: TemplateStringsArray, ...none: readonly never[]): Sql;
  /** A statement with a Standard Schema for its rows. */
  type<Row>(
    schema: StandardSchema<unknown, Row>,
  ): (strings: TemplateStringsArray, ...values: Values) => TypedSql<Row>;
}

/**
 * Writes a statement. Whatever stands in `${}` is sent apart from the text and cannot become SQL, except fragments made
 * by this tag, which become part of the statement with their own values bound.
 *
 * @example
 * const onlyActive = active ? sql`and active` : sql``;
 * db.many(sql`select id, name from ${sql.id(table)} where team in ${sql.list(teams)} ${onlyActive}`);
 */
export const sql: SqlTag = Object.assign(
  (strings: TemplateStringsArray, ...values: Values): Sql => new Sql(authored(strings, 'sql'), values),
  {
    id: (...path: readonly [string, ...string[]]) => new SqlIdentifier(path),
    list(values: Values): Sql {
      if (values.length === 0) throw empty('sql.list');
      return enclosed(values);
    },
    row: (row: Readonly<Record<string, unknown>>) => insertion([row], 'sql.row'),
    rows: (rows: readonly Readonly<Record<string, unknown>>[]) => insertion(rows, 'sql.rows'),
    set(row: Readonly<Record<string, unknown>>): Sql {
      const names = namesOf(row);
      if (names.length === 0) throw empty('sql.set');
      return joined(
        names.map((name) => new Sql(['', ' = ', ''], [new SqlIdentifier([name]), row[name]])),
        ', ',
      );
    },
    join(parts: Values, separator: Sql = new Sql([', '], [])): Sql {
      if (parts.length === 0) return new Sql([''], []);
      const values = parts.flatMap((part, at) => (at === 0 ? [part] : [separator, part]));
      return new Sql(Array<string>(values.length + 1).fill(''), values);
    },
    json: (value: unknown) => new SqlJson(value),
    raw(strings: TemplateStringsArray, ...none: readonly never[]): Sql {
      if (none.length > 0) {
        throw new DbError(
          'invalid_value',
          'sql.raw takes no values. Put them into a sql template, which binds them.',
        );
      }
      return new Sql(authored(strings, 'sql.raw'), []);
    },
    type:
      <Row>(schema: StandardSchema<unknown, Row>) =>
      (strings: TemplateStringsArray, ...values: Values): TypedSql<Row> =>
        Object.assign(new Sql(authored(strings, 'sql.type'), values), { schema }),
  },
);

/** A call such as `sql(text)` would make text from anywhere a statement; only a template literal has `raw`. */
function authored(strings: TemplateStringsArray, tag: string): readonly string[] {
  if (Array.isArray(strings) && Array.isArray(strings.raw)) return strings;
  throw new DbError(
    'invalid_value',
    `${tag} is a template tag: write ${tag}\`select 1\`, do not call it with a string.`,
  );
}

function insertion(rows: readonly Readonly<Record<string, unknown>>[], owner: string): Sql {
  const [first] = rows;
  const names = first === undefined ? [] : namesOf(first);
  if (names.length === 0) throw empty(owner);
  for (const row of rows) {
    const odd = namesOf(row).find((name) => !names.includes(name));
    if (odd !== undefined) {
      throw new DbError(
        'invalid_value',
        `${owner}: a later row has the key "${odd}", which the first lacks.`,
      );
    }
  }
  const columns = enclosed(names.map((name) => new SqlIdentifier([name])));
  const tuples = joined(
    rows.map((row) => enclosed(names.map((name) => row[name] ?? null))),
    ', ',
  );
  return new Sql(['', ' values ', ''], [columns, tuples]);
}

function namesOf(row: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(row).filter((name) => row[name] !== undefined);
}

function enclosed(values: Values): Sql {
  return new Sql(['(', ...Array<string>(values.length - 1).fill(', '), ')'], values);
}

function joined(parts: Values, separator: string): Sql {
  return new Sql(['', ...Array<string>(parts.length - 1).fill(separator), ''], parts);
}

function empty(owner: string): DbError {
  return new DbError('invalid_value', `${owner} needs at least one value; branch before it is empty.`);
}
