import type { Clock } from '@seaworthy/contracts';
import type { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult } from '../driver.js';
import type { StatementObserver } from '../observe/statement-observer.js';
import { type Deadlines, type Expiring, unwatched } from '../pool/deadlines.js';
import { onAbort } from '../pool/on-abort.js';
import type { Loan } from '../pool/slot.js';
import { abortedError } from '../pool/waiter-queue.js';
import type { Statement } from '../sql/compile.js';
import { changesSession } from './changes-session.js';
import { isRefusedWrite } from './failover.js';
import type { LeaseContext } from './lease-context.js';
import type { Limits } from './limits.js';
import { queryTimeout, returnedError } from './query-timeout.js';
import { type PendingTurn, Turn, type TurnKeeper } from './turn.js';

/** How long a rollback or a reset may take at the end before the connection is destroyed instead. */
const cleaningMs = 2_000;

const rollback: Statement = { text: 'rollback', values: [] };

/**
 * A borrowed connection. It runs one statement at a time, ends a statement at its deadline in the server too, and comes
 * back clean: nobody after it finds an open transaction, a changed setting or an answer that was not theirs.
 */
export class Lease implements TurnKeeper, Expiring {
  readonly connection: DriverConnection;
  readonly #context: LeaseContext;
  readonly loan: Loan<DriverConnection>;
  #current: PendingTurn | undefined;
  /** Turns that wait, and listeners: most leases run one statement, and need neither. */
  #waiting: PendingTurn[] | undefined;
  #overListeners: Set<(error: DbError) => void> | undefined;
  place = unwatched;
  #limits: Limits | undefined;
  #timeoutError: (() => DbError) | undefined;
  #onAbort: (() => void) | undefined;
  #over: DbError | 'returned' | undefined;
  #sessionChanged = false;
  #distrusted = false;
  #wasRefused = false;

  constructor(context: LeaseContext, loan: Loan<DriverConnection>) {
    this.connection = loan.connection;
    this.#context = context;
    this.loan = loan;
    loan.holder = this;
  }

  get deadlines(): Deadlines {
    return this.#context.deadlines;
  }

  get clock(): Clock {
    return this.#context.clock;
  }

  get statements(): StatementObserver | undefined {
    return this.#context.statements;
  }

  /** Why nothing can run on it any more. */
  get over(): DbError | undefined {
    return this.#over === 'returned' ? returnedError() : this.#over;
  }

  /** Calls `listener` when the connection is given up before its time. Returns how to stop listening. */
  onOver(listener: (error: DbError) => void): () => void {
    this.#overListeners ??= new Set();
    const listeners = this.#overListeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Whatever is done with the connection, put its settings back at the end. */
  distrust(): void {
    this.#distrusted = true;
  }

  /** A write was refused as read-only, and whoever has the lease does not ask why: it is asked when they give it back. */
  noteRefusal(error: unknown): void {
    this.#wasRefused ||= isRefusedWrite(error);
  }

  get deadlineAt(): number {
    return this.#limits?.deadlineAt ?? Number.POSITIVE_INFINITY;
  }

  /** Gives the connection up when the time is over, even while no statement runs on it. */
  limit(limits: Limits, timeoutError: () => DbError): void {
    this.#limits = limits;
    this.#timeoutError = timeoutError;
    this.deadlines.watch(this);
    const { signal } = limits;
    if (signal === undefined) return;
    this.#onAbort = () => this.abandon(abortedError(signal));
    onAbort(signal, this.#onAbort);
    if (signal.aborted) this.#onAbort(); // while the connection was on its way
  }

  expire(): void {
    if (this.#timeoutError !== undefined) this.abandon(this.#timeoutError());
  }

  /** Runs a statement after those that were asked for before. */
  query(statement: Statement, limits: Limits): Promise<DriverResult> {
    this.#look(statement.text);
    return this.command(statement, limits);
  }

  /** As `query`, for a statement of this package's own: what it sets ends with its transaction. */
  command(statement: Statement, limits: Limits): Promise<DriverResult> {
    return this.#inTurn(() => this.connection.query(statement), limits, statement.text);
  }

  script(text: string, limits: Limits): Promise<void> {
    this.#sessionChanged = true;
    return this.#inTurn(() => this.connection.script(text), limits, text);
  }

  /** Runs what only the driver's own client understands, in its turn. `text` is what it will send. */
  run<T>(text: string, start: () => Promise<T>, limits: Limits): Promise<T> {
    this.#look(text);
    return this.#inTurn(start, limits, text);
  }

  /** Gives the connection up at once: cancels what runs in the server, then destroys it. */
  abandon(error: DbError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#stopLimits();
    this.#context.pool.discard(this.loan, this.connection.cancel());
    this.#current?.fail(error);
    for (const turn of this.#waiting ?? []) turn.fail(error);
    for (const listener of this.#overListeners ?? []) listener(error);
  }

  /** Gives the connection back, cleaned; one that cannot be cleaned is destroyed. Never rejects. */
  release(): Promise<void> | undefined {
    if (this.#over !== undefined) return undefined;
    if (this.#current !== undefined) return this.#whenFree().then(() => this.release());
    if (this.#wasRefused) return this.#askWhy().then(() => this.release());
    this.#over = 'returned';
    this.#stopLimits();
    const { pool } = this.#context;
    if (!this.connection.isOpen) {
      pool.discard(this.loan);
      return undefined;
    }
    const cleaning = this.#clean();
    if (cleaning !== undefined) return this.#returnAfter(cleaning);
    pool.release(this.loan);
    return undefined;
  }

  ended(): void {
    this.#current = undefined;
    for (;;) {
      const next = this.#waiting?.shift();
      if (next === undefined) return;
      if (!next.isSettled) {
        this.#current = next;
        next.begin();
        return;
      }
    }
  }

  interrupted(error: DbError): void {
    this.abandon(error);
  }

  #look(text: string): void {
    this.#sessionChanged ||= this.#distrusted || changesSession(text, this.#context.dialect);
  }

  #stopLimits(): void {
    this.deadlines.forget(this);
    if (this.#onAbort !== undefined) this.#limits?.signal?.removeEventListener('abort', this.#onAbort);
  }

  #inTurn<T>(start: () => Promise<T>, limits: Limits, text?: string): Promise<T> {
    if (this.#over !== undefined) return Promise.reject(this.over);
    if (limits.signal?.aborted === true) return Promise.reject(abortedError(limits.signal));
    return new Promise((resolve, reject) => {
      const turn = new Turn<T>(this, { text, start, timeoutError: queryTimeout }, limits, resolve, reject);
      if (this.#current === undefined) {
        this.#current = turn;
        turn.begin();
      } else {
        this.#waiting ??= [];
        this.#waiting.push(turn);
      }
    });
  }

  /** After everything that was asked for on it. */
  #whenFree(): Promise<void> {
    const forever = { deadlineAt: Number.POSITIVE_INFINITY };
    return this.#inTurn(async () => undefined, forever).catch(() => undefined);
  }

  async #askWhy(): Promise<void> {
    this.#wasRefused = false;
    const limits = { deadlineAt: this.clock.monotonic() + cleaningMs };
    try {
      if (this.connection.transactionState !== 'none') await this.command(rollback, limits);
      await this.#context.afterRefusal(this, limits);
    } catch {
      // It is lost or too slow, and is given up.
    }
  }

  #clean(): Promise<unknown> | undefined {
    if (this.#sessionChanged) return this.connection.reset();
    if (this.connection.transactionState === 'none') return undefined;
    return this.connection.query(rollback);
  }

  #returnAfter(cleaning: Promise<unknown>): Promise<void> {
    const { pool, clock, deadlines } = this.#context;
    return new Promise((resolve) => {
      const late: Expiring = {
        place: unwatched,
        deadlineAt: clock.monotonic() + cleaningMs,
        expire: () => {
          pool.discard(this.loan, this.connection.cancel());
          resolve();
        },
      };
      deadlines.watch(late);
      cleaning.then(
        () => {
          deadlines.forget(late);
          pool.release(this.loan);
          resolve();
        },
        () => {
          deadlines.forget(late);
          pool.discard(this.loan);
          resolve();
        },
      );
    });
  }
}
