import type { Origin } from './sources/origin.js';

/**
 * - `missing`: nothing gives a value.
 * - `invalid`: the value is not what the field expects.
 * - `insecure`: a placeholder, a development secret, or a secret file that others may read.
 * - `conflict`: two places give it and neither can win.
 * - `unreadable`: a source could not be read.
 * - `unknown`: it begins like the declared ones and is none of them.
 * - `rule`: several values contradict each other.
 */
export type ProblemCode = 'missing' | 'invalid' | 'insecure' | 'conflict' | 'unreadable' | 'unknown' | 'rule';

/** One thing to mend. It is JSON, and holds no value of any variable. */
export interface Problem {
  readonly code: ProblemCode;
  /** The variable, or for a source that could not be read its file: `.env.local`. */
  readonly name: string;
  /** The other variables that take part, for `rule`. */
  readonly related?: readonly string[];
  /** Where inside a list or a JSON value: `[2]`, `.limits.users`. */
  readonly path?: string;
  /** What is the matter, to be read after the name. */
  readonly message: string;
  readonly expected: string;
  readonly fix: string;
  /** Where the value came from; absent when there is none. */
  readonly origin?: Origin;
}
