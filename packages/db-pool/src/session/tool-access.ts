import { invalidOption, type SqlDialect } from '@seaworthy/contracts';
import type { Db } from '../db.js';
import type { DbError } from '../db-error.js';
import type { LeakWatch } from './leak-watch.js';
import type { Lease } from './lease.js';
import type { Limits, LimitsReader } from './limits.js';

/** What a facade needs of a database beyond its public methods: connections with their bounds. */
export interface ToolAccess {
  readonly dialect: SqlDialect;
  readonly limits: LimitsReader;
  borrow(limits: Limits): Promise<Lease>;
  /** Why a connection is given up when it was kept too long. */
  timeoutError(): DbError;
  /** Absent when nobody wants to know. */
  readonly leaks: LeakWatch | undefined;
  /** Counts a failed call. */
  failed(error: unknown): void;
}

const accesses = new WeakMap<Db, ToolAccess>();

export function shareWithTools(db: Db, access: ToolAccess): void {
  accesses.set(db, access);
}

/** @throws OptionsError when `db` was not made by `createDb` of this copy of the package. */
export function toolAccessOf(owner: string, db: Db): ToolAccess {
  const access = accesses.get(db);
  if (access !== undefined) return access;
  throw invalidOption(owner, 'db', 'what createDb() of the same copy of @seaworthy/db-pool returned');
}
