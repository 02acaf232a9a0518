import type { Clock, Timer } from '@seaworthy/contracts';

/** What happens when it is too late. */
export interface Expiring {
  /** On the monotonic clock. It does not change while it is watched. */
  readonly deadlineAt: number;
  /** For whoever watches it: where it stands. Starts with {@link unwatched}. */
  place: number;
  expire(): void;
}

export const unwatched = -1;

/**
 * One timer for many deadlines, because most of them never come: a statement that is answered in a millisecond costs two
 * steps in a list, not a timer of its own.
 *
 * The timer is set for the earliest deadline that was ever asked for, looks at all of them when it rings, and is then set for
 * the earliest that is left.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #keepAlive: boolean;
  // In no order: what is taken out is replaced by the last one. A Set would have to hash each statement.
  readonly #watched: Expiring[] = [];
  #timer: Timer | undefined;
  #ringsAt = Number.POSITIVE_INFINITY;

  /** @param keepAlive - Whether what waits here has nothing else, such as an open socket, that keeps the process alive. */
  constructor(clock: Clock, { keepAlive }: { readonly keepAlive: boolean }) {
    this.#clock = clock;
    this.#keepAlive = keepAlive;
  }

  watch(one: Expiring): void {
    one.place = this.#watched.push(one) - 1;
    if (one.deadlineAt < this.#ringsAt) this.#setFor(one.deadlineAt);
  }

  forget(one: Expiring): void {
    const { place } = one;
    if (place === unwatched) return;
    one.place = unwatched;
    const last = this.#watched.pop();
    if (last !== undefined && last !== one) {
      this.#watched[place] = last;
      last.place = place;
    }
    // Otherwise the timer stays: setting it anew for each statement is what is to be avoided.
    if (this.#keepAlive && this.#watched.length === 0) this.cancel();
  }

  /** Forgets all of them. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#ringsAt = Number.POSITIVE_INFINITY;
    for (const one of this.#watched.splice(0)) one.place = unwatched;
  }

  #setFor(at: number): void {
    this.#timer?.cancel();
    this.#ringsAt = at;
    const delayMs = Math.max(at - this.#clock.monotonic(), 0);
    this.#timer = this.#clock.schedule(() => this.#ring(), delayMs, { keepAlive: this.#keepAlive });
  }

  #ring(): void {
    this.#timer = undefined;
    this.#ringsAt = Number.POSITIVE_INFINITY;
    // Node's timers count whole milliseconds and may ring a fraction early.
    const due = this.#clock.monotonic() + 0.999;
    for (const one of [...this.#watched]) {
      if (one.deadlineAt > due || one.place === unwatched) continue;
      this.forget(one);
      one.expire();
    }
    let earliest = Number.POSITIVE_INFINITY;
    for (const one of this.#watched) earliest = Math.min(earliest, one.deadlineAt);
    if (earliest < this.#ringsAt) this.#setFor(earliest);
  }
}
