import { type DurationInput, invalidOption, optionsOf, wholeNumber } from '@seaworthy/contracts';
import type { Isolation } from './transaction.js';

export interface TransactionRetry {
  /** All attempts, the first one included. @defaultValue 3 */
  readonly attempts?: number;
}

export interface TransactionOptions {
  /** @defaultValue the server's: `read committed` on PostgreSQL, `repeatable read` on MySQL */
  readonly isolation?: Isolation;
  /** The server refuses writes. @defaultValue false */
  readonly readOnly?: boolean;
  /**
   * A transaction that lost against another one (deadlock, serialization failure, lock wait timeout) runs again from its
   * start after a short random wait. Do in it what may be done twice, or pass `false`. @defaultValue 3 attempts
   */
  readonly retry?: TransactionRetry | false;
  /** The whole transaction with its repetitions. @defaultValue deadline.transaction */
  readonly timeout?: DurationInput;
  /** Rolls back and cancels in the server. */
  readonly signal?: AbortSignal | undefined;
}

/** What a transaction begins with. */
export interface TransactionMode {
  readonly isolation: Isolation | undefined;
  readonly readOnly: boolean;
}

interface ReadTransactionOptions extends TransactionMode {
  readonly attempts: number;
  readonly timeout: DurationInput | undefined;
  readonly signal: AbortSignal | undefined;
}

const isolations: readonly Isolation[] = [
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
];

const readNames = optionsOf<TransactionOptions>('transaction', {
  isolation: true,
  readOnly: true,
  retry: true,
  timeout: true,
  signal: true,
});

const readRetry = optionsOf<TransactionRetry>('transaction retry', { attempts: true });

/** @throws OptionsError; the isolation becomes part of a statement, so only the known ones pass. */
export function readTransactionOptions(options: TransactionOptions): ReadTransactionOptions {
  const { isolation, readOnly = false, retry = {}, timeout, signal } = readNames(options);
  if (isolation !== undefined && !isolations.includes(isolation)) {
    throw invalidOption('transaction', 'isolation', `one of ${isolations.join(', ')}`);
  }
  const attempts =
    retry === false
      ? 1
      : wholeNumber('transaction', 'retry.attempts', readRetry(retry).attempts ?? 3, { min: 1 });
  return { isolation, readOnly, attempts, timeout, signal };
}
