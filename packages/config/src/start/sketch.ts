import { type Exposure, type Field, type FieldDefinition, fieldKey } from '../field.js';
import { onDemand } from '../on-demand.js';
import { isProfile } from '../profile.js';
import { acceptedAlways, acceptedBy, acceptedInList, anything, isOptions, isTexts } from './accepted-by.js';
import type { Accepted, Facts, LimitedDefault, SimpleKind } from './facts.js';
import { readSurely } from './read-surely.js';

const none: readonly LimitedDefault[] = [];

/**
 * What is known of a field, and the call that came last; `before` knows of the others. Assigned and no literal, for which V8
 * asks its runtime about each value as long as a function is new.
 */
class Told implements Facts {
  declare readonly kind: SimpleKind;
  declare readonly accepted: Accepted;
  declare optional: boolean;
  declare exposure: Exposure;
  declare minBytes: number;
  declare fallback: unknown;
  declare limited: readonly LimitedDefault[];
  declare readonly before: Told | undefined;
  declare readonly method: string;
  declare first: unknown;
  declare second: unknown;
  declare field: Field;
  declare definition?: FieldDefinition;

  constructor(kind: SimpleKind, accepted: Accepted, before: Told | undefined, method: string) {
    this.kind = kind;
    this.accepted = accepted;
    this.optional = false;
    this.exposure = 'server';
    this.minBytes = 0;
    this.fallback = undefined;
    this.limited = none;
    this.before = before;
    this.method = method;
    this.first = undefined;
    this.second = undefined;
  }
}

/** Outside of the fields, so that printing one does not print the development default of a secret. */
const allTold = new WeakMap<object, Told>();

function fieldWith(told: Told): Field {
  const field: Field = Object.create(methods);
  told.field = field;
  allTold.set(field, told);
  return field;
}

/** What a start has to know of the field, or `undefined` when only its definition tells. */
export function factsOf(field: unknown): Facts | undefined {
  return typeof field === 'object' && field !== null ? allTold.get(field) : undefined;
}

/** `env.<kind>(first, second)` */
export function sketchOf(kind: SimpleKind, first: unknown, second: unknown): Field {
  const accepted =
    kind === 'list'
      ? acceptedInList(factsOf(first), second)
      : first === undefined
        ? acceptedAlways(kind)
        : acceptedBy(kind, first);
  const told = new Told(kind, accepted ?? anything, undefined, kind);
  told.minBytes = minBytes[kind] ?? 0;
  told.first = first;
  told.second = second;
  return accepted === undefined ? repeat(told) : fieldWith(told);
}

/** Of a secret that says nothing else; a kind that is missing here is not known to be one that can be a secret. */
const minBytes: Readonly<Partial<Record<SimpleKind, number>>> = {
  string: 32,
  url: 1,
  origin: 1,
  email: 1,
  oneOf: 1,
};

/** One call more; what it changes is for the caller to set. */
function after(field: object, method: string, first: unknown): Told {
  const before = allTold.get(field);
  if (before === undefined) throw new TypeError('A method of a field is called on that field.');
  const told = new Told(before.kind, before.accepted, before, method);
  told.optional = before.optional;
  told.exposure = before.exposure;
  told.minBytes = before.minBytes;
  told.fallback = before.fallback;
  told.limited = before.limited;
  told.first = first;
  return told;
}

function optional(this: object): Field {
  const told = after(this, 'optional', undefined);
  told.optional = true;
  return fieldWith(told);
}

const describe = function (this: object, description: string): Field {
  return fieldWith(after(this, 'describe', description));
};

const client = function (this: object): Field {
  const told = after(this, 'client', undefined);
  if (told.exposure === 'secret') return repeat(told);
  told.exposure = 'client';
  return fieldWith(told);
};

function secret(this: object, options: unknown): Field {
  const told = after(this, 'secret', options);
  if (told.exposure === 'client' || told.minBytes === 0) return repeat(told);
  if (options !== undefined) {
    if (!isOptions(options, ['minBytes', 'generate'])) return repeat(told);
    const { minBytes = told.minBytes, generate } = options;
    if (!Number.isSafeInteger(minBytes) || Number(minBytes) < 1) return repeat(told);
    told.minBytes = Number(minBytes);
    told.first = { minBytes, generate };
  }
  told.exposure = 'secret';
  return fieldWith(told);
}

/** `.default(literal)`, `.default(literal, { only })` */
function withDefault(this: object, given: unknown, options: unknown): Field {
  const literal = Array.isArray(given) ? given.slice() : given;
  const told = after(this, 'default', literal);
  const value = readLiteral(told, literal);
  told.second = options;
  if (value === undefined) return repeat(told);
  if (options === undefined) {
    told.fallback = value;
  } else {
    if (!isOptions(options, ['only']) || !isTexts(options.only, isProfile)) return repeat(told);
    const only = options.only.slice();
    told.second = { only };
    told.limited = [...told.limited, { value, only }];
  }
  return fieldWith(told);
}

/**
 * The methods of a field as far as it was told: what a start has to know of it, and the calls that made it. Whoever asks for
 * its definition has the calls repeated by the full builder. A call that these few lines cannot vouch for goes to the full
 * builder at once, which does it or refuses it.
 */
const methods = {
  optional,
  default: withDefault,
  describe,
  client,
  secret,
  get [fieldKey](): FieldDefinition | undefined {
    const told = allTold.get(this);
    if (told !== undefined) told.definition ??= repeat(told)[fieldKey];
    return told?.definition;
  },
};

/** The value of a default, which is written as the value or as its text. */
function readLiteral(facts: Facts, literal: unknown): unknown {
  if (typeof literal === 'object') return Array.isArray(literal) ? readLiterals(facts, literal) : undefined;
  if (facts.kind === 'list') return undefined;
  return readSurely(
    facts,
    typeof literal === 'number' && facts.kind === 'duration' ? `${literal}ms` : String(literal),
  );
}

const readLiterals = (facts: Facts, literals: readonly unknown[]): unknown => {
  const { item, separator = ',' } = facts.accepted;
  const texts = literals.map(String);
  if (item === undefined || item.kind === 'duration' || texts.length === 0) return undefined;
  return texts.some((text) => text.includes(separator))
    ? undefined
    : readSurely(facts, texts.join(separator));
};

/** Has the full builders make what was asked of the sketches. */
const repeat = ({ before, method, first, second }: Told): Field => {
  const owner: object = before === undefined ? onDemand().env : repeat(before);
  const call: unknown = Reflect.get(owner, method);
  const field: unknown = typeof call === 'function' ? Reflect.apply(call, owner, [first, second]) : undefined;
  return field as Field;
};
