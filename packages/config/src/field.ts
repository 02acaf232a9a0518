import type { Secret } from '@seaworthy/contracts';
import type { Parsed } from './parsed.js';
import type { Profile } from './profile.js';
import type { TextShape } from './text-shape.js';

/** Under which a field keeps its definition; shared by all copies of this package. */
export const fieldKey: unique symbol = Symbol.for('seaworthy.config.field');

/** `server` values stay in the process, `secret` ones cannot be printed, `client` ones may reach a browser. */
export type Exposure = 'server' | 'secret' | 'client';

export interface FieldDefault {
  readonly literal: unknown;
  /** The profiles that it holds for; all the others when absent. */
  readonly only?: readonly Profile[];
}

/** What a field is, as data: the loader and the generators read it. */
export interface FieldDefinition<Out = unknown, E extends Exposure = Exposure> {
  /** For the generated documents: `port`, `url`. */
  readonly kind: string;
  /** What it accepts, to be read after "expected": `a port from 1 to 65535`. */
  readonly expected: string;
  readonly parse: (text: string) => Parsed;
  /** What a schema says about a variable that nothing sets; absent where that is simply missing. */
  readonly parseMissing?: () => Parsed;
  /** The text that `parse` reads back as the literal. */
  readonly format: (literal: unknown) => string;
  readonly optional: boolean;
  readonly defaults: readonly FieldDefault[];
  readonly description: string;
  readonly exposure: Exposure;
  /** For JSON Schema, where there is more to say than the kind does. */
  readonly shape?: () => TextShape;
  /** The value is the name of the profile, wherever the variable stands. */
  readonly isProfile?: boolean;
  readonly secret?: SecretOptions;
  /** The part of a secret that somebody chose: the password of a URL. @defaultValue all of it */
  readonly chosenPart?: (text: string) => string | undefined;
  /** Carries the types and does not exist; a tuple, because a bare `undefined` would be lost in inference. */
  readonly type?: readonly [Out, E];
}

export interface SecretOptions {
  /**
   * The shortest that is accepted, in bytes of UTF-8, in every profile.
   * @defaultValue 32 for text, after RFC 7518 section 3.2 for HS256 keys; 1 for everything else
   */
  readonly minBytes?: number;
  /** The command that makes a good one, for the report and the documents. @defaultValue for text `openssl rand -base64 32` */
  readonly generate?: string;
}

export interface DefaultOptions<Name extends Profile = Profile> {
  /** The profiles that the default holds for. It wins over a default for all. @defaultValue every profile */
  readonly only: readonly [Name, ...Name[]];
}

/** A variable of a configuration. Immutable: every method gives a new field. */
export interface Field<Out = unknown, E extends Exposure = Exposure> {
  readonly [fieldKey]: FieldDefinition<Out, E>;
}

/** A variable whose value may not be a secret and may reach a browser. `Value` when set, `Literal` in code, `Out` in the result. */
export interface PlainField<Value, Literal, Out = Value> extends Field<Out, 'server'> {
  /** Without a value it is `undefined`. */
  optional(): PlainField<Value, Literal, Value | undefined>;
  /** The value when nothing sets the variable. It is checked like any other when the configuration is defined. */
  default(value: Literal): PlainField<Value, Literal>;
  default(value: Literal, options: DefaultOptions): PlainField<Value, Literal, Out>;
  /** One sentence for the generated documents. */
  describe(text: string): PlainField<Value, Literal, Out>;
  /** Marks a value that may stand in a browser bundle. A secret cannot be marked so. */
  client(): ClientField<Value, Literal, Out>;
}

/** A {@link PlainField} that can become a secret. */
export interface TextField<Value extends string, Literal = Value, Out = Value> extends Field<Out, 'server'> {
  /** Without a value it is `undefined`. */
  optional(): TextField<Value, Literal, Value | undefined>;
  /** The value when nothing sets the variable. It is checked like any other when the configuration is defined. */
  default(value: Literal): TextField<Value, Literal>;
  default(value: Literal, options: DefaultOptions): TextField<Value, Literal, Out>;
  /** One sentence for the generated documents. */
  describe(text: string): TextField<Value, Literal, Out>;
  /** Marks a value that may stand in a browser bundle. */
  client(): ClientField<Value, Literal, Out>;
  /**
   * The value becomes a `Secret`, which cannot be printed. Placeholders, repeated characters and the field's own
   * development default are refused in staging and production.
   */
  secret(
    options?: SecretOptions,
  ): SecretField<Secret, Literal, undefined extends Out ? Secret | undefined : Secret>;
}

/** A secret. It has no `client()`, and its defaults may hold for development and test only. */
export interface SecretField<Value, Literal, Out = Value> extends Field<Out, 'secret'> {
  /** Without a value it is `undefined`. */
  optional(): SecretField<Value, Literal, Value | undefined>;
  /** A stand-in for development and test. It stands in the source code, so staging and production refuse it as a value. */
  default(value: Literal, options: DefaultOptions<'development' | 'test'>): SecretField<Value, Literal, Out>;
  /** One sentence for the generated documents. */
  describe(text: string): SecretField<Value, Literal, Out>;
}

/** A value that may stand in a browser bundle. It has no `secret()`. */
export interface ClientField<Value, Literal, Out = Value> extends Field<Out, 'client'> {
  /** Without a value it is `undefined`. */
  optional(): ClientField<Value, Literal, Value | undefined>;
  /** The value when nothing sets the variable. It is checked like any other when the configuration is defined. */
  default(value: Literal): ClientField<Value, Literal>;
  default(value: Literal, options: DefaultOptions): ClientField<Value, Literal, Out>;
  /** One sentence for the generated documents. */
  describe(text: string): ClientField<Value, Literal, Out>;
}

export function isField(value: unknown): value is Field {
  return typeof value === 'object' && value !== null && fieldKey in value;
}
