import type { SqlDialect } from '@seaworthy/contracts';
import { DbError, type DbErrorKind } from '../db-error.js';
import type { DriverResult } from '../driver.js';
import { compile, type Statement } from '../sql/compile.js';
import type { Lease } from './lease.js';
import type { Limits, LimitsReader } from './limits.js';
import { createRunner, type QueryRunner } from './runner.js';
import type { StreamOptions } from './stream-options.js';
import { planStream, type RowStreamer, type Streamed, streamRows } from './stream-rows.js';
import {
  abortedBy,
  alreadyEndedError,
  commitUnknown,
  endsTransaction,
  overError,
  swallowedError,
  undoneError,
} from './transaction-errors.js';
import { UnderWay } from './under-way.js';

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

/** A transaction, or a part of it, while its work runs. */
interface Scope {
  readonly tx: DbTransaction;
  readonly underWay: UnderWay;
  /** Nothing more begins in it. */
  end(): void;
  /** Nor may what was begun in it go on: it would be a part of what is around it. */
  undo(): void;
}

/**
 * Runs `work` in one transaction on a borrowed connection: committed when it returns, rolled back when it throws. What `work` began
 * and did not await ends before the commit, and can begin nothing after a failure: it would take effect outside of the transaction.
 *
 * @throws what `work` throws; DbError `transaction_aborted` when a statement failed and `work` returned all the same;
 * `commit_unknown` when the connection was lost or the time was up between sending COMMIT and its answer.
 */
export async function runTransaction<T>(
  run: TransactionRun,
  work: (tx: DbTransaction) => Promise<T>,
): Promise<T> {
  const { lease, dialect, limits } = run;
  const { connection } = lease;
  const command = (text: string): Promise<unknown> => lease.command({ text, values: [] }, limits);
  let doomed: DbError | undefined;
  /** A statement of the caller's own has committed it or rolled it back. */
  let hasEnded = false;
  let over = false;
  let savepoints = 0;

  /** Why nothing more can be a part of it. */
  function hindrance(): DbError | undefined {
    if (over) return overError();
    if (doomed !== undefined) return abortedBy(doomed);
    return hasEnded ? alreadyEndedError() : undefined;
  }

  /** In its turn: what was asked for together with a statement that ended the transaction would stand alone. */
  async function send(statement: Statement, hindered: () => DbError | undefined): Promise<DriverResult> {
    refuseFor(hindered());
    const before = connection.transactionState;
    const isOver = (): boolean =>
      before !== 'none' && connection.transactionState === 'none' && lease.over === undefined;
    try {
      const result = await connection.query(statement);
      hasEnded ||= isOver();
      return result;
    } catch (error) {
      if (DbError.is(error) && (endsTransaction(error, dialect) || isOver())) doomed = error;
      throw error;
    }
  }

  /** @param enclosing - why nothing more can be a part of what is around it. */
  function scope(enclosing: () => DbError | undefined): Scope {
    const underWay = new UnderWay();
    let ended = false;
    let undone = false;
    let siblings: Promise<unknown> = Promise.resolve();
    const hindered = (): DbError | undefined => (undone ? undoneError() : enclosing());

    async function query(...[asked, options]: Parameters<QueryRunner['execute']>): Promise<never> {
      refuseFor(ended ? overError() : hindered());
      const statement = compile(asked, dialect);
      const limits = run.reader.ofQuery(options);
      // The driver builds rows from the server's own description; that they are a `Row` is the caller's claim.
      return (await lease.run(statement.text, () => send(statement, hindered), limits)) as never;
    }

    const tx: DbTransaction = {
      ...createRunner(dialect, (statement, options) => underWay.run(() => query(statement, options))),
      async *stream<Row>(query: Streamed<Row>, given?: StreamOptions) {
        refuseFor(ended ? overError() : hindered());
        const context = { dialect, limits: run.reader };
        try {
          yield* streamRows(lease, planStream(query, given, context), context);
        } catch (error) {
          if (endsTransaction(error, dialect)) doomed = error;
          throw error;
        }
      },
      transaction(inner) {
        if (ended) return Promise.reject(overError());
        const turn = underWay.run(() => siblings.then(() => nested(inner, hindered)));
        siblings = turn.catch(() => undefined);
        return turn;
      },
    };
    return {
      tx,
      underWay,
      end: () => {
        ended = true;
      },
      undo: () => {
        ended = true;
        undone = true;
      },
    };
  }

  async function nested<R>(
    inner: (tx: DbTransaction) => Promise<R>,
    enclosing: () => DbError | undefined,
  ): Promise<R> {
    refuseFor(enclosing());
    savepoints += 1;
    const name = `seaworthy_${savepoints}`;
    await command(`savepoint ${name}`);
    const { tx, underWay, end, undo } = scope(enclosing);
    try {
      const value = await inner(tx);
      end();
      await underWay.none();
      refuseFor(enclosing());
      // A failed statement that `inner` swallowed leaves the savepoint unusable, so it is undone.
      if (connection.transactionState === 'failed') throw swallowedError();
      await command(`release savepoint ${name}`);
      return value;
    } catch (error) {
      undo();
      if (enclosing() === undefined && lease.over === undefined) {
        await command(`rollback to savepoint ${name}`);
        await command(`release savepoint ${name}`);
      }
      throw error;
    }
  }

  async function commit(): Promise<void> {
    if (doomed !== undefined) throw abortedBy(doomed);
    if (hasEnded) return;
    if (connection.transactionState === 'failed') throw swallowedError();
    if (lease.over !== undefined) throw lease.over;
    try {
      await command('commit');
    } catch (error) {
      const isUnanswered = lease.over !== undefined || (DbError.is(error) && unansweredKinds.has(error.kind));
      throw DbError.is(error) && error.unsent !== true && isUnanswered ? commitUnknown(error) : error;
    }
  }

  async function rollback(): Promise<void> {
    if (lease.over !== undefined || !connection.isOpen) return;
    try {
      await command('rollback');
    } catch {
      // The lease cleans up again on release, and destroys what it cannot clean; the first error is the caller's.
    }
  }

  const { tx, underWay, end } = scope(hindrance);
  try {
    for (const text of beginStatements(run)) await command(text);
    const value = await untilOver(lease, async () => {
      const result = await work(tx);
      end();
      await underWay.none();
      return result;
    });
    over = true;
    await commit();
    return value;
  } catch (error) {
    end();
    over = true;
    await rollback();
    throw error;
  }
}

function refuseFor(hindrance: DbError | undefined): void {
  if (hindrance !== undefined) throw hindrance;
}

/** COMMIT may have been carried out all the same. */
const unansweredKinds: ReadonlySet<DbErrorKind> = new Set<DbErrorKind>([
  'connection_lost',
  'query_timeout',
  'transaction_timeout',
  'aborted',
]);

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
