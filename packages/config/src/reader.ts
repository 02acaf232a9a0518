import type { Circumstances } from './evaluate.js';
import type { FieldDefinition } from './field.js';
import type { Problem } from './problem.js';

/** Turns what the sources gave into values: field by field, or by one schema for all. */
export interface Reader {
  /** By variable, in the order of the schema. */
  readonly definitions: ReadonlyMap<string, FieldDefinition>;
  read(circumstances: Circumstances): Reading;
}

export interface Reading {
  /** Complete only when there are no problems. */
  readonly values: object;
  readonly problems: readonly Problem[];
  /** What is to be looked at and keeps nothing from starting. */
  readonly warnings: readonly Problem[];
  /** What became of each variable. */
  readonly states: ReadonlyMap<string, 'set' | 'default' | 'unset'>;
}
