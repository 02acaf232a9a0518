import {
  type Clock,
  type DurationInput,
  invalidOption,
  type Logger,
  type Metrics,
  optionsOf,
  parseDuration,
  positiveDuration,
  silentLogger,
  silentMetrics,
  systemClock,
} from '@seaworthy/contracts';
import { type DrillSettings, type DrillSetup, readDrillSetup } from './drill/drill-setup.js';
import { folderLayout, kpiLayout, type Layout } from './manifest/layout.js';
import { type BackupMetrics, createBackupMetrics } from './metrics/backup-metrics.js';
import type { CompressionName } from './pipeline/compression.js';
import { readRecipients } from './pipeline/read-recipients.js';
import { type RetentionPolicy, readRetentionPolicy } from './retention/retention-policy.js';
import type { BackupSource } from './sources/backup-source.js';
import type { BackupTarget } from './targets/backup-target.js';
import { cleanupMs } from './targets/discard-staged.js';

export interface BackupsOptions {
  /** What is backed up, under names of yours: `{ db: postgres({ url }) }`. */
  readonly sources: Readonly<Record<string, BackupSource>>;
  /** Where it is kept; every one of them must have it. */
  readonly targets: readonly BackupTarget[];
  /** Without the `zstd` program, `gzip` takes its place, with a warning. @defaultValue 'zstd' */
  readonly compress?: CompressionName;
  /**
   * `kpi`: one source, one folder, `kpi_backup_YYYYMMDD_HHMMSS.sql.gz` in UTC, and `gzip`. @defaultValue a folder for each
   * backup
   */
  readonly preset?: 'kpi';
  /**
   * Public age keys (`age1…`): every artifact is encrypted to all of them, and any one private key opens it. Give at least
   * two, one of them kept where this machine cannot reach. @defaultValue no encryption
   */
  readonly encrypt?: { readonly recipients: readonly string[] };
  /**
   * `any` makes a backup of what at least one target took; the others are named in a warning. @defaultValue 'all'
   */
  readonly requireTargets?: 'all' | 'any';
  /** Which backups stay: `plan()` shows it, `prune(plan)` and a schedule act on it. @defaultValue nothing is ever removed */
  readonly retention?: RetentionPolicy;
  /** Where `drill()` restores to, and what must hold there. @defaultValue no drills */
  readonly drill?: DrillSetup;
  /** A dump that gives no byte for so long is ended; counting before it and after it has twelve hours. @defaultValue '10m' */
  readonly stallTimeout?: DurationInput;
  /**
   * How long a target that is out of reach may hold up the end of a run that failed, and `close()`, while what was staged is taken
   * back; a later run removes what is left. @defaultValue '30s'
   */
  readonly cleanupTimeout?: DurationInput;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue silent */
  readonly metrics?: Metrics;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

export interface BackupSettings {
  readonly sources: ReadonlyMap<string, BackupSource>;
  readonly targets: readonly BackupTarget[];
  readonly compress: CompressionName;
  /** Empty without encryption. */
  readonly recipients: readonly string[];
  readonly requireTargets: 'all' | 'any';
  readonly layout: Layout;
  readonly retention: RetentionPolicy | undefined;
  readonly drill: DrillSettings | undefined;
  readonly metrics: BackupMetrics;
  readonly stallTimeoutMs: number;
  readonly cleanupTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

const owner = 'createBackups';

const readOptions = optionsOf<BackupsOptions>(owner, {
  sources: true,
  targets: true,
  compress: true,
  encrypt: true,
  requireTargets: true,
  preset: true,
  retention: true,
  drill: true,
  metrics: true,
  stallTimeout: true,
  cleanupTimeout: true,
  logger: true,
  clock: true,
});

const readEncryption = optionsOf<NonNullable<BackupsOptions['encrypt']>>(`${owner}: encrypt`, {
  recipients: true,
});

export function readBackupOptions(options: BackupsOptions): BackupSettings {
  const {
    sources,
    targets,
    compress,
    encrypt,
    requireTargets = 'all',
    preset,
    retention,
    drill,
    metrics,
    logger,
    clock,
  } = readOptions(options);
  const { stallTimeout = '10m', cleanupTimeout = cleanupMs } = options;
  const named = new Map(Object.entries(sources ?? {}));
  if (named.size === 0)
    throw invalidOption(owner, 'sources', 'at least one source, such as { db: postgres({ url }) }');
  for (const name of named.keys()) {
    if (!/^[a-z][a-z0-9_-]{0,62}$/i.test(name)) {
      throw invalidOption(
        owner,
        'sources',
        'named with letters, digits, "_" and "-": the names become file names',
      );
    }
  }
  if (!Array.isArray(targets) || targets.length === 0) {
    throw invalidOption(owner, 'targets', 'at least one target, such as [local(folder)]');
  }
  if (compress !== undefined && compress !== 'zstd' && compress !== 'gzip') {
    throw invalidOption(owner, 'compress', '"zstd" or "gzip"');
  }
  if (preset !== undefined && preset !== 'kpi') throw invalidOption(owner, 'preset', '"kpi", or left out');
  const isKpi = preset === 'kpi';
  if (isKpi && named.size > 1)
    throw invalidOption(owner, 'sources', 'one source: the preset "kpi" has one file');
  if (isKpi && compress === 'zstd')
    throw invalidOption(owner, 'compress', '"gzip" or left out with the preset "kpi"');
  const recipients =
    encrypt === undefined ? [] : readRecipients(owner, 'encrypt', readEncryption(encrypt).recipients);
  if (isKpi && recipients.length > 0)
    throw invalidOption(owner, 'encrypt', 'left out with the preset "kpi": its file is plain gzip');
  if (requireTargets !== 'all' && requireTargets !== 'any')
    throw invalidOption(owner, 'requireTargets', '"all" or "any"');
  if (retention !== undefined) readRetentionPolicy(retention);
  const stallTimeoutMs = positiveDuration(owner, 'stallTimeout', stallTimeout);
  return {
    sources: named,
    targets,
    compress: compress ?? (isKpi ? 'gzip' : 'zstd'),
    recipients,
    requireTargets,
    layout: isKpi ? kpiLayout : folderLayout,
    retention,
    drill: drill === undefined ? undefined : readDrillSetup(drill, named),
    metrics: createBackupMetrics(metrics ?? silentMetrics),
    stallTimeoutMs,
    cleanupTimeoutMs: parseDuration(cleanupTimeout),
    logger: logger ?? silentLogger,
    clock: clock ?? systemClock,
  };
}
