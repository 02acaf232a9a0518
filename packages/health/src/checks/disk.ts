import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { type HealthCheck, optionsOf } from '@seaworthy/contracts';
import { judgeUsage, type UsageLimits, usageLimits } from './usage-limits.js';

export type DiskOptions = UsageLimits;

/** How full a file system is, in bytes and in files. */
export interface DiskUsage {
  /** The greater of the two shares below. */
  readonly used: number;
  /** Share of the bytes that an ordinary user could ever use, as `df` counts it. */
  readonly usedBytes: number;
  /** Share of the inodes; 0 on a file system that has no fixed number of them. */
  readonly usedFiles: number;
  /** What an ordinary user may still write. */
  readonly availableBytes: number;
}

const readOptions = optionsOf<DiskOptions>('disk', { warn: true, fail: true });

/**
 * Checks that the file system of `path` has room, for bytes and for files.
 *
 * Room is what `statfs` calls `bavail`: the blocks that root keeps for itself (5 % on ext4, far more under quotas) are of
 * no use to a service, and counting them as free hides a full disk.
 *
 * @throws OptionsError for an unknown option or a limit that is no share.
 *
 * @example
 * createHealth({ checks: { disk: local(disk('/var/lib/app', { warn: 0.8, fail: 0.9 })) } });
 */
export function disk(path: string, options: DiskOptions = {}): HealthCheck<'local'> {
  const limits = usageLimits('disk', readOptions(options));
  return {
    kind: 'local',
    async probe() {
      const usage = diskUsage(await statfs(path));
      return judgeUsage('the disk', usage.used, limits, usage);
    },
  };
}

/** The shares as df(1) counts them: used / (used + available to an ordinary user). */
export function diskUsage(
  stats: Pick<StatsFs, 'bsize' | 'blocks' | 'bfree' | 'bavail' | 'files' | 'ffree'>,
): DiskUsage {
  const usedBlocks = stats.blocks - stats.bfree;
  const usedBytes = share(usedBlocks, usedBlocks + stats.bavail);
  const usedFiles = share(stats.files - stats.ffree, stats.files);
  const used = Math.max(usedBytes, usedFiles);
  return { used, usedBytes, usedFiles, availableBytes: stats.bavail * stats.bsize };
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
