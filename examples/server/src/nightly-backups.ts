import {
  type BackupSource,
  createBackupSchedule,
  createBackups,
  type DrillSetup,
  local,
  type RetentionPolicy,
  type Scratch,
  sqlLock,
} from '@seaworthy/backup';
import type { Closable, HealthCheck, Logger, Metrics } from '@seaworthy/contracts';
import type { Db } from '@seaworthy/db-pool';

export interface NightlyBackupsOptions {
  /** The application: names the source and the lock. */
  readonly name: string;
  /** Where backups go; without it there are none. */
  readonly folder: string | undefined;
  readonly source: () => BackupSource;
  /** Where the monthly drill restores to; without it there is none. */
  readonly scratch: (() => Scratch) | undefined;
  readonly invariants: NonNullable<DrillSetup['invariants']>[string];
  readonly retention: RetentionPolicy;
  /** Of its instances one makes the backup: the database says which. */
  readonly db: Pick<Db, 'connect'>;
  /** Whether there can be one instance only, as with an embedded database, whose one connection a lock would keep. */
  readonly alone?: boolean;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Backups at two in the morning and a drill on the first of the month, in UTC. */
export interface NightlyBackups extends Closable {
  readonly enabled: boolean;
  /** The last backup and the last one that was restored. */
  healthCheck(): HealthCheck<'remote'>;
}

/**
 * Backs the application up and drills it, where a configuration says where to. A resource after the migrations: these would wait for
 * the locks of a dump.
 */
export function nightlyBackups(options: NightlyBackupsOptions): NightlyBackups {
  const {
    name,
    folder,
    source,
    scratch,
    invariants,
    retention,
    db,
    alone = false,
    metrics,
    logger,
  } = options;
  if (folder === undefined) return off;
  const backups = createBackups({
    sources: { [name]: source() },
    targets: [local(folder)],
    retention,
    ...(scratch === undefined
      ? {}
      : { drill: { into: { [name]: scratch() }, invariants: { [name]: invariants } } }),
    metrics,
    logger,
  });
  const schedule = createBackupSchedule(backups, {
    backup: '0 2 * * *',
    ...(scratch === undefined ? {} : { drill: '0 4 1 * *' }),
    ...(alone ? {} : { lock: sqlLock(() => db.connect({ timeout: '12h' }), { key: name }) }),
    jitter: '5s',
    logger,
  });
  async function close(): Promise<void> {
    await schedule.close();
    await backups.close();
  }
  let closed: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => {
    closed ??= close();
    return closed;
  };
  return {
    enabled: true,
    healthCheck: () => backups.healthCheck(scratch === undefined ? {} : { verifiedWarn: '35d' }),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

const off: NightlyBackups = {
  enabled: false,
  healthCheck: () => ({ kind: 'remote', probe: async () => undefined }),
  close: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};
