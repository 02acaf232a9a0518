import { type Clock, type DurationInput, optionsOf, parseDuration } from '@seaworthy/contracts';
import type { QueryOptions } from './runner.js';

/** Until when a piece of work may last, on the monotonic clock, and who may end it sooner. */
export interface Limits {
  readonly deadlineAt: number;
  readonly signal?: AbortSignal | undefined;
}

interface Given {
  readonly timeout?: DurationInput | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DefaultLimits {
  readonly queryMs: number;
  /** For transactions, borrowed connections and scripts. */
  readonly transactionMs: number;
}

/** Turns what a caller gave into limits that count from now. */
export interface LimitsReader {
  ofQuery(given: QueryOptions | undefined): Limits;
  ofWork(given: Given): Limits;
}

const readQuery = optionsOf<QueryOptions>('query', { timeout: true, signal: true, idempotent: true });

export function readLimits(clock: Clock, { queryMs, transactionMs }: DefaultLimits): LimitsReader {
  const from = ({ timeout, signal }: Given, defaultMs: number): Limits => ({
    deadlineAt: clock.monotonic() + (timeout === undefined ? defaultMs : parseDuration(timeout)),
    signal,
  });
  return {
    ofQuery: (given) =>
      given === undefined ? { deadlineAt: clock.monotonic() + queryMs } : from(readQuery(given), queryMs),
    ofWork: (given) => from(given, transactionMs),
  };
}
