import type { SqlDialect } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { compile } from '../sql/compile.js';
import type { Lease } from './lease.js';
import type { Limits, LimitsReader } from './limits.js';
import { createRunner, type QueryRunner } from './runner.js';
import type { StreamOptions } from './stream-options.js';
import { planStream, type RowStreamer, type Streamed, streamRows } from './stream-rows.js';

/** The standard's names, which both engines take. PostgreSQL treats `read uncommitted` as `read committed`. */
export type Isolation = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';

/** A transaction, or a part of one that can be undone alone. */
export interface DbTransaction extends QueryRunner, RowStreamer {
  /**
   * Runs `work` behind a savepoint: when it throws, what it did is undone and the transaction goes on. Several at once run
   * one after the other, because savepoints nest.
   */
  transaction<T>(work: (tx: DbTransaction) => Promise<T>): Promise<T>;
}

export interface TransactionRun {
  readonly lease: Lease;
  readonly dialect: SqlDialect;
  readonly isolation: Isolation | undefined;
  readonly readOnly: boolean;
  /** For the whole transaction. */
  readonly limits: Limits;
  /** For each statement in it, counted from its own start. */
  readonly reader: LimitsReader;
}

/**
 * MySQL undoes the whole transaction on a deadlock (and, where it is set so, on a lock wait timeout), and would run what
 * follows in autocommit as if nothing had happened. PostgreSQL refuses by itself until a rollback.
 */
function endsTransaction(error: unknown, dialect: SqlDialect): error is DbError {
  if (!DbError.is(error)) return false;
  if (error.kind === 'connection_lost') return true;
  return dialect === 'mysql' && (error.kind === 'deadlock' || error.kind === 'lock_timeout');
}

/**
 * Runs `work` in one transaction on a borrowed connection: committed when it returns, rolled back when it throws.
 *
 * @throws what `work` throws; DbError `transaction_aborted` when a statement failed and `work` returned all the same;
 * `commit_unknown` when the connection was lost or the time was up between sending COMMIT and its answer.
 */
export async function runTransaction<T>(
  run: TransactionRun,
  work: (tx: DbTransaction) => Promise<T>,
): Promise<T> {
  const { lease, dialect, limits } = run;
  const command = (text: string): Promise<unknown> => lease.command({ text, values: [] }, limits);
  let doomed: DbError | undefined;
  let over = false;
  let savepoints = 0;

  function scope(): { readonly tx: DbTransaction; end(): void } {
    let ended = false;
    let siblings: Promise<unknown> = Promise.resolve();
    const requireOpen = (): void => {
      if (over || ended) throw new DbError('closed', 'The transaction is over. Await every call made in it.');
      if (doomed !== undefined) throw abortedBy(doomed);
    };
    const runner = createRunner(dialect, async (query, options) => {
      requireOpen();
      try {
        const result = await lease.query(compile(query, dialect), run.reader.ofQuery(options));
        // The driver builds rows from the server's own description; that they are a `Row` is the caller's claim.
        return result as never;
      } catch (error) {
        if (endsTransaction(error, dialect)) doomed = error;
        throw error;
      }
    });
    const tx: DbTransaction = {
      ...runner,
      async *stream<Row>(query: Streamed<Row>, given?: StreamOptions) {
        requireOpen();
        const context = { dialect, limits: run.reader };
        try {
          yield* streamRows(lease, planStream(query, given, context), context);
        } catch (error) {
          if (endsTransaction(error, dialect)) doomed = error;
          throw error;
        }
      },
      transaction(inner) {
        const turn = siblings.then(() => nested(inner));
        siblings = turn.catch(() => undefined);
        return turn;
      },
    };
    return {
      tx,
      end: () => {
        ended = true;
      },
    };
  }

  async function nested<R>(inner: (tx: DbTransaction) => Promise<R>): Promise<R> {
    if (over) throw new DbError('closed', 'The transaction is over. Await every call made in it.');
    if (doomed !== undefined) throw abortedBy(doomed);
    savepoints += 1;
    const name = `seaworthy_${savepoints}`;
    await command(`savepoint ${name}`);
    const { tx, end } = scope();
    try {
      const value = await inner(tx);
      end();
      // A failed statement that `inner` swallowed leaves the savepoint unusable, so it is undone.
      if (lease.connection.transactionState === 'failed') throw swallowedError();
      await command(`release savepoint ${name}`);
      return value;
    } catch (error) {
      end();
      if (doomed === undefined && lease.over === undefined) {
        await command(`rollback to savepoint ${name}`);
        await command(`release savepoint ${name}`);
      }
      throw error;
    }
  }

  async function commit(): Promise<void> {
    if (doomed !== undefined) throw abortedBy(doomed);
    if (lease.connection.transactionState === 'failed') throw swallowedError();
    if (lease.over !== undefined) throw lease.over;
    try {
      await command('commit');
    } catch (error) {
      const unanswered =
        DbError.is(error) &&
        error.unsent !== true &&
        ['connection_lost', 'query_timeout', 'transaction_timeout', 'aborted'].includes(error.kind);
      if (!unanswered) throw error;
      throw new DbError(
        'commit_unknown',
        'COMMIT was sent and its answer did not come, so the transaction may or may not have taken effect. Look for its result before you repeat it.',
        { cause: error },
      );
    }
  }

  async function rollback(): Promise<void> {
    if (lease.over !== undefined || !lease.connection.isOpen) return;
    try {
      await command('rollback');
    } catch {
      // The lease cleans up again on release, and destroys what it cannot clean; the first error is the caller's.
    }
  }

  const { tx, end } = scope();
  try {
    for (const text of beginStatements(run)) await command(text);
    const value = await untilOver(lease, () => work(tx));
    end();
    await commit();
    return value;
  } catch (error) {
    end();
    await rollback();
    throw error;
  } finally {
    over = true;
  }
}

function beginStatements({ dialect, isolation, readOnly }: TransactionRun): string[] {
  const mode = readOnly ? ' read only' : '';
  if (dialect === 'postgres') {
    return [`begin${isolation === undefined ? '' : ` isolation level ${isolation}`}${mode}`];
  }
  const start = `start transaction${mode}`;
  return isolation === undefined ? [start] : [`set transaction isolation level ${isolation}`, start];
}

/** Ends with `work`, or at once when the connection is given up, however long `work` hangs on something else. */
function untilOver<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = lease.onOver(reject);
    if (lease.over !== undefined) reject(lease.over);
    const working = (async () => work())();
    working.then(resolve, reject).finally(stopListening);
  });
}

function abortedBy(cause: DbError): DbError {
  return new DbError(
    'transaction_aborted',
    'An earlier statement ended this transaction in the server; nothing of it was kept. Let the first error through.',
    { cause },
  );
}

function swallowedError(): DbError {
  return new DbError(
    'transaction_aborted',
    'A statement in this transaction failed and its error was swallowed, so everything was rolled back. Put what may fail into tx.transaction().',
  );
}
