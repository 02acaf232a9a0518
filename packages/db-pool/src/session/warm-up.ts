import { invalidOption, type Logger, type SqlDialect, type SqlQuery } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { DriverConnection } from '../driver.js';
import { readyOrDestroyed } from '../ready-or-destroyed.js';
import { compile, type Statement } from '../sql/compile.js';
import { isPlainRead } from '../sql/plain-read.js';

/** The second time prepares it in the server. */
const runs = 2;

export interface WarmUpOptions {
  readonly connect: (signal: AbortSignal) => Promise<DriverConnection>;
  readonly queries: readonly SqlQuery[];
  readonly dialect: SqlDialect;
  /** What the pool is called. */
  readonly pool: string;
  readonly logger: Logger;
}

/**
 * Connects and runs `queries` before anybody gets the connection: each new backend of PostgreSQL reads the catalogues anew, so
 * its first statement over a table takes several times as long as the next.
 *
 * A statement that the server refuses is logged once, until it works again, and keeps nobody from connecting: before the first
 * migration there is no table.
 *
 * @throws OptionsError for a statement that does not plainly only read.
 */
export function connectWarm({
  connect,
  queries,
  dialect,
  pool,
  logger,
}: WarmUpOptions): WarmUpOptions['connect'] {
  if (queries.length === 0) return connect;
  const statements = queries.map((query) => compile(query, dialect));
  if (!statements.every(({ text }) => isPlainRead(text))) {
    throw invalidOption('createDb', 'pool.warmUp', 'a list of statements that plainly only read');
  }
  let isRefused = false;

  async function warm(connection: DriverConnection): Promise<void> {
    try {
      for (const statement of statements) await runOften(connection, statement);
      isRefused = false;
    } catch (error) {
      if (!connection.isOpen || !DbError.is(error)) throw error;
      if (!isRefused) logger.warn('A statement of pool.warmUp was refused', { pool, error });
      isRefused = true;
    }
  }

  return async (signal) => {
    const connection = await connect(signal);
    // The server would notice at the end of the statement only that nobody waits for it, and each attempt would leave one there.
    const cancel = (): void => void connection.cancel().catch(() => undefined);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await readyOrDestroyed(connection, signal, () => warm(connection));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

async function runOften(connection: DriverConnection, statement: Statement): Promise<void> {
  for (let run = 0; run < runs; run += 1) await connection.query(statement);
}
