import type { SqlDialect, SqlQuery } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { Sql, SqlIdentifier } from './fragments.js';

/** A statement as a driver sends it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Deeper nesting is a mistake, such as a fragment that holds itself. */
const maxDepth = 100;

/** What both protocols count in 16 bits; with more, the drivers would send another number. */
const maxValues = 65_535;

/** The texts of templates without fragments, which are the same at each call: one text, of which the engine knows the hash. */
const texts: Readonly<Record<SqlDialect, WeakMap<readonly string[], string>>> = {
  postgres: new WeakMap(),
  mysql: new WeakMap(),
};

/** Writes placeholders and quotes names for the engine; nested fragments become part of the text, values never do. */
export function compile(query: SqlQuery, dialect: SqlDialect): Statement {
  const { strings, values } = query;
  if (!values.every(isPlain)) return bounded(write(query, dialect));
  const known = texts[dialect].get(strings);
  if (known !== undefined) return { text: known, values: [...values] };
  const statement = bounded(write(query, dialect));
  if (Object.isFrozen(strings)) texts[dialect].set(strings, statement.text);
  return statement;
}

function bounded(statement: Statement): Statement {
  if (statement.values.length <= maxValues) return statement;
  throw new DbError(
    'invalid_value',
    `The statement has ${statement.values.length} values, and the database takes ${maxValues}. Write fewer rows at once, or pass one array or sql.json().`,
  );
}

/** Whether it is bound, whatever it is. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object') return value !== undefined;
  return !Sql.is(value) && !SqlIdentifier.is(value);
}

function write(query: SqlQuery, dialect: SqlDialect): Statement {
  const values: unknown[] = [];
  const quote = dialect === 'postgres' ? '"' : '`';

  function writeAll({ strings, values: parts }: SqlQuery, depth: number): string {
    if (depth > maxDepth)
      throw new DbError('invalid_value', 'A statement is nested more than 100 levels deep.');
    let text = strings[0] ?? '';
    for (const [at, part] of parts.entries()) {
      text += writePart(part, depth) + (strings[at + 1] ?? '');
    }
    return text;
  }

  function writePart(part: unknown, depth: number): string {
    if (Sql.is(part)) return writeAll(part, depth + 1);
    if (SqlIdentifier.is(part)) return part.path.map((name) => quoted(name, quote)).join('.');
    if (part === undefined) {
      throw new DbError(
        'invalid_value',
        `Value ${values.length + 1} of the statement is undefined. Pass null for SQL NULL.`,
      );
    }
    values.push(part);
    return dialect === 'postgres' ? `$${values.length}` : '?';
  }

  return { text: writeAll(query, 0), values };
}

function quoted(name: string, quote: string): string {
  if (typeof name !== 'string' || name === '' || name.includes('\0')) {
    throw new DbError(
      'invalid_value',
      'sql.id takes names that are neither empty nor contain a zero character.',
    );
  }
  return quote + name.replaceAll(quote, quote + quote) + quote;
}
