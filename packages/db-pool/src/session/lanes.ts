import type { Clock } from '@seaworthy/contracts';
import type { DriverConnection, DriverResult } from '../driver.js';
import type { StatementObserver } from '../observe/statement-observer.js';
import { Alarm } from '../pool/alarm.js';
import type { Deadlines } from '../pool/deadlines.js';
import type { Pool } from '../pool/pool.js';
import type { Statement } from '../sql/compile.js';
import { isWorthKeeping } from '../sql/worth-keeping.js';
import { Lane } from './lane.js';
import { SlowTexts } from './slow-texts.js';

/**
 * Two lanes carry what one processor can send; more only take connections from those who need one for themselves. Measured:
 * docs/evidence/bench-db-pool.md.
 */
const maxLanes = 2;

/** A lane with so many under way takes no more: its callers would rather wait for a connection. */
const maxLoad = 128;

/** A statement that repeatedly took longer in the server runs on a connection of its own. */
const slowMs = 25;

/** While the first statement of a lane has been running for longer, nobody joins it. */
const heldUpMs = 10;

/** When the first statement of a lane runs longer, those behind it are sent again on connections of their own. */
const stalledMs = 100;

/** Lanes are looked at so often; one that had no work since then goes back to the pool. */
const lookEveryMs = 1_000;

export interface LanesOptions {
  readonly pool: Pool<DriverConnection>;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly max: number;
  readonly acquireMs: number;
  readonly statements: StatementObserver | undefined;
}

/**
 * Shares few connections among many plain reads, and keeps statements that were slow away from them, because whatever stands
 * behind a slow one waits.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #most: number;
  readonly #slow = new SlowTexts({ slowMs, verySlowMs: stalledMs });
  readonly #lanes = new Set<Lane>();
  readonly #look: Alarm;
  #opening = 0;
  #isClosed = false;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#most = Math.min(maxLanes, Math.floor(options.max / 2));
    this.#look = new Alarm(options.clock, () => this.#lookAround());
  }

  /**
   * The answer to a plain read by a lane; none when it needs a connection of its own, because it is known to be slow, is
   * being tried, or because each lane is held up or full.
   */
  query(statement: Statement, deadlineAt: number): Promise<DriverResult> | undefined {
    const { text } = statement;
    const mayJoin = !this.#isClosed && isWorthKeeping(text, statement.values.length);
    const company = mayJoin ? this.#slow.companyOf(text) : 'none';
    if (company === 'none') return undefined;
    const lane = this.#best(this.#options.clock.monotonic());
    if ((lane === undefined || lane.load > 0) && this.#lanes.size + this.#opening < this.#most) this.#open();
    if (lane === undefined) return undefined;
    if (company === 'others') return lane.query(statement, deadlineAt, false);
    if (this.#isTrying()) return undefined; // those whose speed is known keep a lane
    this.#slow.onTrial(text);
    return lane.query(statement, deadlineAt, true);
  }

  /** A plain read was answered on a connection of its own. */
  ranAlone(text: string): void {
    this.#slow.ranAlone(text);
  }

  /** Takes nothing more, and gives the connections back as they become free. */
  close(): void {
    this.#isClosed = true;
    this.#look.cancel();
    for (const lane of [...this.#lanes]) if (lane.load === 0) this.#giveBack(lane);
  }

  #best(now: number): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.#lanes) {
      if (this.#mayTake(lane, now) && (best === undefined || lane.load < best.load)) best = lane;
    }
    return best;
  }

  #isTrying(): boolean {
    for (const lane of this.#lanes) if (lane.isOnTrial) return true;
    return false;
  }

  #mayTake(lane: Lane, now: number): boolean {
    return (
      lane.isUsable &&
      !lane.isOnTrial &&
      lane.load < maxLoad &&
      !lane.isHeldUp(heldUpMs, now) &&
      !this.#isDue(lane, now)
    );
  }

  /** Whether its connection is to be replaced. */
  #isDue({ loan }: Lane, now: number): boolean {
    return now >= loan.slot.expiresAt || this.#options.pool.isEvicted(loan);
  }

  /** In the background and in turn with all other callers, so that lanes are had under load too. */
  #open(): void {
    const { pool, clock, deadlines, acquireMs, statements } = this.#options;
    this.#opening += 1;
    pool.acquire({ timeoutMs: acquireMs }).then(
      (loan) => {
        this.#opening -= 1;
        if (this.#isClosed || loan.connection.pipeline === undefined) {
          pool.release(loan);
          return;
        }
        this.#lanes.add(
          new Lane({
            loan,
            clock,
            deadlines,
            stalledMs,
            statements,
            onAnswer: (text, ms) => this.#slow.took(text, ms),
            onTrialEnded: (text) => this.#slow.trialEnded(text),
            onStall: (text) => this.#slow.took(text, Number.POSITIVE_INFINITY),
            onEmpty: (lane) => this.#emptied(lane),
            onOver: (lane, before) => {
              this.#lanes.delete(lane);
              pool.discard(lane.loan, before);
            },
          }),
        );
        this.#look.set(lookEveryMs);
      },
      () => {
        this.#opening -= 1; // whoever asked uses a connection of its own, and hears of the failure there
      },
    );
  }

  #emptied(lane: Lane): void {
    if (this.#isClosed || this.#isDue(lane, this.#options.clock.monotonic())) this.#giveBack(lane);
  }

  #giveBack(lane: Lane): void {
    if (!this.#lanes.delete(lane)) return;
    this.#options.deadlines.forget(lane);
    const { connection } = lane.loan;
    connection.pipeline?.(false);
    if (connection.isOpen) this.#options.pool.release(lane.loan);
    else this.#options.pool.discard(lane.loan);
  }

  #lookAround(): void {
    const now = this.#options.clock.monotonic();
    for (const lane of [...this.#lanes]) {
      if (
        lane.load === 0 &&
        (now - lane.answeredAt >= lookEveryMs || !lane.isUsable || this.#isDue(lane, now))
      )
        this.#giveBack(lane);
    }
    if (this.#lanes.size > 0) this.#look.set(lookEveryMs);
  }
}
