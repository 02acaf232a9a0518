import { type Clock, sleep } from '@seaworthy/contracts';
import type { DbConnection } from '../db.js';
import { sql } from '../sql/sql.js';
import { MigrationError } from './migration-error.js';

/** Asking for PostgreSQL's lock again and again, rather than waiting for it in the server, leaves no waiter behind. */
const pollMs = 200;

/** Any constant does; this one is "seawmigr" read as a big-endian integer, so that it is nobody else's. */
const postgresKey = 0x73_65_61_77_6d_69_67_72n;

const mysqlName = 'seaworthy_migrations';

export interface LockOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for the one lock that runners of migrations have per database. It belongs to the connection's session, so it goes with a
 * runner that dies.
 *
 * @throws MigrationError `DB_MIGRATION_LOCKED` when another runner has it for longer than `timeoutMs`.
 */
export async function takeMigrationLock(connection: DbConnection, options: LockOptions): Promise<void> {
  const { clock, timeoutMs, signal } = options;
  const deadlineAt = clock.monotonic() + timeoutMs;
  if (connection.dialect === 'postgres') await watchClient(connection);
  for (;;) {
    if (await tryLock(connection, signal)) return;
    if (clock.monotonic() + pollMs > deadlineAt) {
      throw new MigrationError(
        `Another process has been running migrations for ${timeoutMs} ms. Wait for it, or raise lockTimeout.`,
        { code: 'DB_MIGRATION_LOCKED' },
      );
    }
    await sleep(clock, pollMs, { signal });
  }
}

/**
 * Without it PostgreSQL finds out that a runner has died only when its statement ends, and keeps the lock until then. Since
 * version 14, and not on every platform.
 */
async function watchClient(connection: DbConnection): Promise<void> {
  const set = sql`select set_config(name, '1000', false) from pg_settings where name = 'client_connection_check_interval'`;
  await connection.exec(set).catch(() => undefined);
}

async function tryLock(connection: DbConnection, signal: AbortSignal | undefined): Promise<boolean> {
  // MySQL's locks are the server's, not the database's, hence its name in the lock's.
  const query =
    connection.dialect === 'postgres'
      ? sql`select pg_try_advisory_lock(${postgresKey}) as locked`
      : sql`select get_lock(concat(${mysqlName}, '.', left(sha2(database(), 256), 32)), 0) as locked`;
  const { locked } = await connection.one<{ locked: boolean | number }>(query, { signal });
  return locked === true || locked === 1;
}
