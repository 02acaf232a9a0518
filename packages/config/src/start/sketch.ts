import { type Field, type FieldDefinition, fieldKey } from '../field.js';
import { onDemand } from '../on-demand.js';
import { isProfile } from '../profile.js';
import { acceptedBy, acceptedInList, isOptions, isTexts } from './accepted-by.js';
import type { Facts, SimpleKind } from './facts.js';
import { readSurely } from './read-surely.js';

/** One call of a builder, and the calls before it. */
interface Call {
  readonly before: Call | undefined;
  readonly name: string;
  readonly given: readonly unknown[];
}

/** What is known of a field, and how it was made. One object, because each private member of a class costs a start. */
interface Told {
  readonly facts: Facts;
  readonly call: Call;
  definition?: FieldDefinition;
}

/**
 * A field as far as it was told: what a start has to know of it, and the calls that made it. Whoever asks for its definition
 * has the calls repeated by the full builder. A call that these few lines cannot vouch for goes to the full builder at once,
 * which does it or refuses it.
 */
class Sketch implements Field {
  /** Private, so that printing a field does not print the development default of a secret. */
  readonly #told: Told;

  constructor(told: Told) {
    this.#told = told;
  }

  static factsOf(field: unknown): Facts | undefined {
    return typeof field === 'object' && field !== null && #told in field ? field.#told.facts : undefined;
  }

  get [fieldKey](): FieldDefinition {
    this.#told.definition ??= repeat(this.#told.call)[fieldKey];
    return this.#told.definition;
  }

  optional(): Field {
    const { facts, call } = this.#told;
    return sketch({ ...facts, optional: true }, call, 'optional', []);
  }

  describe(description: string): Field {
    const { facts, call } = this.#told;
    return sketch(facts, call, 'describe', [description]);
  }

  default(given: unknown, options?: unknown): Field {
    const { facts, call } = this.#told;
    const literal = Array.isArray(given) ? [...given] : given;
    const value = readLiteral(facts, literal);
    if (options !== undefined) return limitedDefault(this.#told, { literal, value, options });
    if (value === undefined) return fullField(call, 'default', [literal]);
    const others = facts.defaults.filter(({ only }) => only !== undefined);
    return sketch({ ...facts, defaults: [...others, { value }] }, call, 'default', [literal]);
  }

  client(): Field {
    const { facts, call } = this.#told;
    if (facts.exposure === 'secret') return fullField(call, 'client', []);
    return sketch({ ...facts, exposure: 'client' }, call, 'client', []);
  }

  secret(options: unknown = {}): Field {
    const { facts, call } = this.#told;
    const isPossible = facts.exposure !== 'client' && facts.minBytes !== undefined;
    if (!isPossible || !isOptions(options, ['minBytes', 'generate']))
      return fullField(call, 'secret', [options]);
    const { minBytes = facts.minBytes, generate } = options;
    if (!Number.isSafeInteger(minBytes) || Number(minBytes) < 1) return fullField(call, 'secret', [options]);
    const change = { exposure: 'secret', minBytes: Number(minBytes) } as const;
    return sketch({ ...facts, ...change }, call, 'secret', [{ minBytes, generate }]);
  }
}

interface Default {
  readonly literal: unknown;
  readonly value: unknown;
  readonly options: unknown;
}

/** `.default(literal, { only })` */
function limitedDefault({ facts, call }: Told, { literal, value, options }: Default): Field {
  const only = isOptions(options, ['only']) ? options.only : undefined;
  if (value === undefined || !isTexts(only, isProfile)) return fullField(call, 'default', [literal, options]);
  const defaults = [...facts.defaults, { value, only: [...only] }];
  return sketch({ ...facts, defaults }, call, 'default', [literal, { only: [...only] }]);
}

function sketch(facts: Facts, before: Call | undefined, name: string, given: readonly unknown[]): Field {
  return new Sketch({ facts, call: { before, name, given } });
}

/** What a start has to know of the field, or `undefined` when only its definition tells. */
export const factsOf: (field: unknown) => Facts | undefined = Sketch.factsOf;

/** `env.<kind>(...given)` */
export function sketchOf(kind: SimpleKind, given: readonly unknown[]): Field {
  const accepted = kind === 'list' ? acceptedInList(factsOf(given[0]), given[1]) : acceptedBy(kind, given[0]);
  if (accepted === undefined) return fullField(undefined, kind, given);
  const facts = {
    kind,
    accepted,
    optional: false,
    defaults: none,
    exposure: 'server',
    minBytes: minBytes[kind],
  } as const;
  return sketch(facts, undefined, kind, given);
}

const none: Facts['defaults'] = [];

/** Of a secret that says nothing else; a kind that is missing here is not known to be one that can be a secret. */
const minBytes: Readonly<Partial<Record<SimpleKind, number>>> = {
  string: 32,
  url: 1,
  origin: 1,
  email: 1,
  oneOf: 1,
};

/** The value of a default, which is written as the value or as its text. */
function readLiteral(facts: Facts, literal: unknown): unknown {
  if (facts.kind === 'list') return Array.isArray(literal) ? readLiterals(facts, literal) : undefined;
  if (typeof literal === 'object') return undefined;
  return readSurely(
    facts,
    typeof literal === 'number' && facts.kind === 'duration' ? `${literal}ms` : String(literal),
  );
}

function readLiterals(facts: Facts, literals: readonly unknown[]): unknown {
  const { item, separator = ',' } = facts.accepted;
  const texts = literals.map(String);
  if (item?.kind === 'duration' || texts.some((text) => text.includes(separator))) return undefined;
  return texts.length === 0 ? undefined : readSurely(facts, texts.join(separator));
}

/** Has the full builders do what was asked of the sketches, and one call more. */
function fullField(before: Call | undefined, name: string, given: readonly unknown[]): Field {
  return repeat({ before, name, given });
}

function repeat({ before, name, given }: Call): Field {
  const owner: object = before === undefined ? onDemand().env : repeat(before);
  const method: unknown = Reflect.get(owner, name);
  const field: unknown = typeof method === 'function' ? Reflect.apply(method, owner, given) : undefined;
  return field as Field;
}
