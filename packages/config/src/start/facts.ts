import type { Exposure } from '../field.js';

/** The kinds that are simple enough to be read without the rest of the package. */
export type SimpleKind =
  | 'string'
  | 'int'
  | 'number'
  | 'bool'
  | 'port'
  | 'url'
  | 'origin'
  | 'email'
  | 'oneOf'
  | 'list'
  | 'duration'
  | 'bytes'
  | 'profile';

/** What is known of a field without its full definition. */
export interface Facts {
  readonly kind: SimpleKind;
  /** Of `oneOf` the texts; in units: milliseconds, bytes, characters, items. */
  readonly accepted: Accepted;
  readonly optional: boolean;
  /** Their values, read. */
  readonly defaults: readonly { readonly value: unknown; readonly only?: readonly string[] }[];
  readonly exposure: Exposure;
  /** Of a secret, or of what becomes one. `undefined` when it cannot. */
  readonly minBytes: number | undefined;
}

/** What the options of a builder come to. */
export interface Accepted {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly texts?: readonly string[];
  readonly pattern?: RegExp | undefined;
  readonly item?: Facts;
  readonly separator?: string;
  readonly unique?: boolean;
}
