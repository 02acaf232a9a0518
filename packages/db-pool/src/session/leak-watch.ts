import type { Clock } from '@seaworthy/contracts';
import { Deadlines, type Expiring } from '../pool/deadlines.js';

/** To remember who borrowed costs some microseconds, so it is done for so many borrowings of a second, and not for more. */
const stacksPerSecond = 1_000;

export interface LeakWatchOptions {
  readonly clock: Clock;
  /** Whoever keeps a connection longer is reported, once. */
  readonly afterMs: number;
  readonly report: (heldMs: number, borrower: string | undefined) => void;
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
   * To be called where the borrower's call came in. Returns what to call when the connection is given back.
   *
   * @param below - The function whose caller is the borrower.
   */
  borrowed(below: (...given: never[]) => unknown): () => void {
    const { clock, afterMs, report } = this.#options;
    const now = clock.monotonic();
    const origin = this.#affordsStack(now) ? stackBelow(below) : undefined;
    const leak: Expiring = {
      deadlineAt: now + afterMs,
      expire: () => {
        this.#alwaysStack ||= origin === undefined;
        report(clock.monotonic() - now, origin?.stack);
      },
    };
    this.#deadlines.watch(leak);
    return () => this.#deadlines.forget(leak);
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

/** Node makes text of it only when it is read. */
function stackBelow(below: (...given: never[]) => unknown): { readonly stack?: string } {
  const origin: { stack?: string } = {};
  Error.captureStackTrace(origin, below);
  return origin;
}
