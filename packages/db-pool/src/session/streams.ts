import { DbError } from '../db-error.js';
import type { Borrower } from './borrower.js';
import type { LeakWatch } from './leak-watch.js';
import type { StreamOptions } from './stream-options.js';
import { planStream, type StreamContext, type Streamed, streamRows } from './stream-rows.js';

export interface StreamsOptions extends StreamContext {
  readonly borrower: Borrower;
  readonly leaks: LeakWatch | undefined;
  /** Counts a stream that failed. */
  readonly failed: (error: unknown) => void;
}

/** Streams that borrow a connection, for as long as they are read. */
export class Streams {
  readonly #options: StreamsOptions;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  async *run<Row>(query: Streamed<Row>, given: StreamOptions | undefined): AsyncGenerator<Row, void> {
    const { borrower, leaks, failed } = this.#options;
    const plan = planStream(query, given, this.#options);
    const borrowing = leaks?.borrowed(this.run);
    try {
      const lease = borrower.tryBorrow(plan.whole) ?? (await borrower.borrow(plan.whole));
      lease.limit(plan.whole, streamTimeout);
      try {
        yield* streamRows(lease, plan, this.#options);
      } finally {
        void lease.release();
      }
    } catch (error) {
      failed(error);
      throw error;
    } finally {
      if (borrowing !== undefined) leaks?.returned(borrowing);
    }
  }
}

function streamTimeout(): DbError {
  return new DbError(
    'query_timeout',
    'The stream reached its deadline and was cancelled in the server. Read faster, or raise its timeout: it counts the time that the reader takes too.',
  );
}
