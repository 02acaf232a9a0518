import type { Clock, SqlDialect } from '@seaworthy/contracts';
import type { DriverConnection } from '../driver.js';
import type { StatementObserver } from '../observe/statement-observer.js';
import type { Deadlines } from '../pool/deadlines.js';
import type { Pool } from '../pool/pool.js';
import type { Loan } from '../pool/slot.js';
import type { AskedLease } from './failover.js';
import type { Limits } from './limits.js';

/** What all leases of a database share. */
export interface LeaseContext {
  readonly dialect: SqlDialect;
  readonly pool: Pool<DriverConnection>;
  readonly clock: Clock;
  /** Of everything that runs on a connection. */
  readonly deadlines: Deadlines;
  readonly statements: StatementObserver | undefined;
  /** Asks the server, over a lease outside of any transaction, whether it has become read-only. Never rejects. */
  readonly afterRefusal: (lease: AskedLease<Loan<DriverConnection>>, limits: Limits) => Promise<unknown>;
}
