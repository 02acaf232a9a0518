import type { Clock } from '@seaworthy/contracts';
import type { DbConnection } from '../db.js';
import { DbError } from '../db-error.js';
import { splitScript } from '../drivers/split-script.js';
import { Sql } from '../sql/fragments.js';
import { sql } from '../sql/sql.js';
import { recordProgress } from './migration-table.js';

/** One file on its way into the database, and what is to be remembered of it. */
export interface Step {
  readonly name: string;
  readonly text: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Remembers that it has begun. */
  begin(): Promise<void>;
  /** Remembers that it is complete. */
  end(): Promise<void>;
}

/** A line such as `-- seaworthy: no transaction` at the top, for `create index concurrently` and its like. */
const noTransaction = /^\s*--\s*seaworthy:\s*no transaction\s*$/im;

/** Whether a file runs as a whole or not at all. */
export function isTransactional(connection: DbConnection, text: string): boolean {
  return connection.dialect === 'postgres' && !noTransaction.test(text);
}

/**
 * Runs a file and remembers it, in one transaction where the engine has transactions for schema changes.
 *
 * @throws whatever the failing statement threw, after a rollback.
 */
export function runStep(connection: DbConnection, step: Step): Promise<void> {
  if (connection.dialect === 'mysql') return runPiecewise(connection, step);
  return isTransactional(connection, step.text) ? runWhole(connection, step) : runAlone(connection, step);
}

/** What pg_dump writes empties the search path and leaves it so: then neither this file's record nor the next file found its tables. */
const putBack = 'reset search_path; reset role';

async function runFile(connection: DbConnection, { text, timeoutMs }: Step): Promise<void> {
  await connection.script(text, { timeout: timeoutMs });
  await connection.script(putBack);
}

async function runWhole(connection: DbConnection, step: Step): Promise<void> {
  await connection.exec(sql`begin`);
  try {
    await step.begin();
    await runFile(connection, step);
    await step.end();
    await connection.exec(sql`commit`);
  } catch (error) {
    await rollback(connection);
    throw error;
  }
}

async function runAlone(connection: DbConnection, step: Step): Promise<void> {
  await step.begin();
  await runFile(connection, step);
  await step.end();
}

/**
 * Statement by statement, counting. A schema change commits what was open before it and then itself; everything else stays in a
 * transaction until the next one or the end. So a file without schema changes is there whole or not at all, and of any other it is
 * known which statements took effect.
 */
async function runPiecewise(connection: DbConnection, step: Step): Promise<void> {
  const { name, timeoutMs, clock } = step;
  const deadlineAt = clock.monotonic() + timeoutMs;
  await connection.exec(sql`set autocommit = 0`);
  try {
    await step.begin();
    for (const [at, text] of splitScript(step.text).entries()) {
      await connection.exec(sql`savepoint seaworthy_step`);
      await connection.exec(new Sql([text], []), { timeout: Math.max(deadlineAt - clock.monotonic(), 1) });
      const isStillOpen = await hasSavepoint(connection);
      await recordProgress(connection, name, at + 1);
      if (!isStillOpen) await connection.exec(sql`commit`);
    }
    await step.end();
    await connection.exec(sql`commit`);
  } catch (error) {
    await rollback(connection);
    throw error;
  } finally {
    // Otherwise reading the records would keep a lock that a restoration waits for.
    await connection.exec(sql`set autocommit = 1`).catch(() => undefined);
  }
}

/** A commit, which MySQL does not announce, takes the savepoints with it (1305: no such savepoint). */
async function hasSavepoint(connection: DbConnection): Promise<boolean> {
  try {
    await connection.exec(sql`release savepoint seaworthy_step`);
    return true;
  } catch (error) {
    if (DbError.is(error) && error.errno === 1305) return false;
    throw error;
  }
}

async function rollback(connection: DbConnection): Promise<void> {
  try {
    await connection.exec(sql`rollback`);
  } catch {
    // The connection is gone, and its transaction with it; the first error is what counts.
  }
}
