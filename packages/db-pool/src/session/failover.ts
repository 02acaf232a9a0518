import type { Clock, SqlDialect } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult } from '../driver.js';
import type { Loan as PoolLoan } from '../pool/slot.js';
import type { Statement } from '../sql/compile.js';
import type { Limits } from './limits.js';
import { isLost } from './repeats.js';

type DriverLoan = PoolLoan<DriverConnection>;

/** When the new connections lead to a read-only server too, they are not replaced again before this, doubled each time. */
const pause = { firstMs: 5_000, maxMs: 60_000 } as const;

/** MySQL's number for a write in a transaction that was begun as read-only: the server is fine. */
const readOnlyTransaction = 1792;

/** Whether a write was refused as read-only, in our words or in those of pg and mysql2. */
export function isRefusedWrite(error: unknown): boolean {
  if (DbError.is(error)) return error.kind === 'readonly' && error.errno !== readOnlyTransaction;
  if (!(error instanceof Error)) return false;
  const errno: unknown = Reflect.get(error, 'errno');
  if (errno === 1290) return /read[-_]only/i.test(error.message); // it names other options too
  return errno === 1836 || Reflect.get(error, 'code') === '25006';
}

/**
 * Whether it is the server that is read-only, and not a role or a session. A replica says so by itself; a primary that was made
 * read-only has it in its configuration, or in what holds for a whole database. MariaDB 12 has words where others have numbers.
 */
const questions: Readonly<Record<SqlDialect, string>> = {
  postgres: `select pg_is_in_recovery() or exists (select 1 from pg_settings where name = 'default_transaction_read_only'
    and setting = 'on' and source not in ('session', 'client', 'user', 'database user')) as answer`,
  mysql: `select cast(@@global.read_only as char) not in ('0', 'OFF') or @@global.innodb_read_only as answer`,
};

/** The part of a pool that is needed. */
export interface EvictablePool<Loan> {
  isEvicted(loan: Loan): boolean;
  evict(): void;
}

/** The part of a lease that is needed: outside of any transaction. */
export interface AskedLease<Loan> {
  readonly loan: Loan;
  command(statement: Statement, limits: Limits): Promise<Pick<DriverResult, 'rows'>>;
}

/**
 * Notices that the server behind the connections became read-only, as the old primary does in a failover, and replaces all of
 * them: the name leads to the new primary by then, but an open connection stays where it is.
 */
export class Failover<Loan = DriverLoan> {
  readonly #question: Statement;
  readonly #pool: EvictablePool<Loan>;
  readonly #clock: Clock;
  readonly #onEvict: () => void;
  /** It refuses writes by nature. */
  readonly #isReplica: boolean;
  #pauseMs: number = pause.firstMs;
  #evictedAt = Number.NEGATIVE_INFINITY;
  /** Many writes are refused at once, and one answer is enough. */
  #answer: Promise<boolean> | undefined;

  constructor(
    dialect: SqlDialect,
    pool: EvictablePool<Loan>,
    clock: Clock,
    onEvict: () => void,
    isReplica = false,
  ) {
    this.#isReplica = isReplica;
    this.#question = { text: questions[dialect], values: [] };
    this.#pool = pool;
    this.#clock = clock;
    this.#onEvict = onEvict;
  }

  /** Whether `error` says so and the server confirms it: what was refused may be tried on a new connection, as nothing of it took effect. */
  async isFor(error: unknown, lease: AskedLease<Loan>, limits: Limits): Promise<boolean> {
    return isRefusedWrite(error) && this.isConfirmed(lease, limits);
  }

  /** Whether the server says that it is read-only, after a write was refused. Never rejects. */
  async isConfirmed(lease: AskedLease<Loan>, limits: Limits): Promise<boolean> {
    if (this.#isReplica) return false;
    if (this.#pool.isEvicted(lease.loan)) return true;
    if (this.#clock.monotonic() - this.#evictedAt < this.#pauseMs) return false;
    this.#answer ??= this.#ask(lease, limits).finally(() => {
      this.#answer = undefined;
    });
    return (await this.#answer) || this.#pool.isEvicted(lease.loan);
  }

  async #ask(lease: AskedLease<Loan>, limits: Limits): Promise<boolean> {
    try {
      const { rows } = await lease.command(this.#question, limits);
      if (!rows[0]?.answer) return false;
    } catch (error) {
      return isLost(error); // the next connection will tell
    }
    this.#evict();
    return true;
  }

  #evict(): void {
    const now = this.#clock.monotonic();
    const since = now - this.#evictedAt;
    this.#pauseMs = since > 2 * this.#pauseMs ? pause.firstMs : Math.min(2 * this.#pauseMs, pause.maxMs);
    this.#evictedAt = now;
    this.#onEvict();
    this.#pool.evict();
  }
}
