import { optionsOf, type SqlDialect, type SqlQuery, type SqlResult } from '@seaworthy/contracts';
import type { ConnectOptions, DbConnection } from '../db.js';
import { compile } from '../sql/compile.js';
import type { Borrowing, LeakWatch } from './leak-watch.js';
import type { Lease } from './lease.js';
import type { LimitsReader } from './limits.js';
import { type QueryOptions, Runner } from './runner.js';
import type { StreamOptions } from './stream-options.js';
import { planStream, type Streamed, streamRows } from './stream-rows.js';

/** What the borrowed connections of a database share. */
export interface OwnConnectionContext {
  readonly dialect: SqlDialect;
  readonly limits: LimitsReader;
  readonly leaks: LeakWatch | undefined;
}

const readScript = optionsOf<ConnectOptions>('script', { timeout: true, signal: true });

const done = Promise.resolve();

/**
 * A lease as its borrower sees it. Whatever was done on it, the next borrower starts afresh: a changed setting cannot be seen
 * from outside.
 */
export class OwnConnection extends Runner implements DbConnection {
  readonly #context: OwnConnectionContext;
  readonly #lease: Lease;
  readonly #borrowing: Borrowing | undefined;

  constructor(context: OwnConnectionContext, lease: Lease, borrowing: Borrowing | undefined) {
    super();
    this.#context = context;
    this.#lease = lease;
    this.#borrowing = borrowing;
    lease.distrust();
  }

  get dialect(): SqlDialect {
    return this.#context.dialect;
  }

  script(text: string, options: ConnectOptions = {}): Promise<void> {
    return this.#lease.script(text, this.#context.limits.ofWork(readScript(options)));
  }

  stream<Row>(query: Streamed<Row>, given?: StreamOptions): AsyncGenerator<Row, void> {
    return streamRows(this.#lease, planStream(query, given, this.#context), this.#context);
  }

  release(): Promise<void> {
    if (this.#borrowing !== undefined) this.#context.leaks?.returned(this.#borrowing);
    return this.#lease.release() ?? done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  protected async run<Row extends object>(
    query: SqlQuery,
    options: QueryOptions | undefined,
  ): Promise<SqlResult<Row>> {
    const statement = compile(query, this.#context.dialect);
    try {
      // The driver builds rows from the server's own description; that they are a `Row` is the caller's claim.
      return (await this.#lease.query(statement, this.#context.limits.ofQuery(options))) as never;
    } catch (error) {
      this.#lease.noteRefusal(error);
      throw error;
    }
  }
}
