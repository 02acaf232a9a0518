import type { Clock, Logger, SqlDialect } from '@seaworthy/contracts';
import { fingerprintOf, normalizeSql } from './normalize-sql.js';

/** A statement that is slow all the time is logged so often at most; the next line says how many were left out. */
const quietMs = 10_000;

/** Programs have a few hundred statements; one that makes up new ones all the time costs lines, not memory. */
const maxKnown = 500;

export interface SlowLogOptions {
  readonly afterMs: number;
  readonly dialect: SqlDialect;
  readonly pool: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Logs statements that took long, without their values. */
export class SlowLog {
  readonly afterMs: number;
  readonly #options: SlowLogOptions;
  readonly #known = new Map<string, { lastAt: number; leftOut: number }>();

  constructor(options: SlowLogOptions) {
    this.#options = options;
    this.afterMs = options.afterMs;
  }

  /** @param failure - The kind of error that it ended with. */
  report(text: string, durationMs: number, failure: string | undefined): void {
    const { dialect, pool, logger, clock } = this.#options;
    const statement = normalizeSql(text, dialect);
    const fingerprint = fingerprintOf(statement);
    const now = clock.monotonic();
    const before = this.#known.get(fingerprint);
    if (before !== undefined && now - before.lastAt < quietMs) {
      before.leftOut += 1;
      return;
    }
    this.#known.delete(fingerprint);
    this.#known.set(fingerprint, { lastAt: now, leftOut: 0 });
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
    logger.warn('Slow query', {
      pool,
      durationMs: Math.round(durationMs),
      fingerprint,
      statement,
      ...(failure === undefined ? {} : { failure }),
      ...(before === undefined || before.leftOut === 0 ? {} : { alsoSlowSinceLastLine: before.leftOut }),
    });
  }
}
