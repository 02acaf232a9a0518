import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { BackupError, type BackupStage } from '../backup-error.js';
import { spawnTool } from '../tools/tool-process.js';

export type CompressionName = 'zstd' | 'gzip';

/** A running compressor: what goes into `input` comes out of `output`, and `done` says whether all of it did. */
export interface CompressionStage {
  readonly input: Writable;
  readonly output: Readable;
  readonly done: Promise<void>;
  kill(): void;
}

/**
 * `zstd -3` costs a third of `gzip -6`, takes a little less space, and Node 20 has none of its own. Its default of one
 * extra thread would hold back 8 MB before the first byte comes out, hence `--single-thread`.
 */
const zstdLevel = '-3';

/**
 * `zstd` when that program is installed, else `gzip`, which is always there: a backup in the slower format is better than
 * none, and the manifest names the one it has.
 */
export function chooseCompression(wanted: CompressionName): CompressionName {
  return wanted === 'zstd' && findZstd() === undefined ? 'gzip' : wanted;
}

export function compress(name: CompressionName): CompressionStage {
  return name === 'gzip'
    ? inProcess(createGzip(), 'compress')
    : zstd([zstdLevel, '--single-thread', '-q', '-c'], 'compress');
}

export function decompress(name: CompressionName): CompressionStage {
  return name === 'gzip' ? inProcess(createGunzip(), 'read') : zstd(['-d', '-q', '-c'], 'read');
}

function inProcess(stream: ReturnType<typeof createGzip>, stage: BackupStage): CompressionStage {
  const done = finished(stream).catch((error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('Z_') !== true) throw error; // stopped from outside: somebody else knows why
    throw new BackupError(`gzip stopped (${error.code}).`, {
      code: stage === 'read' ? 'BACKUP_CORRUPT' : 'BACKUP_TOOL_FAILED',
      stage,
      tool: 'gzip',
    });
  });
  done.catch(() => undefined); // looked at later
  return { input: stream, output: stream, done, kill: () => void stream.destroy() };
}

function zstd(args: readonly string[], stage: BackupStage): CompressionStage {
  const path = findZstd();
  if (path === undefined) {
    throw new BackupError('This backup is compressed with zstd, which is not installed here. Install zstd.', {
      code: 'BACKUP_TOOL_MISSING',
      stage,
      tool: 'zstd',
    });
  }
  const tool = spawnTool({ name: 'zstd', path, args, stage, subject: 'its input' });
  return { input: tool.stdin, output: tool.stdout, done: tool.exited, kill: () => tool.kill() };
}

function findZstd(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => join(folder, 'zstd')).find((path) => existsSync(path));
}
