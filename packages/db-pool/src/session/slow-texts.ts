/** The oldest of more texts is forgotten, and tried anew when it comes again. */
const maxTexts = 1_000;

/** So many fast runs make up for a slow one: what is slow more often than that is slow. */
const forgivenAfter = 64;

/** One slow run may be a machine that was busy for a moment; a very slow one is enough alone. */
const slowFrom = 1.5;
const verySlow = 2;

/**
 * So many runs alone before it is tried again; twice as many each time that it fails. Few at first, because nobody waits behind
 * a trial, and what was slow may have been the machine, the network or the whole server that stood still.
 */
const alone = { first: 16, most: 8_192 } as const;

export interface SlowTextsOptions {
  readonly slowMs: number;
  readonly verySlowMs: number;
}

/** Where a statement runs: among others, as a trial with nobody behind it, or on a connection of its own. */
export type Company = 'others' | 'trial' | 'none';

interface Score {
  /** Of its runs on shared connections. */
  points: number;
  /** Runs alone that are left; 0: it may be tried. */
  aloneFor: number;
  nextAloneFor: number;
  /** It ran fast since it was last seen for the first time or found slow. */
  isProven: boolean;
  isOnTrial: boolean;
}

/**
 * Learns which statements are slow, each by its text: whatever stands behind them on a shared connection would wait. A text
 * is tried with nobody behind it, once at a time, until it was fast.
 */
export class SlowTexts {
  readonly #options: SlowTextsOptions;
  readonly #scores = new Map<string, Score>();

  constructor(options: SlowTextsOptions) {
    this.#options = options;
  }

  companyOf(text: string): Company {
    const score = this.#scores.get(text);
    if (score === undefined) return 'trial';
    if (score.isProven) return 'others';
    return score.aloneFor > 0 || score.isOnTrial ? 'none' : 'trial';
  }

  /** A trial began; it ends with {@link took} or {@link trialEnded}. */
  onTrial(text: string): void {
    this.#scoreOf(text).isOnTrial = true;
  }

  /** A trial ended without an answer. */
  trialEnded(text: string): void {
    const score = this.#scores.get(text);
    if (score !== undefined) score.isOnTrial = false;
  }

  /** A run on a shared connection took so long in the server. */
  took(text: string, ms: number): void {
    const { slowMs, verySlowMs } = this.#options;
    const score = this.#scoreOf(text);
    score.isOnTrial = false;
    if (ms >= slowMs) blame(score, ms < verySlowMs ? 1 : verySlow);
    else praise(score);
  }

  /** A run alone. How long it took says nothing about how long it would hold up others when the server is busy. */
  ranAlone(text: string): void {
    const score = this.#scores.get(text);
    if (score === undefined || score.aloneFor === 0) return;
    score.aloneFor -= 1;
    if (score.aloneFor === 0) score.points = 1; // the next slow run proves it
  }

  #scoreOf(text: string): Score {
    const known = this.#scores.get(text);
    if (known !== undefined) return known;
    if (this.#scores.size >= maxTexts) this.#forgetOldest();
    const score = { points: 0, aloneFor: 0, nextAloneFor: alone.first, isProven: false, isOnTrial: false };
    this.#scores.set(text, score);
    return score;
  }

  #forgetOldest(): void {
    const [oldest] = this.#scores.keys();
    if (oldest !== undefined) this.#scores.delete(oldest);
  }
}

function praise(score: Score): void {
  score.isProven = true;
  if (score.points === 0) return;
  score.points = Math.max(0, score.points - 1 / forgivenAfter);
  if (score.points === 0) score.nextAloneFor = alone.first;
}

function blame(score: Score, points: number): void {
  score.points += points;
  if (score.points < slowFrom || score.aloneFor > 0) return;
  score.isProven = false;
  score.aloneFor = score.nextAloneFor;
  score.nextAloneFor = Math.min(2 * score.nextAloneFor, alone.most);
}
