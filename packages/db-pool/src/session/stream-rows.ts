import type { SqlDialect, SqlQuery, StandardSchema } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { compile, type Statement } from '../sql/compile.js';
import { onlyReads } from '../sql/only-reads.js';
import type { TypedSql } from '../sql/sql.js';
import type { Lease } from './lease.js';
import type { Limits, LimitsReader } from './limits.js';
import { readStreamOptions, type StreamOptions } from './stream-options.js';
import { validateRows } from './validate-rows.js';

/** Reads a result of any size with bounded memory. */
export interface RowStreamer {
  /**
   * The rows, one by one: at most `batch` of them are in memory, however many there are. Leaving the loop ends the statement in
   * the server and gives the connection back.
   *
   * It reads in a read-only transaction; inside a transaction, in that one. On MySQL nothing else can run on that connection
   * until the stream has ended.
   *
   * @throws DbError as `many`; `invalid_value` for a statement that does not only read.
   *
   * @example
   * for await (const row of db.stream(sql`select id, total from orders`)) write(row);
   */
  stream<Row>(query: TypedSql<Row>, options?: StreamOptions): AsyncGenerator<Row, void, undefined>;
  stream<Row extends object = Record<string, unknown>>(
    query: SqlQuery,
    options?: StreamOptions,
  ): AsyncGenerator<Row, void, undefined>;
}

/** A statement, perhaps with a schema for its rows. */
export type Streamed<Row> = SqlQuery & { readonly schema?: StandardSchema<unknown, Row> };

export interface StreamContext {
  readonly dialect: SqlDialect;
  readonly limits: LimitsReader;
}

/** What a stream asks for, checked before anything is borrowed or sent. */
export interface StreamPlan<Row> {
  readonly query: Streamed<Row>;
  readonly statement: Statement;
  readonly batch: number;
  /** All of it, the reader's time included. */
  readonly whole: Limits;
}

/** @throws OptionsError; DbError `invalid_value`. */
export function planStream<Row>(
  query: Streamed<Row>,
  given: StreamOptions | undefined,
  { dialect, limits }: StreamContext,
): StreamPlan<Row> {
  const { batch, ...rest } = readStreamOptions(given ?? {});
  const statement = compile(query, dialect);
  if (onlyReads(statement.text)) return { query, statement, batch, whole: limits.ofWork(rest) };
  throw new DbError(
    'invalid_value',
    'Only statements that read can be streamed: select, with, values or table. Run this one with exec() or many().',
  );
}

/**
 * A cursor is planned for its first tenth of the rows otherwise; a stream is mostly read to the end.
 * PostgreSQL documentation, cursor_tuple_fraction.
 */
const begin = {
  postgres: 'begin read only; set local cursor_tuple_fraction = 1.0',
  mysql: 'start transaction read only',
} as const;

/** The rows of a statement on a borrowed connection: in the transaction that is open on it, or in a read-only one of its own. */
export async function* streamRows<Row>(
  lease: Lease,
  plan: StreamPlan<Row>,
  context: StreamContext,
): AsyncGenerator<Row, void> {
  const { dialect } = context;
  if (lease.connection.transactionState !== 'none') {
    yield* fetchRows(lease, plan, context);
    return;
  }
  await lease.run(begin[dialect], () => lease.connection.script(begin[dialect]), plan.whole);
  let isOver = false;
  try {
    yield* fetchRows(lease, plan, context);
    isOver = true;
    await lease.query({ text: 'commit', values: [] }, plan.whole);
  } finally {
    if (!isOver) await endEarly(lease, () => lease.query({ text: 'rollback', values: [] }, plan.whole));
  }
}

async function* fetchRows<Row>(
  lease: Lease,
  { query, statement, batch, whole }: StreamPlan<Row>,
  { limits }: StreamContext,
): AsyncGenerator<Row, void> {
  const rows = lease.connection.openRows(statement, batch);
  let count = 0;
  let isOver = false;
  try {
    while (!isOver) {
      const read = (): ReturnType<typeof rows.read> => rows.read(batch);
      const fetched = await lease.run(statement.text, read, fetchLimits(limits, whole));
      isOver = fetched.length < batch;
      // The driver builds rows from the server's own description; that they are a `Row` is the caller's claim.
      yield* query.schema === undefined
        ? (fetched as readonly never[])
        : await validateRows(query.schema, fetched, count);
      count += fetched.length;
    }
  } finally {
    await endEarly(lease, () => lease.run('close', () => rows.close(), fetchLimits(limits, whole)));
  }
}

/** A fetch has the time of one statement, and no more than what is left of the whole. */
function fetchLimits(limits: LimitsReader, whole: Limits): Limits {
  const { deadlineAt } = limits.ofQuery(undefined);
  return { deadlineAt: Math.min(deadlineAt, whole.deadlineAt), signal: whole.signal };
}

/** What cannot be ended in order ends with its connection. */
async function endEarly(lease: Lease, end: () => Promise<unknown>): Promise<void> {
  if (lease.over !== undefined || lease.connection.transactionState === 'failed') return;
  try {
    await end();
  } catch {
    lease.abandon(
      new DbError('connection_lost', 'A stream could not be ended, so its connection was destroyed.'),
    );
  }
}
