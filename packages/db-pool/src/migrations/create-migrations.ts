import {
  type Clock,
  type DurationInput,
  type Logger,
  optionsOf,
  parseDuration,
  silentLogger,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import type { Db, DbConnection } from '../db.js';
import { sql } from '../sql/sql.js';
import { MigrationError } from './migration-error.js';
import { type MigrationFile, readMigrationFiles } from './migration-files.js';
import { takeMigrationLock } from './migration-lock.js';
import {
  type AppliedMigration,
  ensureTable,
  forget,
  hasTable,
  readApplied,
  recordFinished,
  recordStarted,
} from './migration-table.js';
import { planUp } from './plan-up.js';

export interface MigrationsOptions {
  /** Where `0001_name.up.sql` and `0001_name.down.sql` lie. */
  readonly folder: string;
  /** For another process that runs them now. @defaultValue '60s' */
  readonly lockTimeout?: DurationInput;
  /** One migration. @defaultValue '10m' */
  readonly timeout?: DurationInput;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

export type MigrationState = 'applied' | 'pending' | 'changed' | 'missing' | 'unfinished';

export interface MigrationStatus {
  readonly name: string;
  /**
   * `changed`: its file was edited after it was applied. `missing`: applied, and its file is gone. `unfinished`: it failed half way
   * on MySQL, or runs right now.
   */
  readonly state: MigrationState;
  readonly finishedAt: Date | undefined;
}

export interface MigrationRunOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Migrations {
  /** Applies what is pending, in order. Returns the names; none when all was done. Several processes may call it at once. */
  up(options?: MigrationRunOptions): Promise<readonly string[]>;
  /** Takes back the last `steps` migrations, the latest first. Returns the names. */
  down(steps?: number, options?: MigrationRunOptions): Promise<readonly string[]>;
  /** Compares the folder with the database. Changes nothing. */
  status(): Promise<readonly MigrationStatus[]>;
  /**
   * Says how a migration that failed half way was mended by hand: `applied`, it is complete now; `reverted`, nothing of it is left.
   */
  resolve(name: string, outcome: 'applied' | 'reverted'): Promise<void>;
}

const readOptions = optionsOf<MigrationsOptions>('createMigrations', {
  folder: true,
  lockTimeout: true,
  timeout: true,
  logger: true,
  clock: true,
});

/** A line such as `-- seaworthy: no transaction` at the top, for `create index concurrently` and its like. */
const noTransaction = /^\s*--\s*seaworthy:\s*no transaction\s*$/im;

/**
 * Migrations in plain SQL files: up, down and status, one runner at a time, and a file that was applied may not change.
 *
 * On PostgreSQL and PGlite each migration runs in a transaction of its own: it is there whole or not at all. MySQL commits each
 * schema change by itself; one that fails half way is remembered as unfinished, and nothing further runs until `resolve` is called.
 *
 * @example
 * const migrations = createMigrations(db, { folder: 'migrations', logger });
 * await migrations.up();
 */
export function createMigrations(db: Db, options: MigrationsOptions): Migrations {
  const {
    folder,
    lockTimeout = '60s',
    timeout = '10m',
    logger = silentLogger,
    clock = systemClock,
  } = readOptions(options);
  const lockTimeoutMs = parseDuration(lockTimeout);
  const timeoutMs = parseDuration(timeout);

  /** Under the lock, on one connection: PGlite has no other. */
  async function exclusively<T>(
    { signal }: MigrationRunOptions,
    work: (connection: DbConnection, files: readonly MigrationFile[]) => Promise<T>,
  ): Promise<T> {
    const files = await readMigrationFiles(folder);
    // The connection may be kept for all migrations together; each has its own bound.
    const longestMs = lockTimeoutMs + timeoutMs * (files.length + 1);
    const connection = await db.connect({ timeout: longestMs, signal });
    try {
      await takeMigrationLock(connection, { timeoutMs: lockTimeoutMs, clock, signal });
      await ensureTable(connection);
      return await work(connection, files);
    } finally {
      // Also gives the lock back: it belongs to the session.
      await connection.release();
    }
  }

  async function apply(connection: DbConnection, file: MigrationFile): Promise<void> {
    const startedAt = clock.monotonic();
    const record = () => recordStarted(connection, file.name, file.checksum, new Date(clock.now()));
    await step(connection, file.name, file.up, {
      before: record,
      after: () => recordFinished(connection, file.name, new Date(clock.now())),
    });
    logger.info('Migration applied', { migration: file.name, durationMs: clock.monotonic() - startedAt });
  }

  async function revert(connection: DbConnection, { name, down }: MigrationFile): Promise<void> {
    if (down === undefined) {
      throw new MigrationError(
        `${name} has no ${name}.down.sql, so it cannot be taken back. Write one, or restore a backup.`,
        {
          code: 'DB_MIGRATION_IRREVERSIBLE',
        },
      );
    }
    await step(connection, name, down, {
      before: async () => undefined,
      after: () => forget(connection, name),
    });
    logger.info('Migration taken back', { migration: name });
  }

  /** The text and what is remembered of it, in one transaction where the engine has transactions for schema changes. */
  async function step(
    connection: DbConnection,
    name: string,
    text: string,
    remember: { before(): Promise<void>; after(): Promise<void> },
  ): Promise<void> {
    const inTransaction = connection.dialect === 'postgres' && !noTransaction.test(text);
    try {
      if (inTransaction) await connection.exec(sql`begin`);
      await remember.before();
      await connection.script(text, { timeout: timeoutMs });
      await remember.after();
      if (inTransaction) await connection.exec(sql`commit`);
    } catch (error) {
      const state = inTransaction
        ? 'Nothing of it was kept.'
        : 'What it did before is still there: mend it by hand, then call resolve().';
      throw new MigrationError(`Migration ${name} failed: ${messageOf(error)} ${state}`, {
        code: 'DB_MIGRATION_FAILED',
        cause: error,
      });
    }
  }

  return {
    up: (given = {}) =>
      exclusively(given, async (connection, files) => {
        const pending = planUp(files, await readApplied(connection));
        for (const file of pending) await apply(connection, file);
        return pending.map(({ name }) => name);
      }),

    async down(steps = 1, given = {}) {
      wholeNumber('migrations.down', 'steps', steps, { min: 1 });
      return exclusively(given, async (connection, files) => {
        const applied = await readApplied(connection);
        planUp(files, applied); // refuses when folder and database do not fit each other
        const last = files
          .filter(({ name }) => applied.some((one) => one.name === name))
          .slice(-steps)
          .reverse();
        for (const file of last) await revert(connection, file);
        return last.map(({ name }) => name);
      });
    },

    async status() {
      const files = await readMigrationFiles(folder);
      const applied = (await hasTable(db)) ? await readApplied(db) : [];
      return statusOf(files, applied);
    },

    resolve: (name, outcome) =>
      exclusively({}, async (connection) => {
        const unfinished = (await readApplied(connection)).find((one) => one.name === name);
        if (unfinished === undefined || unfinished.finishedAt !== undefined) {
          throw new MigrationError(`${name} is not unfinished; there is nothing to resolve.`, {
            code: 'DB_MIGRATION_ORDER',
          });
        }
        if (outcome === 'applied') await recordFinished(connection, name, new Date(clock.now()));
        else await forget(connection, name);
      }),
  };
}

function statusOf(files: readonly MigrationFile[], applied: readonly AppliedMigration[]): MigrationStatus[] {
  const byName = new Map(applied.map((one) => [one.name, one]));
  const known = files.map(({ name, checksum }): MigrationStatus => {
    const one = byName.get(name);
    byName.delete(name);
    return { name, state: stateOf(one, checksum), finishedAt: one?.finishedAt };
  });
  const missing = [...byName.values()].map(
    ({ name, finishedAt }): MigrationStatus => ({ name, state: 'missing', finishedAt }),
  );
  return [...known, ...missing].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function stateOf(one: AppliedMigration | undefined, checksum: string): MigrationState {
  if (one === undefined) return 'pending';
  if (one.finishedAt === undefined) return 'unfinished';
  return one.checksum === checksum ? 'applied' : 'changed';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason.';
}
