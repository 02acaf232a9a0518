import type { ProblemCode } from './problem.js';

/** What is wrong with one text. None of it may hold any part of that text. */
export interface Fault {
  /** What is the matter, to be read after the variable's name: `is not a whole number`. */
  readonly message: string;
  /** Overrides what the field expects in general. */
  readonly expected?: string;
  /** Where inside a list or a JSON value: `[2]`, `.limits.users`. Holds only names that stand in the schema. */
  readonly path?: string;
  readonly fix?: string;
  /** @defaultValue 'invalid' */
  readonly code?: ProblemCode;
}

/** A value, or all that is wrong with it. */
export type Parsed<Value = unknown> = { readonly value: Value } | { readonly faults: readonly Fault[] };

export function valid<Value>(value: Value): Parsed<Value> {
  return { value };
}

export function invalid(message: string, fix?: string): { readonly faults: readonly Fault[] } {
  return { faults: [fix === undefined ? { message } : { message, fix }] };
}
