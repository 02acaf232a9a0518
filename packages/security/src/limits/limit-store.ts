import type { LimitOutcome, LimitRule } from './limit-rule.js';

/** One limit that a request asks something of. */
export interface LimitCharge {
  readonly rule: LimitRule;
  readonly key: string;
  readonly cost: number;
}

/** One outcome for each charge, in their order. */
export type LimitOutcomes = readonly LimitOutcome[];

/** Where counts are kept. */
export interface LimitStore {
  /**
   * Spends all charges or, when one does not fit, none, at one moment. An answer that is no promise costs no turn of the
   * event loop.
   */
  consume(charges: readonly LimitCharge[]): LimitOutcomes | Promise<LimitOutcomes>;
  /**
   * Gives back what was spent, never below nothing: the cost of each charge, or with a cost of the limit all of it. Needed by
   * createLoginGuard.
   */
  release?(charges: readonly LimitCharge[]): void | Promise<void>;
  /**
   * For a store outside the process: writes in every place where counts are kept, charging no client. While the breaker is
   * open it is what finds out that the store is back.
   * @defaultValue a charge of a rule named `probe`
   */
  probe?(): Promise<unknown>;
  /** For a store outside the process: how long an answer is waited for, in milliseconds. */
  readonly deadlineMs?: number;
}
