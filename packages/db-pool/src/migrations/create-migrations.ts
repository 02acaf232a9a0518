import { wholeNumber, withDeadline } from '@seaworthy/contracts';
import type { Db, DbConnection } from '../db.js';
import { emptySchema } from './empty-schema.js';
import { recoverFrom } from './failed-step.js';
import { MigrationError } from './migration-error.js';
import { type MigrationFile, readMigrationFiles } from './migration-files.js';
import { takeMigrationLock } from './migration-lock.js';
import {
  type MigrationBackup,
  type MigrationPlan,
  type MigrationsOptions,
  readMigrationsOptions,
} from './migration-options.js';
import { type MigrationStatus, statusOf } from './migration-status.js';
import {
  type Direction,
  ensureTable,
  forget,
  hasTable,
  readApplied,
  recordFinished,
  recordReverting,
  recordStarted,
} from './migration-table.js';
import { requireOwnSession } from './own-session.js';
import { planUp } from './plan-up.js';
import { requireRestored, unmarkRestoring } from './restore-mark.js';
import { runStep } from './run-step.js';

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
   * Drops every table, view, sequence, routine and type, then applies all migrations.
   *
   * @throws MigrationError `DB_MIGRATION_REFUSED` unless `environment` is `development` or `test`, and for a database that was
   * migrated by a runner that said `staging` or `production`.
   */
  reset(options?: MigrationRunOptions): Promise<readonly string[]>;
  /**
   * Says how a migration that failed half way was mended by hand: `applied`, it is complete now; `reverted`, nothing of it is left.
   */
  resolve(name: string, outcome: 'applied' | 'reverted'): Promise<void>;
}

/**
 * Migrations in plain SQL files: up, down and status, one runner at a time, and a file that was applied may not change.
 *
 * On PostgreSQL and PGlite each migration runs in a transaction of its own: it is there whole or not at all. MySQL commits each
 * schema change by itself; one that stops half way is remembered with how far it came, and nothing further runs until `resolve`
 * is called or the backup, which `backup` made before, is put back.
 *
 * @throws OptionsError for an unknown option or a value that cannot work.
 *
 * @example
 * const migrations = createMigrations(db, { folder: 'migrations', logger });
 * await migrations.up();
 */
export function createMigrations(db: Db, options: MigrationsOptions): Migrations {
  const { folder, clock, logger, ...config } = readMigrationsOptions(options);
  const { lockTimeoutMs, timeoutMs, backupTimeoutMs } = config;

  /** Under the lock, on one connection: PGlite has no other. */
  async function exclusively<T>(
    { signal }: MigrationRunOptions,
    work: (connection: DbConnection, files: readonly MigrationFile[]) => Promise<T>,
  ): Promise<T> {
    const files = await readMigrationFiles(folder);
    // The connection may be kept for all migrations together; each has its own bound.
    const longestMs = lockTimeoutMs + timeoutMs * (files.length + 1) + 2 * backupTimeoutMs;
    const connection = await db.connect({ timeout: longestMs, signal });
    try {
      await requireOwnSession(db, connection);
      await takeMigrationLock(connection, { timeoutMs: lockTimeoutMs, clock, signal });
      await ensureTable(connection);
      return await work(connection, files);
    } finally {
      // Also gives the lock back: it belongs to the session.
      await connection.release();
    }
  }

  async function makeBackup(plan: Omit<MigrationPlan, 'signal'>, signal?: AbortSignal) {
    const { backup } = config;
    if (backup === undefined || plan.migrations.length === 0) return undefined;
    const startedAt = clock.monotonic();
    try {
      const made = await withDeadline((ending) => backup({ ...plan, signal: ending }), {
        timeoutMs: backupTimeoutMs,
        what: 'the backup before migrating',
        signal,
        clock,
      });
      logger.info('Backup made before migrating', {
        backup: made.name,
        durationMs: clock.monotonic() - startedAt,
      });
      return made;
    } catch (cause) {
      const why = cause instanceof Error ? ` ${cause.message}` : '';
      throw new MigrationError(`The backup before migrating failed, so nothing was changed:${why}`, {
        code: 'DB_MIGRATION_BACKUP',
        cause,
      });
    }
  }

  async function apply(
    connection: DbConnection,
    file: MigrationFile,
    backup: MigrationBackup | undefined,
  ): Promise<void> {
    const { name, checksum } = file;
    const environment = config.saidEnvironment;
    await step(connection, backup, 'up', name, file.up, {
      begin: () => recordStarted(connection, { name, checksum, environment, at: new Date(clock.now()) }),
      end: () => recordFinished(connection, name, new Date(clock.now())),
    });
  }

  async function revert(
    connection: DbConnection,
    { name, down }: MigrationFile,
    backup: MigrationBackup | undefined,
  ): Promise<void> {
    if (down === undefined) throw irreversible(name);
    await step(connection, backup, 'down', name, down, {
      begin: () => recordReverting(connection, name),
      end: () => forget(connection, name),
    });
  }

  async function step(
    connection: DbConnection,
    backup: MigrationBackup | undefined,
    direction: Direction,
    name: string,
    text: string,
    remember: { begin(): Promise<void>; end(): Promise<void> },
  ): Promise<void> {
    const startedAt = clock.monotonic();
    try {
      await runStep(connection, { name, text, timeoutMs, clock, ...remember });
    } catch (cause) {
      throw await recoverFrom(
        { name, direction, text, cause },
        { connection, backup, backupTimeoutMs, logger },
      );
    }
    logger.info(direction === 'up' ? 'Migration applied' : 'Migration taken back', {
      migration: name,
      durationMs: clock.monotonic() - startedAt,
    });
  }

  return {
    up: (given = {}) =>
      exclusively(given, async (connection, files) => {
        await requireRestored(connection);
        const pending = planUp(files, await readApplied(connection));
        const names = pending.map(({ name }) => name);
        const backup = await makeBackup({ direction: 'up', migrations: names }, given.signal);
        for (const file of pending) await apply(connection, file, backup);
        return names;
      }),

    async down(steps = 1, given = {}) {
      wholeNumber('migrations.down', 'steps', steps, { min: 1 });
      return exclusively(given, async (connection, files) => {
        await requireRestored(connection);
        const applied = await readApplied(connection);
        planUp(files, applied); // refuses when folder and database do not fit each other
        const last = files
          .filter(({ name }) => applied.some((one) => one.name === name))
          .slice(-steps)
          .reverse();
        const oneWay = last.find(({ down }) => down === undefined);
        if (oneWay !== undefined) throw irreversible(oneWay.name);
        const names = last.map(({ name }) => name);
        const backup = await makeBackup({ direction: 'down', migrations: names }, given.signal);
        for (const file of last) await revert(connection, file, backup);
        return names;
      });
    },

    async status() {
      const files = await readMigrationFiles(folder);
      const applied = (await hasTable(db)) ? await readApplied(db) : [];
      return statusOf(files, applied);
    },

    async reset(given = {}) {
      const { environment } = config;
      if (environment !== 'development' && environment !== 'test') {
        throw refusedReset(`this runs in ${environment}. It is for development and test`);
      }
      return exclusively(given, async (connection, files) => {
        const serious = (await readApplied(connection)).find(
          (one) => one.environment === 'production' || one.environment === 'staging',
        );
        if (serious !== undefined) {
          throw refusedReset(
            `${db.address} was migrated in ${serious.environment}. If it is a copy, set the column environment of seaworthy_migrations to null`,
          );
        }
        await emptySchema(connection);
        await unmarkRestoring(connection);
        await ensureTable(connection);
        for (const file of files) await apply(connection, file, undefined);
        return files.map(({ name }) => name);
      });
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

function irreversible(name: string): MigrationError {
  return new MigrationError(
    `${name} has no ${name}.down.sql, so it cannot be taken back. Write one, or restore a backup.`,
    { code: 'DB_MIGRATION_IRREVERSIBLE' },
  );
}

function refusedReset(why: string): MigrationError {
  return new MigrationError(`reset() drops everything, and ${why}.`, { code: 'DB_MIGRATION_REFUSED' });
}
