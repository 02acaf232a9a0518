import { optionsOf, type SqlQuery, wholeNumber } from '@seaworthy/contracts';
import { DbError } from './db-error.js';
import type { QueryRunner } from './session/runner.js';
import { sql } from './sql/sql.js';

/** How many connections all instances of the service may have together, and what must be left for others. */
export interface BudgetSettings {
  /** Processes with this pool that run at the same time, with those of a rolling release. */
  readonly instances: number;
  /** Connections for migrations, backups, other services and people, on each server. @defaultValue 5 */
  readonly reserve?: number;
}

/** The settings, read once. */
export interface Budget {
  readonly instances: number;
  readonly reserve: number;
  readonly max: number;
}

const readSettings = optionsOf<BudgetSettings>('createDb budget', { instances: true, reserve: true });

export function readBudget(
  owner: string,
  given: BudgetSettings | undefined,
  max: number,
): Budget | undefined {
  if (given === undefined) return undefined;
  const { instances, reserve = 5 } = readSettings(given);
  return {
    instances: wholeNumber(owner, 'budget.instances', instances, { min: 1, max: 10_000 }),
    reserve: wholeNumber(owner, 'budget.reserve', reserve, { max: 100_000 }),
    max,
  };
}

/** What a server allows; 0 and below is no limit of its own. */
interface ServerLimits {
  /** For everybody together, without what is kept for administrators. */
  readonly server: number;
  /** For this database. */
  readonly database: number;
  /** For this role. */
  readonly role: number;
}

const limitsOf: Readonly<Record<QueryRunner['dialect'], SqlQuery>> = {
  postgres: sql`select current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int as server,
      (select datconnlimit from pg_database where datname = current_database()) as database,
      (select rolconnlimit from pg_roles where rolname = session_user) as role`,
  // The session's max_user_connections is the account's own limit, or else the one that all accounts have.
  mysql: sql`select @@global.max_connections as server, 0 as \`database\`, @@session.max_user_connections as role`,
};

interface BudgetedServer {
  /** Connections of an instance by which it watches this server, beside its pool. @defaultValue 0 */
  readonly watchers?: number;
  /** Which one of several, for the message. */
  readonly address?: string;
}

/**
 * Compares what the instances may open with what the server, the database and the role allow.
 *
 * @throws DbError `budget` with the sum.
 */
export async function checkBudget(
  db: QueryRunner,
  budget: Budget,
  { watchers = 0, address }: BudgetedServer = {},
): Promise<void> {
  const limits = await db.one<{ [Name in keyof ServerLimits]: unknown }>(limitsOf[db.dialect]);
  const { instances, reserve } = budget;
  // MySQL ends a statement over a connection of its own, of which a pool has one at a time, and so has a watcher.
  const max = budget.max + watchers + (db.dialect === 'mysql' ? 1 + watchers : 0);
  const own = instances * max;
  const on = address === undefined ? '' : ` at ${address}`;
  const all = `${instances} instances x ${max} connections + ${reserve} in reserve = ${own + reserve}`;
  refuse(own + reserve, Number(limits.server), all, `the server${on}`, 'max_connections');
  refuse(
    own + reserve,
    Number(limits.database),
    all,
    `the database${on}`,
    'alter database … connection limit',
  );
  // Migrations and backups have roles of their own.
  const ownSum = `${instances} instances x ${max} connections = ${own}`;
  refuse(
    own,
    Number(limits.role),
    ownSum,
    `the role${on}`,
    'alter role … connection limit; max_user_connections',
  );
}

function refuse(wanted: number, limit: number, sum: string, who: string, where: string): void {
  if (limit <= 0 || wanted <= limit) return;
  throw new DbError(
    'budget',
    `The connection budget does not fit: ${sum}, and ${who} allows ${limit}. Lower pool.max, run fewer instances, or raise the limit (${where}).`,
  );
}
