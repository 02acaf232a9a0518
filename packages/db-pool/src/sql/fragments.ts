import type { SqlQuery } from '@seaworthy/contracts';

const brand = Symbol.for('seaworthy.sql.fragment');

type FragmentKind = 'sql' | 'id' | 'json';

/**
 * Fragments are told from values by a symbol, which no JSON body can hold: a client that sends
 * `{ "strings": ["; drop table users"], "values": [] }` has sent a value.
 */
function kindOf(value: unknown): FragmentKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const kind: unknown = Reflect.get(value, brand);
  return kind === 'sql' || kind === 'id' || kind === 'json' ? kind : undefined;
}

/** A statement or a part of one, with its values. */
export class Sql implements SqlQuery {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];

  constructor(strings: readonly string[], values: readonly unknown[]) {
    this.strings = strings;
    this.values = values;
  }

  static is(value: unknown): value is Sql {
    return kindOf(value) === 'sql';
  }
}

/** A name that the engine's dialect will quote. */
export class SqlIdentifier {
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    this.path = path;
  }

  static is(value: unknown): value is SqlIdentifier {
    return kindOf(value) === 'id';
  }
}

/** A value that is sent as JSON text. */
export class SqlJson {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  static is(value: unknown): value is SqlJson {
    return kindOf(value) === 'json';
  }
}

Object.defineProperty(Sql.prototype, brand, { value: 'sql' });
Object.defineProperty(SqlIdentifier.prototype, brand, { value: 'id' });
Object.defineProperty(SqlJson.prototype, brand, { value: 'json' });
