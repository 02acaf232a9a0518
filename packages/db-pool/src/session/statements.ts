import type { Clock, SqlDialect, SqlQuery } from '@seaworthy/contracts';
import type { DriverResult } from '../driver.js';
import { compile, type Statement } from '../sql/compile.js';
import { isPlainRead } from '../sql/plain-read.js';
import type { Borrower } from './borrower.js';
import type { Failover } from './failover.js';
import type { Lanes } from './lanes.js';
import type { Limits, LimitsReader } from './limits.js';
import { isLost, mayRepeat } from './repeats.js';
import type { QueryOptions } from './runner.js';

export interface StatementsOptions {
  readonly dialect: SqlDialect;
  readonly clock: Clock;
  readonly limits: LimitsReader;
  readonly borrower: Borrower;
  readonly failover: Failover;
  /** Where pipelining is on. */
  readonly lanes: Lanes | undefined;
  /** Told of each call that fails. */
  readonly onFailed: (error: unknown) => void;
}

/** Runs a statement of its own, in autocommit, on whichever connection is free, and again when that was lost and may be. */
export class Statements {
  readonly #options: StatementsOptions;

  constructor(options: StatementsOptions) {
    this.#options = options;
  }

  async run(query: SqlQuery, options: QueryOptions | undefined): Promise<DriverResult> {
    try {
      const { dialect, lanes, limits: reader } = this.#options;
      const limits = reader.ofQuery(options);
      const statement = compile(query, dialect);
      if (lanes !== undefined && limits.signal === undefined && options?.idempotent !== false) {
        const shared = isPlainRead(statement.text) ? lanes.query(statement, limits.deadlineAt) : undefined;
        if (shared !== undefined) {
          try {
            return await shared;
          } catch (error) {
            if (!isLost(error)) throw error;
          }
        }
      }
      return await this.#runAlone(statement, limits, options?.idempotent);
    } catch (error) {
      this.#options.onFailed(error);
      throw error;
    }
  }

  async #runAlone(
    statement: Statement,
    limits: Limits,
    idempotent: boolean | undefined,
  ): Promise<DriverResult> {
    const { clock, lanes, borrower, failover } = this.#options;
    for (let sends = 1; ; sends += 1) {
      const lease = borrower.tryBorrow(limits) ?? (await borrower.borrow(limits));
      try {
        const result = await lease.query(statement, limits);
        lanes?.ranAlone(statement.text);
        return result;
      } catch (error) {
        const again =
          (await failover.isFor(error, lease, limits)) ||
          mayRepeat(error, { sends, idempotent: idempotent ?? isPlainRead(statement.text) });
        if (!again || clock.monotonic() >= limits.deadlineAt) throw error;
      } finally {
        void lease.release();
      }
    }
  }
}
