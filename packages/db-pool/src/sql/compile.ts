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

/** Writes placeholders and quotes names for the engine; nested fragments become part of the text, values never do. */
export function compile(query: SqlQuery, dialect: SqlDialect): Statement {
  const values: unknown[] = [];
  const quote = dialect === 'postgres' ? '"' : '`';

  function write({ strings, values: parts }: SqlQuery, depth: number): string {
    if (depth > maxDepth)
      throw new DbError('invalid_value', 'A statement is nested more than 100 levels deep.');
    let text = strings[0] ?? '';
    for (const [at, part] of parts.entries()) {
      text += writePart(part, depth) + (strings[at + 1] ?? '');
    }
    return text;
  }

  function writePart(part: unknown, depth: number): string {
    if (Sql.is(part)) return write(part, depth + 1);
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

  return { text: write(query, 0), values };
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
