import { invalidOption, OptionsError, optionsOf } from '@seaworthy/contracts';
import {
  type DefaultOptions,
  type Field,
  type FieldDefinition,
  fieldKey,
  type PlainField,
  type SecretField,
  type SecretOptions,
  type TextField,
} from './field.js';
import { isProfile, profiles } from './profile.js';
import { secretOptions } from './secret-options.js';

const readDefaultOptions = optionsOf<DefaultOptions>('default()', { only: true });

/** What a builder says about its kind of field; the rest begins empty. */
export type FieldKind = Pick<FieldDefinition, 'kind' | 'expected' | 'parse' | 'format'> &
  Partial<FieldDefinition>;

/** Has every method; the interfaces in `field.ts` say which of them make sense where. */
class FieldBuilder implements Field {
  /** Private, so that printing a field does not print the development default of a secret. */
  readonly #definition: FieldDefinition;

  constructor(definition: FieldDefinition) {
    this.#definition = definition;
  }

  get [fieldKey](): FieldDefinition {
    return this.#definition;
  }

  optional(): FieldBuilder {
    return this.#with({ optional: true });
  }

  default(literal: unknown, options?: DefaultOptions): FieldBuilder {
    if (options === undefined) {
      const others = this.#definition.defaults.filter(({ only }) => only !== undefined);
      return this.#with({ defaults: [...others, { literal }] });
    }
    const { only } = readDefaultOptions(options);
    if (!Array.isArray(only) || only.length === 0 || !only.every((name) => isProfile(name))) {
      throw invalidOption('default()', 'only', `a list of ${profiles.join(', ')}`);
    }
    return this.#with({ defaults: [...this.#definition.defaults, { literal, only }] });
  }

  describe(description: string): FieldBuilder {
    return this.#with({ description });
  }

  client(): FieldBuilder {
    if (this.#definition.exposure === 'secret')
      throw contradiction('A secret may not reach a browser: remove client().');
    return this.#with({ exposure: 'client' });
  }

  secret(options: SecretOptions = {}): FieldBuilder {
    const definition = this.#definition;
    if (definition.exposure === 'client') {
      throw contradiction('What may reach a browser is no secret: remove client() or secret().');
    }
    if (definition.secret === undefined) {
      throw contradiction(`A field of the kind ${definition.kind} cannot be a secret: only text can.`);
    }
    return this.#with({ exposure: 'secret', secret: secretOptions(definition.secret, options) });
  }

  #with(change: Partial<FieldDefinition>): FieldBuilder {
    return new FieldBuilder({ ...this.#definition, ...change });
  }
}

/** A field of values that are no text, so that they cannot be secrets. */
export function plainField<Value, Literal>(kind: FieldKind): PlainField<Value, Literal> {
  return fieldOf<PlainField<Value, Literal>>(kind);
}

/** A field of text. */
export function textField<Value extends string, Literal = Value>(kind: FieldKind): TextField<Value, Literal> {
  return fieldOf<TextField<Value, Literal>>({ secret: { minBytes: 1 }, ...kind });
}

/** A field that is a secret from the start: a list of secrets. */
export function secretField<Value, Literal>(kind: FieldKind): SecretField<Value, Literal> {
  return fieldOf<SecretField<Value, Literal>>({ ...kind, exposure: 'secret' });
}

/** The one place where a builder takes the static type of its kind. */
function fieldOf<F extends Field>(kind: FieldKind): F {
  const empty = { optional: false, defaults: [], description: '', exposure: 'server' } as const;
  const field: unknown = new FieldBuilder({ ...empty, ...kind });
  return field as F;
}

function contradiction(message: string): OptionsError {
  return new OptionsError(message, { code: 'INVALID_OPTION' });
}
