import type { Db, DbConnection } from '../db.js';
import { DbError } from '../db-error.js';
import { sql } from '../sql/sql.js';
import { MigrationError } from './migration-error.js';

/** For the second connection; where there is none, nothing can be said. */
const connectTimeout = '2s';

const backend = sql`select pg_backend_pid() as pid`;

/**
 * The lock belongs to a session of the server. A pooler in transaction mode lends the session of a caller that rests to the next one:
 * then the lock would be somebody else's, and stay when the runner ends.
 *
 * @throws MigrationError `DB_MIGRATION_POOLER`
 */
export async function requireOwnSession(db: Db, connection: DbConnection): Promise<void> {
  if (connection.dialect !== 'postgres' || db.stats().max < 2) return;
  const own = await connection.one<{ pid: number }>(backend);
  await using other = await secondOf(db);
  if (other === undefined) return;
  // While its transaction is open it keeps the session that it got, and this connection gets another one.
  await other.exec(sql`begin`);
  const others = await other.one<{ pid: number }>(backend);
  const again = await connection.one<{ pid: number }>(backend);
  if (others.pid !== own.pid && again.pid === own.pid) return;
  throw new MigrationError(
    'Between this process and PostgreSQL is a pooler in transaction mode, such as PgBouncer, through which no lock holds. Give migrations a URL that leads to the server itself.',
    { code: 'DB_MIGRATION_POOLER' },
  );
}

async function secondOf(db: Db): Promise<DbConnection | undefined> {
  try {
    return await db.connect({ timeout: connectTimeout });
  } catch (error) {
    if (DbError.is(error)) return undefined;
    throw error;
  }
}
