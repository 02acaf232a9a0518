import { optionsOf, type SqlDialect } from '@seaworthy/contracts';
import type { ConnectOptions, DbConnection } from '../db.js';
import { compile } from '../sql/compile.js';
import type { Lease } from './lease.js';
import type { LimitsReader } from './limits.js';
import { createRunner } from './runner.js';

export interface OwnConnectionOptions {
  readonly lease: Lease;
  readonly dialect: SqlDialect;
  readonly limits: LimitsReader;
  readonly onRelease: () => void;
}

const readScript = optionsOf<ConnectOptions>('script', { timeout: true, signal: true });

/**
 * A lease as its borrower sees it. Whatever was done on it, the next borrower starts afresh: a changed setting cannot be seen
 * from outside.
 */
export function ownConnection(options: OwnConnectionOptions): DbConnection {
  const { lease, dialect, limits, onRelease } = options;
  lease.markSessionChanged();
  const runner = createRunner(
    dialect,
    // The driver builds rows from the server's own description; that they are a `Row` is the caller's claim.
    async (query, given) => (await lease.query(compile(query, dialect), limits.ofQuery(given))) as never,
  );
  const release = async (): Promise<void> => {
    onRelease();
    await lease.release();
  };
  return {
    ...runner,
    script: (text, given = {}) => lease.script(text, limits.ofWork(readScript(given))),
    release,
    [Symbol.asyncDispose]: release,
  };
}
