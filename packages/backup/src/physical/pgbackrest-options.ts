import { isAbsolute } from 'node:path';
import {
  type Clock,
  type DurationInput,
  invalidOption,
  type Logger,
  type Metrics,
  optionsOf,
  parseDuration,
  positiveDuration,
  Secret,
  silentLogger,
  silentMetrics,
  systemClock,
} from '@seaworthy/contracts';
import type { Invariant } from '../drill/drill-setup.js';
import { type BackupMetrics, createBackupMetrics } from '../metrics/backup-metrics.js';
import type { BackupTarget } from '../targets/backup-target.js';
import type { ToolUser } from '../tools/tool-process.js';

export interface PgBackRestDrill {
  /** An absolute path on a disk with room for the whole cluster; each drill has a folder of its own in it, and removes it. */
  readonly folder: string;
  /** Where the reports go: `local('/var/backups/kpi-drills')`. */
  readonly reports: BackupTarget;
  /** What must hold in `database`. @defaultValue {} */
  readonly invariants?: Readonly<Record<string, Invariant>>;
  /** What the invariants look at. @defaultValue 'postgres' */
  readonly database?: string;
  /** A superuser of the cluster: it needs no password in the scratch server. @defaultValue 'postgres' */
  readonly user?: string;
  /** Lines of the scratch server's postgresql.conf: `{ shared_preload_libraries: 'timescaledb' }`. @defaultValue {} */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** @defaultValue '12h' */
  readonly timeout?: DurationInput;
}

export interface PgBackRestOptions {
  /** The stanza, as in the configuration; it was created by `pgbackrest stanza-create`. */
  readonly stanza: string;
  /** The absolute path of pgBackRest's own configuration: repositories, their ciphers, retention, where the cluster is. */
  readonly config: string;
  /** Of the database user that the configuration names, where its socket asks for one; it goes into a private file. */
  readonly password?: string | Secret;
  /** `run()` without a kind makes a full backup when the newest one is of this age, and else an incremental one. @defaultValue '7d' */
  readonly fullEvery?: DurationInput;
  /** The folder of `pgbackrest`. @defaultValue PATH */
  readonly binDir?: string;
  /** The user who owns the cluster, where this process is root. @defaultValue this process's own */
  readonly runAs?: ToolUser;
  /** One backup, or one restore. @defaultValue '24h' */
  readonly timeout?: DurationInput;
  /** @defaultValue no drills */
  readonly drill?: PgBackRestDrill;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** As those of `createBackups`, under `physical_backup.*`. @defaultValue silent */
  readonly metrics?: Metrics;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

export interface ClusterDrillSettings extends Required<Omit<PgBackRestDrill, 'timeout'>> {
  readonly timeoutMs: number;
}

export interface PgBackRestSettings {
  readonly stanza: string;
  readonly config: string;
  readonly password: string;
  readonly fullEveryMs: number;
  readonly binDir: string | undefined;
  readonly runAs: ToolUser | undefined;
  readonly timeoutMs: number;
  readonly drill: ClusterDrillSettings | undefined;
  readonly logger: Logger;
  readonly metrics: BackupMetrics;
  readonly clock: Clock;
}

const owner = 'createPgBackRest';

const readOptions = optionsOf<PgBackRestOptions>(owner, {
  stanza: true,
  config: true,
  password: true,
  fullEvery: true,
  binDir: true,
  runAs: true,
  timeout: true,
  drill: true,
  logger: true,
  metrics: true,
  clock: true,
});

const readDrill = optionsOf<PgBackRestDrill>(`${owner}: drill`, {
  folder: true,
  reports: true,
  invariants: true,
  database: true,
  user: true,
  settings: true,
  timeout: true,
});

/** @throws OptionsError */
export function readPgBackRestOptions(options: PgBackRestOptions): PgBackRestSettings {
  const {
    stanza,
    config,
    password = '',
    binDir,
    runAs,
    drill,
    logger,
    metrics,
    clock,
  } = readOptions(options);
  const { fullEvery = '7d', timeout = '24h' } = options;
  if (typeof stanza !== 'string' || !/^[\w.-]{1,100}$/.test(stanza) || stanza.startsWith('-'))
    throw invalidOption(owner, 'stanza', 'the name of a stanza');
  if (typeof config !== 'string' || !isAbsolute(config))
    throw invalidOption(owner, 'config', 'an absolute path');
  if (runAs !== undefined && process.getuid?.() !== 0 && process.getuid?.() !== runAs.uid)
    throw invalidOption(owner, 'runAs', 'left out where this process is not root');
  return {
    stanza,
    config,
    password: password instanceof Secret ? password.reveal() : password,
    fullEveryMs: parseDuration(fullEvery),
    binDir,
    runAs,
    timeoutMs: positiveDuration(owner, 'timeout', timeout),
    drill: drill === undefined ? undefined : drillSettings(drill),
    logger: logger ?? silentLogger,
    metrics: createBackupMetrics(metrics ?? silentMetrics, 'physical_backup'),
    clock: clock ?? systemClock,
  };
}

function drillSettings(drill: PgBackRestDrill): ClusterDrillSettings {
  const {
    folder,
    reports,
    invariants = {},
    database = 'postgres',
    user = 'postgres',
    settings = {},
  } = readDrill(drill);
  if (typeof folder !== 'string' || !isAbsolute(folder))
    throw invalidOption(`${owner}: drill`, 'folder', 'an absolute path');
  if (typeof reports?.stage !== 'function')
    throw invalidOption(`${owner}: drill`, 'reports', 'a target such as local(folder)');
  return {
    folder,
    reports,
    invariants,
    database,
    user,
    settings,
    timeoutMs: positiveDuration(owner, 'drill', drill.timeout ?? '12h'),
  };
}
