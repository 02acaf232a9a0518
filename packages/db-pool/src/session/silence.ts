/** Shorter gaps between answers are nothing to speak of. */
const noticedMs = 5;

/**
 * The last time when no answer came from anywhere: the machine, the network or the whole server stood still, and the statement
 * that happened to be under way is not to blame.
 */
export class Silence {
  #answeredAt = Number.NEGATIVE_INFINITY;
  #endedAt = Number.NEGATIVE_INFINITY;
  #lastedMs = 0;

  /** An answer came. */
  broken(now: number): void {
    const gapMs = now - this.#answeredAt;
    this.#answeredAt = now;
    if (gapMs < noticedMs) return;
    this.#endedAt = now;
    this.#lastedMs = gapMs;
  }

  /** What is left of a run of `ms` that ends now without the silence in it. */
  without(ms: number, now: number): number {
    this.broken(now);
    return this.#endedAt > now - ms ? Math.max(ms - this.#lastedMs, 0) : ms;
  }
}
