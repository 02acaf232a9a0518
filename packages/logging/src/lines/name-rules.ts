import type { LogFields } from '@seaworthy/contracts';
import type { KeyStep } from './key-steps.js';
import type { LineSchema } from './line-schema.js';
import type { LogCall } from './log-call.js';

/** Fields that are the same on many lines, with the text they make. */
export interface BoundFields {
  readonly fields: LogFields;
  readonly names: ReadonlySet<string>;
  /** `,"name":value` for each. */
  readonly text: string;
  /** Where these fields were last written. */
  around?: Surroundings;
}

/** What decides about the names of a call's data. One object for as long as nothing changes, so that verdicts can be kept. */
export interface Surroundings {
  readonly bound: ReadonlySet<string>;
  readonly context: ReadonlySet<string>;
  readonly isInfo: boolean;
  readonly hasError: boolean;
  readonly hasArgs: boolean;
}

/** What becomes of a name among the data. */
export const asIs = 1;
export const renamed = 2;
export const leftOut = 3;
export const replacesBound = 4;

/** Decides who gets a name that several parts of a line want. */
export interface NameRules {
  surroundings(bound: BoundFields, context: ReadonlySet<string>, call: LogCall): Surroundings;
  /** What becomes of the name at `step`; the answer is kept there. */
  judge(step: KeyStep, around: Surroundings): number;
  isTaken(name: string, around: Surroundings): boolean;
  /** A name like it that is nobody else's. */
  freeName(name: string, others: readonly string[], inUse: (name: string) => boolean): string;
  /** What a context's field may not be called; a call's error and arguments may come on any line. */
  isReservedInContext(name: string): boolean;
}

export function nameRules(schema: LineSchema): NameRules {
  function surroundings(bound: BoundFields, context: ReadonlySet<string>, call: LogCall): Surroundings {
    const known = bound.around;
    const hasError = call.error !== undefined;
    const hasArgs = call.args !== undefined;
    if (
      known !== undefined &&
      known.context === context &&
      known.isInfo === call.isInfo &&
      known.hasError === hasError &&
      known.hasArgs === hasArgs
    ) {
      return known;
    }
    const around = { bound: bound.names, context, isInfo: call.isInfo, hasError, hasArgs };
    bound.around = around;
    return around;
  }

  function isTaken(name: string, { context, hasError, hasArgs }: Surroundings): boolean {
    return (
      schema.isReserved(name) ||
      context.has(name) ||
      (hasError && schema.errorNames.includes(name)) ||
      (hasArgs && name === 'args')
    );
  }

  function judge(step: KeyStep, around: Surroundings): number {
    const { key } = step;
    let verdict = asIs;
    if (around.isInfo && (key === 'level' || key === 'message')) verdict = leftOut;
    else if (isTaken(key, around)) verdict = renamed;
    else if (around.bound.has(key)) verdict = replacesBound;
    step.judgedIn = around;
    step.verdict = verdict;
    return verdict;
  }

  function freeName(name: string, others: readonly string[], inUse: (name: string) => boolean): string {
    let free = schema.freed(name);
    while (others.includes(free) || inUse(free)) free += '_';
    return free;
  }

  return {
    surroundings,
    judge,
    isTaken,
    freeName,
    isReservedInContext: (name) =>
      schema.isReserved(name) || schema.errorNames.includes(name) || name === 'args',
  };
}
