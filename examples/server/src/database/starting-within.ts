import type { DurationInput } from '@seaworthy/contracts';
import type { Db } from '@seaworthy/db-pool';

/** A database whose `ready()` waits so long for its server where nothing else is said. */
export function startingWithin(db: Db, timeout: DurationInput): Db {
  return { ...db, ready: (options) => db.ready({ timeout, ...options }) };
}
