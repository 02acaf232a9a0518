import { type Clock, DeadlineError, scheduleGivingUp, type Timer } from '@seaworthy/contracts';

interface Waiting {
  readonly dueAt: number;
  readonly giveUp: (error: unknown) => void;
  settled: boolean;
}

/**
 * One deadline for many answers, with one timer among them: what is asked later is due later, so only the oldest needs one.
 * A timer and an AbortController for each would cost as much as the rest of a decision.
 */
export class SharedDeadline {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** Oldest first; those that are settled leave with the timer, which comes at most a deadline later. */
  #waiting: Waiting[] = [];
  #unsettled = 0;
  #timer: Timer | undefined;

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** @throws DeadlineError when the time is up and what had arrived by then was read; what the answer says later is ignored. */
  within<T>(ask: () => T | PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const dueAt = this.#clock.monotonic() + this.#timeoutMs;
      const waiting: Waiting = { dueAt, giveUp: reject, settled: false };
      this.#waiting.push(waiting);
      this.#unsettled += 1;
      this.#timer ??= this.#schedule(this.#timeoutMs);
      new Promise<T>((answer) => answer(ask())).then(
        (answer) => {
          this.#settle(waiting);
          resolve(answer);
        },
        (error: unknown) => {
          this.#settle(waiting);
          reject(error);
        },
      );
    });
  }

  #settle(waiting: Waiting): void {
    if (waiting.settled) return;
    waiting.settled = true;
    this.#unsettled -= 1;
    if (this.#unsettled > 0) return;
    this.#waiting = [];
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(delayMs: number): Timer {
    return scheduleGivingUp(this.#clock, (firedAt) => this.#fire(firedAt), delayMs);
  }

  #fire(firedAt: number): void {
    this.#timer = undefined;
    let from = 0;
    for (const waiting of this.#waiting) {
      if (!waiting.settled && waiting.dueAt > firedAt) break;
      from += 1;
      if (waiting.settled) continue;
      waiting.settled = true;
      this.#unsettled -= 1;
      const message = `The limit store took longer than ${this.#timeoutMs} ms.`;
      waiting.giveUp(new DeadlineError(message, { code: 'DEADLINE_EXCEEDED' }));
    }
    this.#waiting.splice(0, from);
    const [oldest] = this.#waiting;
    if (oldest !== undefined) this.#timer = this.#schedule(oldest.dueAt - this.#clock.monotonic());
  }
}
