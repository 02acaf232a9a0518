import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult } from '../driver.js';
import type { Pool } from '../pool/pool.js';
import { settlesWithin } from '../pool/settles-within.js';
import type { Loan } from '../pool/slot.js';
import { abortedError } from '../pool/waiter-queue.js';
import type { Statement } from '../sql/compile.js';
import { changesSession } from './changes-session.js';

/** How long a rollback or a reset may take at the end before the connection is destroyed instead. */
const cleaningMs = 2_000;

/** Until when a piece of work may last, on the monotonic clock, and who may end it sooner. */
export interface Limits {
  readonly deadlineAt: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A borrowed connection. It runs one statement at a time, ends a statement at its deadline in the server too, and comes
 * back clean: nobody after it finds an open transaction, a changed setting or an answer that was not theirs.
 */
export class Lease {
  readonly connection: DriverConnection;
  readonly #pool: Pool<DriverConnection>;
  readonly #loan: Loan<DriverConnection>;
  readonly #clock: Clock;
  readonly #overListeners = new Set<(error: DbError) => void>();
  #tail: Promise<unknown> | undefined;
  #over: DbError | undefined;
  #sessionChanged = false;

  constructor(pool: Pool<DriverConnection>, loan: Loan<DriverConnection>, clock: Clock) {
    this.connection = loan.connection;
    this.#pool = pool;
    this.#loan = loan;
    this.#clock = clock;
  }

  /** Why nothing can run on it any more. */
  get over(): DbError | undefined {
    return this.#over;
  }

  /** Calls `listener` when the connection is given up before its time. Returns how to stop listening. */
  onOver(listener: (error: DbError) => void): () => void {
    this.#overListeners.add(listener);
    return () => this.#overListeners.delete(listener);
  }

  /** Whatever was done with the connection, put its settings back at the end. */
  markSessionChanged(): void {
    this.#sessionChanged = true;
  }

  /** Runs a statement after those that were asked for before. */
  query(statement: Statement, limits: Limits): Promise<DriverResult> {
    if (!this.#sessionChanged && changesSession(statement.text)) this.#sessionChanged = true;
    return this.#inTurn(() => this.#bounded(() => this.connection.query(statement), limits));
  }

  script(text: string, limits: Limits): Promise<void> {
    this.#sessionChanged = true;
    return this.#inTurn(() => this.#bounded(() => this.connection.script(text), limits));
  }

  /** Gives the connection up at once: cancels what runs in the server, then destroys it. */
  abandon(error: DbError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#pool.discard(this.#loan, this.connection.cancel());
    for (const listener of this.#overListeners) listener(error);
  }

  /** Gives the connection back, cleaned; one that cannot be cleaned is destroyed. Never rejects. */
  async release(): Promise<void> {
    if (this.#tail !== undefined) await this.#tail;
    if (this.#over !== undefined) return;
    this.#over = new DbError('closed', 'This connection was given back; borrow another one.');
    if (!this.connection.isOpen) {
      this.#pool.discard(this.#loan);
      return;
    }
    const cleaning = this.#clean();
    if (cleaning === undefined) {
      this.#pool.release(this.#loan);
      return;
    }
    const cleaned = cleaning.then(
      () => true,
      () => false,
    );
    const inTime = await settlesWithin(cleaned, cleaningMs, this.#clock);
    if (inTime && (await cleaned)) this.#pool.release(this.#loan);
    else this.#pool.discard(this.#loan, inTime ? undefined : this.connection.cancel());
  }

  #clean(): Promise<unknown> | undefined {
    if (this.#sessionChanged) return this.connection.reset();
    if (this.connection.transactionState === 'none') return undefined;
    return this.connection.query({ text: 'rollback', values: [] });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail === undefined ? work() : this.#tail.then(work);
    const tail: Promise<void> = result.then(
      () => this.#leaveTurn(tail),
      () => this.#leaveTurn(tail),
    );
    this.#tail = tail;
    return result;
  }

  #leaveTurn(tail: Promise<unknown>): void {
    if (this.#tail === tail) this.#tail = undefined;
  }

  #bounded<T>(work: () => Promise<T>, { deadlineAt, signal }: Limits): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over);
        return;
      }
      if (signal?.aborted === true) {
        reject(abortedError(signal));
        return;
      }
      const remainingMs = Math.max(deadlineAt - this.#clock.monotonic(), 0);
      const finish = (): void => {
        timer.cancel();
        stopListening();
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => this.abandon(abortedError(signal));
      const timer = this.#clock.schedule(() => this.abandon(queryTimeout()), remainingMs, {
        keepAlive: true,
      });
      const stopListening = this.onOver((error) => {
        finish();
        reject(error);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      work().then(
        (value) => {
          finish();
          resolve(value);
        },
        (error) => {
          finish();
          reject(error);
        },
      );
    });
  }
}

function queryTimeout(): DbError {
  return new DbError(
    'query_timeout',
    'The statement reached its deadline and was cancelled in the server. Whether it took effect is not known if it was a write outside a transaction. Look at its plan, or raise the timeout.',
  );
}
