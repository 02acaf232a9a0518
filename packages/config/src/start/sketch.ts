import { type Field, type FieldDefinition, fieldKey } from '../field.js';
import { onDemand } from '../on-demand.js';
import { isProfile } from '../profile.js';
import { acceptedBy, acceptedInList, isOptions, isTexts } from './accepted-by.js';
import type { Facts, SimpleKind } from './facts.js';
import { readSurely } from './read-surely.js';

type Call = readonly [name: string, given: readonly unknown[]];

/**
 * A field as far as it was told: what a start has to know of it, and the calls that made it. Whoever asks for its definition
 * has the calls repeated by the full builder. A call that these few lines cannot vouch for goes to the full builder at once,
 * which does it or refuses it.
 */
class Sketch implements Field {
  /** Private, so that printing a field does not print the development default of a secret. */
  readonly #facts: Facts;
  readonly #calls: readonly Call[];
  #definition: FieldDefinition | undefined;

  constructor(facts: Facts, calls: readonly Call[]) {
    this.#facts = facts;
    this.#calls = calls;
  }

  static factsOf(field: unknown): Facts | undefined {
    return typeof field === 'object' && field !== null && #facts in field ? field.#facts : undefined;
  }

  get [fieldKey](): FieldDefinition {
    this.#definition ??= repeat(this.#calls)[fieldKey];
    return this.#definition;
  }

  optional(): Field {
    return this.#with(['optional', []], { optional: true });
  }

  describe(description: string): Field {
    return this.#with(['describe', [description]], {});
  }

  default(given: unknown, options?: unknown): Field {
    const literal = Array.isArray(given) ? [...given] : given;
    const call: Call = ['default', options === undefined ? [literal] : [literal, options]];
    const value = readLiteral(this.#facts, literal);
    if (value === undefined) return this.#leave(call);
    const { defaults } = this.#facts;
    if (options === undefined) {
      return this.#with(call, {
        defaults: [...defaults.filter(({ only }) => only !== undefined), { value }],
      });
    }
    const only = isOptions(options, ['only']) ? options.only : undefined;
    if (!isTexts(only) || !only.every(isProfile)) return this.#leave(call);
    return this.#with(['default', [literal, { only: [...only] }]], {
      defaults: [...defaults, { value, only: [...only] }],
    });
  }

  client(): Field {
    const call: Call = ['client', []];
    return this.#facts.exposure === 'secret' ? this.#leave(call) : this.#with(call, { exposure: 'client' });
  }

  secret(options: unknown = {}): Field {
    const { exposure, minBytes: own } = this.#facts;
    const call: Call = ['secret', [options]];
    if (exposure === 'client' || own === undefined || !isOptions(options, ['minBytes', 'generate']))
      return this.#leave(call);
    const { minBytes = own, generate } = options;
    if (!Number.isSafeInteger(minBytes) || Number(minBytes) < 1) return this.#leave(call);
    return this.#with(['secret', [{ minBytes, generate }]], {
      exposure: 'secret',
      minBytes: Number(minBytes),
    });
  }

  #with(call: Call, change: Partial<Facts>): Field {
    return new Sketch({ ...this.#facts, ...change }, [...this.#calls, call]);
  }

  #leave(call: Call): Field {
    return repeat([...this.#calls, call]);
  }
}

/** What a start has to know of the field, or `undefined` when only its definition tells. */
export const factsOf: (field: unknown) => Facts | undefined = Sketch.factsOf;

/** `env.<kind>(...given)` */
export function sketchOf(kind: SimpleKind, given: readonly unknown[]): Field {
  const call: Call = [kind, given];
  const accepted = kind === 'list' ? acceptedInList(factsOf(given[0]), given[1]) : acceptedBy(kind, given[0]);
  if (accepted === undefined) return repeat([call]);
  const facts = {
    kind,
    accepted,
    optional: false,
    defaults: [],
    exposure: 'server',
    minBytes: minBytes[kind],
  } as const;
  return new Sketch(facts, [call]);
}

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

/** Has the full builders do what was asked of the sketches. */
function repeat(calls: readonly Call[]): Field {
  const [[kind, given] = ['', []], ...methods] = calls;
  let field: unknown = call(onDemand().env, kind, given);
  for (const [name, values] of methods) field = call(field, name, values);
  return field as Field;
}

function call(owner: unknown, name: string, given: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(Object(owner), name);
  return typeof method === 'function' ? Reflect.apply(method, owner, given) : undefined;
}
