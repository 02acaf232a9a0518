import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult } from '../driver.js';
import type { StatementObserver } from '../observe/statement-observer.js';
import { type Deadlines, type Expiring, unwatched } from '../pool/deadlines.js';
import type { Loan } from '../pool/slot.js';
import type { Statement } from '../sql/compile.js';
import { queryTimeout } from './query-timeout.js';

export interface LaneOptions {
  readonly loan: Loan<DriverConnection>;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** When a statement runs longer, those behind it go elsewhere. */
  readonly stalledMs: number;
  readonly statements: StatementObserver | undefined;
  /** What a statement took in the server. */
  readonly onAnswer: (text: string, ms: number) => void;
  /** A statement on trial ends without an answer. */
  readonly onTrialEnded: (text: string) => void;
  /** A statement holds up those behind it. */
  readonly onStall: (text: string) => void;
  /** Nothing is under way any more. */
  readonly onEmpty: (lane: Lane) => void;
  /** The connection is of no use any more; `before` ends what it still runs. */
  readonly onOver: (lane: Lane, before: Promise<unknown> | undefined) => void;
}

/**
 * A connection that carries many reads at once, each sent before the earlier ones are answered. They are answered in the order
 * in which they were sent.
 *
 * Only reads that may run twice come here: when one has to be stopped, the connection goes with it, and the others fail as
 * `connection_lost` and are run again elsewhere.
 */
export class Lane implements Expiring {
  /** As {@link Expiring}: when to look whether the first statement holds up the others. */
  place = unwatched;
  deadlineAt = 0;
  readonly loan: Loan<DriverConnection>;
  readonly #options: LaneOptions;
  /** What the server has not answered yet, in the order of sending, whether somebody waits for it or not. */
  readonly #underWay = new Set<Passage>();
  /** Nobody may stand behind it. */
  #trial: Passage | undefined;
  #answeredAt: number;
  #isOver = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#answeredAt = options.clock.monotonic();
    this.loan = options.loan;
    this.loan.holder = this;
    this.loan.connection.pipeline?.(true);
  }

  get load(): number {
    return this.#underWay.size;
  }

  /** When the last answer came. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  get isUsable(): boolean {
    return !this.#isOver && this.loan.connection.isOpen;
  }

  /** Whether a statement is tried on it, behind which nobody may stand. */
  get isOnTrial(): boolean {
    return this.#trial !== undefined;
  }

  /** Whether the first statement has been running for longer than `ms`, so that whoever joins would wait for it. */
  isHeldUp(ms: number, now: number): boolean {
    const head = this.#head();
    return head !== undefined && now - this.#beganAt(head) > ms;
  }

  query(statement: Statement, deadlineAt: number, isTrial: boolean): Promise<DriverResult> {
    return new Promise((resolve, reject) => {
      const { clock, deadlines, stalledMs } = this.#options;
      const passage = new Passage(this, statement.text, clock.monotonic(), deadlineAt, resolve, reject);
      this.#underWay.add(passage);
      if (isTrial) this.#trial = passage;
      deadlines.watch(passage);
      if (this.place === unwatched) this.#watch(passage.sentAt + stalledMs);
      this.loan.connection.query(statement).then(
        (result) => {
          this.#settle(passage)?.resolve(result);
          this.#answered(passage, undefined);
        },
        (error: unknown) => {
          this.#settle(passage)?.reject(error);
          if (DbError.is(error) && error.kind === 'connection_lost') this.#end(undefined);
          this.#answered(passage, error);
        },
      );
    });
  }

  /** Ends it: `reason` is told to whoever waits. */
  abandon(reason: DbError): void {
    if (this.#isOver) return;
    for (const passage of this.#underWay) this.#settle(passage)?.reject(reason);
    this.#end(this.loan.connection.cancel());
  }

  /** The caller of `passage` has waited for long enough. */
  timedOut(passage: Passage): void {
    this.#settle(passage)?.reject(queryTimeout(true));
    const head = this.#head();
    if (head !== undefined) this.#options.onStall(head.text);
    this.abandon(sharedFate());
  }

  expire(): void {
    const { clock, stalledMs, onStall } = this.#options;
    const head = this.#head();
    if (head === undefined || this.#isOver) return;
    const now = clock.monotonic();
    const ranMs = now - this.#beganAt(head);
    const isStalled = ranMs >= stalledMs;
    if (isStalled) {
      onStall(head.text);
      for (const passage of this.#underWay) if (passage !== head) this.#settle(passage)?.reject(sharedFate());
    }
    this.#watch(isStalled ? now + stalledMs : this.#beganAt(head) + stalledMs);
  }

  #watch(deadlineAt: number): void {
    this.deadlineAt = deadlineAt;
    this.#options.deadlines.watch(this);
  }

  /** What the server is at work on. */
  #head(): Passage | undefined {
    for (const passage of this.#underWay) return passage;
    return undefined;
  }

  #beganAt({ sentAt }: Passage): number {
    return Math.max(sentAt, this.#answeredAt);
  }

  /** Whoever still waits for it, once. */
  #settle(passage: Passage): Passage | undefined {
    if (passage.isSettled) return undefined;
    passage.isSettled = true;
    this.#options.deadlines.forget(passage);
    return passage;
  }

  #answered(passage: Passage, error: unknown): void {
    const { clock, onAnswer, onEmpty, statements } = this.#options;
    const now = clock.monotonic();
    this.#underWay.delete(passage);
    if (passage === this.#trial) this.#trial = undefined;
    statements?.ended(passage.text, now - passage.sentAt, error);
    if (this.#isOver) return;
    onAnswer(passage.text, now - this.#beganAt(passage));
    this.#answeredAt = now;
    if (this.#underWay.size === 0) onEmpty(this);
  }

  #end(before: Promise<unknown> | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.deadlines.forget(this);
    if (this.#trial !== undefined) this.#options.onTrialEnded(this.#trial.text);
    this.#options.onOver(this, before);
  }
}

/** One statement on a lane. */
class Passage implements Expiring {
  place = unwatched;
  isSettled = false;
  readonly text: string;
  readonly sentAt: number;
  readonly deadlineAt: number;
  readonly resolve: (result: DriverResult) => void;
  readonly reject: (error: unknown) => void;
  readonly #lane: Lane;

  constructor(
    lane: Lane,
    text: string,
    sentAt: number,
    deadlineAt: number,
    resolve: (result: DriverResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.#lane = lane;
    this.text = text;
    this.sentAt = sentAt;
    this.deadlineAt = deadlineAt;
    this.resolve = resolve;
    this.reject = reject;
  }

  expire(): void {
    this.#lane.timedOut(this);
  }
}

function sharedFate(): DbError {
  return new DbError(
    'connection_lost',
    'The shared connection was given up because of another statement on it.',
  );
}
