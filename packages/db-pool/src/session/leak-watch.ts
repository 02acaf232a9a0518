import type { Clock } from '@seaworthy/contracts';
import { Deadlines, type Expiring, unwatched } from '../pool/deadlines.js';

/** To remember who borrowed costs some microseconds, so it is done for so many borrowings of a second, and not for more. */
const stacksPerSecond = 1_000;

export interface LeakWatchOptions {
  readonly clock: Clock;
  /** Whoever keeps a connection longer is reported, once. */
  readonly afterMs: number;
  readonly report: (heldMs: number, borrower: string | undefined) => void;
}

/** Node makes text of a stack only when it is read. */
interface Origin {
  readonly stack?: string;
}

/** Remembers who borrowed, and says so when the connection does not come back. */
export class LeakWatch {
  readonly #options: LeakWatchOptions;
  readonly #deadlines: Deadlines;
  #stacksLeft = stacksPerSecond;
  #refillAt = 0;
  #alwaysStack = false;

  constructor(options: LeakWatchOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock, { keepAlive: false });
  }

  /**
   * To be called where the borrower's call came in; the other end is {@link returned}.
   *
   * @param below - The function whose caller is the borrower.
   */
  borrowed(below: (...given: never[]) => unknown): Borrowing {
    const { clock, afterMs } = this.#options;
    const now = clock.monotonic();
    const borrowing = new Borrowing(
      this,
      now + afterMs,
      this.#affordsStack(now) ? originBelow(below) : undefined,
    );
    this.#deadlines.watch(borrowing);
    return borrowing;
  }

  returned(borrowing: Borrowing): void {
    this.#deadlines.forget(borrowing);
  }

  leaked({ deadlineAt, origin }: Borrowing): void {
    const { clock, afterMs, report } = this.#options;
    this.#alwaysStack ||= origin === undefined;
    report(clock.monotonic() - deadlineAt + afterMs, origin?.stack);
  }

  close(): void {
    this.#deadlines.cancel();
  }

  /** After a leak whose borrower was not remembered, all are. */
  #affordsStack(now: number): boolean {
    if (this.#alwaysStack) return true;
    if (now >= this.#refillAt) {
      this.#refillAt = now + 1_000;
      this.#stacksLeft = stacksPerSecond;
    }
    if (this.#stacksLeft === 0) return false;
    this.#stacksLeft -= 1;
    return true;
  }
}

/** One connection that is to come back. */
export class Borrowing implements Expiring {
  place = unwatched;
  readonly deadlineAt: number;
  readonly origin: Origin | undefined;
  readonly #watch: LeakWatch;

  constructor(watch: LeakWatch, deadlineAt: number, origin: Origin | undefined) {
    this.#watch = watch;
    this.deadlineAt = deadlineAt;
    this.origin = origin;
  }

  expire(): void {
    this.#watch.leaked(this);
  }
}

function originBelow(below: (...given: never[]) => unknown): Origin {
  const origin: Origin = {};
  Error.captureStackTrace(origin, below);
  return origin;
}
