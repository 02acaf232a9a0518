/** More texts than this are a program that builds endless ones; they are not remembered. */
const maxTexts = 1_000;

/** So many fast runs make up for a slow one: a statement that is slow more often than that stays slow. */
const forgivenAfter = 64;

/** A statement counts as slow from here on, until it has made up for all of it: one slow run may be a busy machine. */
const slowFrom = 1.5;

/** A very slow run is enough alone. */
const verySlow = 2;

/** What was slow for ever can become fast after about 500 runs. */
const most = 8;

export interface SlowTextsOptions {
  readonly slowMs: number;
  readonly verySlowMs: number;
}

interface Score {
  points: number;
  isSlow: boolean;
}

/** Learns which statements are slow, each by its text: whatever stands behind them on a shared connection would wait. */
export class SlowTexts {
  readonly #options: SlowTextsOptions;
  /** Of those that were slow at least once. */
  readonly #scores = new Map<string, Score>();

  constructor(options: SlowTextsOptions) {
    this.#options = options;
  }

  isSlow(text: string): boolean {
    return this.#scores.size > 0 && this.#scores.get(text)?.isSlow === true;
  }

  /** A run on a shared connection, and what it took in the server. */
  took(text: string, ms: number): void {
    const { slowMs, verySlowMs } = this.#options;
    if (ms < slowMs) this.tookAlone(text, ms);
    else this.#blame(text, ms < verySlowMs ? 1 : verySlow);
  }

  /** A run on a connection of its own. It was not in anybody's way, so that it can only speak for the statement. */
  tookAlone(text: string, ms: number): void {
    if (this.#scores.size === 0) return;
    const score = this.#scores.get(text);
    if (score === undefined) return;
    if (ms >= this.#options.slowMs) {
      if (score.isSlow) score.points = Math.min(score.points + 1, most);
      return;
    }
    score.points -= 1 / forgivenAfter;
    if (score.points <= 0) this.#scores.delete(text);
  }

  #blame(text: string, points: number): void {
    let score = this.#scores.get(text);
    if (score === undefined) {
      if (this.#scores.size >= maxTexts) return;
      score = { points: 0, isSlow: false };
      this.#scores.set(text, score);
    }
    score.points = Math.min(score.points + points, most);
    score.isSlow ||= score.points >= slowFrom;
  }
}
