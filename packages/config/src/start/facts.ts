import type { Exposure, Field } from '../field.js';

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
  readonly field: Field;
  readonly kind: SimpleKind;
  readonly accepted: Accepted;
  readonly optional: boolean;
  readonly exposure: Exposure;
  /** Of a secret, or of what becomes one; 0 when it cannot. */
  readonly minBytes: number;
  /** The value of the default for all profiles; `undefined` when there is none. */
  readonly fallback: unknown;
  /** The defaults of some profiles. */
  readonly limited: readonly LimitedDefault[];
}

export interface LimitedDefault {
  readonly value: unknown;
  readonly only: readonly string[];
}

/** What the options of a builder come to. */
export interface Accepted {
  /** In units: of a number itself, milliseconds, bytes, items. */
  readonly min: number;
  readonly max: number;
  /** Of `oneOf` the texts, of a URL the protocols. */
  readonly texts?: readonly string[];
  readonly pattern?: RegExp | undefined;
  readonly item?: Facts;
  readonly separator?: string;
  readonly unique?: boolean;
}
