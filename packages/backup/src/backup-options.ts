import {
  type Clock,
  type DurationInput,
  invalidOption,
  type Logger,
  optionsOf,
  parseDuration,
  silentLogger,
  systemClock,
} from '@seaworthy/contracts';
import type { BackupSource } from './sources/backup-source.js';
import type { BackupTarget } from './targets/backup-target.js';
import type { CompressionName } from './pipeline/compression.js';
import { folderLayout, kpiLayout, type Layout } from './manifest/layout.js';

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
  /** A dump that gives no byte for so long is ended. @defaultValue '10m' */
  readonly stallTimeout?: DurationInput;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

export interface BackupSettings {
  readonly sources: ReadonlyMap<string, BackupSource>;
  readonly targets: readonly BackupTarget[];
  readonly compress: CompressionName;
  readonly layout: Layout;
  readonly stallTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

const owner = 'createBackups';

const readOptions = optionsOf<BackupsOptions>(owner, {
  sources: true,
  targets: true,
  compress: true,
  preset: true,
  stallTimeout: true,
  logger: true,
  clock: true,
});

export function readBackupOptions(options: BackupsOptions): BackupSettings {
  const { sources, targets, compress, preset, stallTimeout = '10m', logger, clock } = readOptions(options);
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
  const stallTimeoutMs = parseDuration(stallTimeout);
  if (stallTimeoutMs === 0) throw invalidOption(owner, 'stallTimeout', 'longer than 0');
  return {
    sources: named,
    targets,
    compress: compress ?? (isKpi ? 'gzip' : 'zstd'),
    layout: isKpi ? kpiLayout : folderLayout,
    stallTimeoutMs,
    logger: logger ?? silentLogger,
    clock: clock ?? systemClock,
  };
}
