/** More texts than this are a program that builds endless ones; they are not remembered. */
const maxTexts = 1_000;

/** So many fast runs make up for a slow one: what is slow more often than that is slow. */
const forgivenAfter = 64;

/** One slow run may be a machine that was busy for a moment; a very slow one is enough alone. */
const slowFrom = 1.5;
const verySlow = 2;

/** So many runs alone before it is tried again among others; twice as many each time that it fails. */
const alone = { first: 128, most: 8_192 } as const;

export interface SlowTextsOptions {
  readonly slowMs: number;
  readonly verySlowMs: number;
}

interface Score {
  /** Of its runs among others. */
  points: number;
  /** Runs alone that are left; 0: it may run among others. */
  aloneFor: number;
  nextAloneFor: number;
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
    if (this.#scores.size === 0) return false;
    const score = this.#scores.get(text);
    return score !== undefined && score.aloneFor > 0;
  }

  /** A run among others took so long in the server. */
  took(text: string, ms: number): void {
    const { slowMs, verySlowMs } = this.#options;
    if (ms >= slowMs) this.#blame(text, ms < verySlowMs ? 1 : verySlow);
    else if (this.#scores.size > 0) this.#praise(text);
  }

  /** A run alone. How long it took says nothing about how long it would hold up others when the server is busy. */
  ranAlone(text: string): void {
    if (this.#scores.size === 0) return;
    const score = this.#scores.get(text);
    if (score === undefined || score.aloneFor === 0) return;
    score.aloneFor -= 1;
    if (score.aloneFor === 0) score.points = 1; // the next slow run proves it
  }

  #praise(text: string): void {
    const score = this.#scores.get(text);
    if (score === undefined) return;
    score.points -= 1 / forgivenAfter;
    if (score.points <= 0) this.#scores.delete(text);
  }

  #blame(text: string, points: number): void {
    let score = this.#scores.get(text);
    if (score === undefined) {
      if (this.#scores.size >= maxTexts) return;
      score = { points: 0, aloneFor: 0, nextAloneFor: alone.first };
      this.#scores.set(text, score);
    }
    score.points += points;
    if (score.points < slowFrom || score.aloneFor > 0) return;
    score.aloneFor = score.nextAloneFor;
    score.nextAloneFor = Math.min(2 * score.nextAloneFor, alone.most);
  }
}
