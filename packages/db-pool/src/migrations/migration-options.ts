import {
  type Clock,
  type DurationInput,
  type Environment,
  type Logger,
  optionsOf,
  parseDuration,
  readEnvironment,
  silentLogger,
  systemClock,
} from '@seaworthy/contracts';

/** What is about to happen, for the hook that makes a backup. */
export interface MigrationPlan {
  readonly direction: 'up' | 'down';
  /** In the order in which they will run; never empty. */
  readonly migrations: readonly string[];
  /** Aborts when the backup takes too long, or when the caller aborts. */
  readonly signal: AbortSignal;
}

/** What a restore may ask for. */
export interface RestoreTools {
  /** Drops every table, view, sequence, routine and type, so that what the failed migration made does not stay. */
  emptyDatabase(): Promise<void>;
}

/** A backup that was made before a migration. */
export interface MigrationBackup {
  /** For log lines and messages: which one it is. */
  readonly name: string;
  /**
   * Puts the database back. Called when a migration failed and left something behind, which happens on MySQL and for files
   * without a transaction. Whatever others wrote since the backup is lost: leave it out where the old release goes on writing.
   */
  readonly restore?: ((tools: RestoreTools) => Promise<void>) | undefined;
}

export interface MigrationsOptions {
  /** Where `0001_name.up.sql` and `0001_name.down.sql` lie. */
  readonly folder: string;
  /** Called under the lock before anything is changed, and not when there is nothing to do. When it fails, nothing is. */
  readonly backup?: ((plan: MigrationPlan) => Promise<MigrationBackup>) | undefined;
  /** For the backup, and again for its restoration. @defaultValue '1h' */
  readonly backupTimeout?: DurationInput;
  /** Where this runs: `reset` is for `development` and `test` only. @defaultValue 'production' */
  readonly environment?: Environment | undefined;
  /** For another process that runs them now. @defaultValue '60s' */
  readonly lockTimeout?: DurationInput;
  /** One migration. @defaultValue '10m' */
  readonly timeout?: DurationInput;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

/** The options, read once. */
export interface MigrationsConfig {
  readonly folder: string;
  readonly backup: MigrationsOptions['backup'];
  readonly backupTimeoutMs: number;
  readonly environment: Environment;
  /** Only what was said: a guess is not remembered in the database. */
  readonly saidEnvironment: Environment | undefined;
  readonly lockTimeoutMs: number;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

const owner = 'createMigrations';

const readNames = optionsOf<MigrationsOptions>(owner, {
  folder: true,
  backup: true,
  backupTimeout: true,
  environment: true,
  lockTimeout: true,
  timeout: true,
  logger: true,
  clock: true,
});

/** @throws OptionsError for an unknown name or a value that cannot work. */
export function readMigrationsOptions(options: MigrationsOptions): MigrationsConfig {
  const given = readNames(options);
  return {
    folder: given.folder,
    backup: given.backup,
    backupTimeoutMs: parseDuration(given.backupTimeout ?? '1h'),
    environment: readEnvironment(owner, given.environment),
    saidEnvironment: given.environment,
    lockTimeoutMs: parseDuration(given.lockTimeout ?? '60s'),
    timeoutMs: parseDuration(given.timeout ?? '10m'),
    logger: given.logger ?? silentLogger,
    clock: given.clock ?? systemClock,
  };
}
