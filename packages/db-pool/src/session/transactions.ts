import type { Clock, SqlDialect } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { Borrower } from './borrower.js';
import type { Failover } from './failover.js';
import type { Limits, LimitsReader } from './limits.js';
import { isLost } from './repeats.js';
import { type DbTransaction, runTransaction } from './transaction.js';
import {
  readTransactionOptions,
  type TransactionMode,
  type TransactionOptions,
} from './transaction-options.js';
import { lostAgainstAnother, withRetries } from './with-retries.js';

export interface TransactionsOptions {
  readonly dialect: SqlDialect;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: LimitsReader;
  readonly borrower: Borrower;
  readonly failover: Failover;
}

/** Runs transactions, and again what lost against another one, or was refused because the server had become read-only. */
export class Transactions {
  readonly #options: TransactionsOptions;

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  async run<T>(work: (tx: DbTransaction) => Promise<T>, given: TransactionOptions): Promise<T> {
    const { clock, random, limits } = this.#options;
    const { attempts, timeout, signal, ...mode } = readTransactionOptions(given);
    const whole = limits.ofWork({ timeout, signal });
    let refused = false;
    const isWorthIt = (error: unknown): boolean => refused || lostAgainstAnother(error);
    return withRetries({ attempts, clock, random, limits: whole, isWorthIt }, () =>
      this.#attempt(work, mode, whole, (isRefused) => {
        refused = isRefused;
      }),
    );
  }

  async #attempt<T>(
    work: (tx: DbTransaction) => Promise<T>,
    { isolation, readOnly }: TransactionMode,
    whole: Limits,
    onRefused: (isRefused: boolean) => void,
  ): Promise<T> {
    const { dialect, clock, borrower, failover, limits } = this.#options;
    for (;;) {
      const lease = borrower.tryBorrow(whole) ?? (await borrower.borrow(whole));
      lease.limit(whole, transactionTimeout);
      let began = false;
      try {
        return await runTransaction(
          { lease, dialect, isolation, readOnly, limits: whole, reader: limits },
          (tx) => {
            began = true;
            return work(tx);
          },
        );
      } catch (error) {
        onRefused(!readOnly && (await failover.isFor(error, lease, whole)));
        // Lost while it began: nothing of the work was done.
        if (began || !isLost(error) || clock.monotonic() >= whole.deadlineAt) throw error;
      } finally {
        void lease.release();
      }
    }
  }
}

export function transactionTimeout(): DbError {
  return new DbError(
    'transaction_timeout',
    'The transaction reached its deadline and was rolled back. Keep other work, such as HTTP calls, out of it, or raise the timeout.',
  );
}
