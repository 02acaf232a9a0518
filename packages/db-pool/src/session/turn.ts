import type { Clock } from '@seaworthy/contracts';
import type { DbError } from '../db-error.js';
import type { StatementObserver } from '../observe/statement-observer.js';
import { type Deadlines, type Expiring, unwatched } from '../pool/deadlines.js';
import { onAbort } from '../pool/on-abort.js';
import { abortedError } from '../pool/waiter-queue.js';
import type { Limits } from './limits.js';

/** Whoever gives turns to statements, one at a time. */
export interface TurnKeeper {
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  /** Absent when nobody measures. */
  readonly statements: StatementObserver | undefined;
  /** The turn is over; the next one may begin. */
  ended(): void;
  /** Time is up, or the caller gave up, while the statement ran. It is for the keeper to fail the turn. */
  interrupted(error: DbError): void;
}

export interface TurnWork<T> {
  /** What it sends, for whoever measures; `undefined` for what is no statement. */
  readonly text?: string | undefined;
  readonly start: () => Promise<T>;
  readonly timeoutError: (began: boolean) => DbError;
}

/** A turn that is under way or waits, whatever it gives. */
export interface PendingTurn {
  readonly isSettled: boolean;
  begin(): void;
  fail(error: unknown): void;
}

/**
 * One statement's turn on a connection. Its limits count while it waits for the turn too: then it fails alone, because
 * nothing of it was sent.
 */
export class Turn<T> implements PendingTurn, Expiring {
  readonly deadlineAt: number;
  place = unwatched;
  readonly #keeper: TurnKeeper;
  readonly #work: TurnWork<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: (() => void) | undefined;
  #began = false;
  #beganAt = 0;
  #isSettled = false;

  constructor(
    keeper: TurnKeeper,
    work: TurnWork<T>,
    { deadlineAt, signal }: Limits,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#keeper = keeper;
    this.#work = work;
    this.deadlineAt = deadlineAt;
    this.#resolve = resolve;
    this.#reject = reject;
    keeper.deadlines.watch(this);
    if (signal === undefined) return;
    this.#signal = signal;
    this.#onAbort = () => this.#giveUp(abortedError(signal));
    onAbort(signal, this.#onAbort);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  begin(): void {
    this.#began = true;
    if (this.#keeper.statements !== undefined) this.#beganAt = this.#keeper.clock.monotonic();
    this.#work.start().then(
      (value) => {
        if (this.#settle()) {
          this.#report(undefined);
          this.#resolve(value);
        }
        this.#keeper.ended();
      },
      (error: unknown) => {
        this.fail(error);
        this.#keeper.ended();
      },
    );
  }

  fail(error: unknown): void {
    if (!this.#settle()) return;
    this.#report(error);
    this.#reject(error);
  }

  expire(): void {
    this.#giveUp(this.#work.timeoutError(this.#began));
  }

  #giveUp(error: DbError): void {
    if (this.#began) this.#keeper.interrupted(error);
    else this.fail(error);
  }

  #report(error: unknown): void {
    const { statements, clock } = this.#keeper;
    const { text } = this.#work;
    if (statements === undefined || text === undefined || !this.#began) return;
    statements.ended(text, clock.monotonic() - this.#beganAt, error);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#keeper.deadlines.forget(this);
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
