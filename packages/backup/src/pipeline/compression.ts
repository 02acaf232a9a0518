import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Transform, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import zlib from 'node:zlib';
import { BackupError, type BackupStage } from '../backup-error.js';
import type { OutputPipe } from '../tools/output-pipe.js';
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
 * `zstd -3` costs a third of `gzip -6` and takes a little less space. The program's own thread costs a tenth less than
 * `--single-thread`, and keeps up to 8 MB back. The frame's checksum is the program's default and not Node's: it is what
 * `zstd -t` looks at on the worst day.
 */
const zstdLevel = 3;

/** Of Node's zlib; absent before 22.15 and 23.8. */
interface ZstdOfNode {
  createZstdCompress(options: {
    readonly params: Readonly<Record<number, number>>;
    readonly chunkSize: number;
  }): Transform;
  createZstdDecompress(options: { readonly chunkSize: number }): Transform;
}

/**
 * The `zstd` program where it is installed, because Node's own took twice its CPU time here (Node 24, 300 MB); else Node's own;
 * else `gzip`, which is always there: a backup in the slower format is better than none, and the manifest names the one it has.
 */
export function chooseCompression(wanted: CompressionName): CompressionName {
  return wanted === 'zstd' && findZstd() === undefined && zstdOfNode() === undefined ? 'gzip' : wanted;
}

/** @param output - Where the program writes to, if it is one. */
export function compress(name: CompressionName, output?: OutputPipe): CompressionStage {
  if (name === 'gzip') return inProcess(zlib.createGzip(), 'gzip', 'compress');
  const node = findZstd() === undefined ? zstdOfNode() : undefined;
  return node === undefined
    ? zstd([`-${zstdLevel}`, '-q', '-c'], 'compress', output)
    : inProcess(
        node.createZstdCompress({ params: { [compressionLevel]: zstdLevel, [checksumFlag]: 1 }, chunkSize }),
        'zstd',
        'compress',
      );
}

export function decompress(name: CompressionName): CompressionStage {
  if (name === 'gzip') return inProcess(zlib.createGunzip(), 'gzip', 'read');
  const node = findZstd() === undefined ? zstdOfNode() : undefined;
  return node === undefined
    ? zstd(['-d', '-q', '-c'], 'read')
    : inProcess(node.createZstdDecompress({ chunkSize }), 'zstd', 'read');
}

/** Of what comes out at once: zlib's own 16 KiB would be four times the calls. */
const chunkSize = 128 * 1024;

/** `ZSTD_c_compressionLevel` and `ZSTD_c_checksumFlag` of zstd.h. */
const compressionLevel = 100;
const checksumFlag = 201;

function zstdOfNode(): ZstdOfNode | undefined {
  const found: object = zlib;
  return hasZstd(found) ? found : undefined;
}

function hasZstd(found: object): found is ZstdOfNode {
  return 'createZstdCompress' in found && 'createZstdDecompress' in found;
}

function inProcess(stream: Transform, tool: CompressionName, stage: BackupStage): CompressionStage {
  const done = finished(stream).catch((error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('Z') !== true) throw error; // stopped from outside: somebody else knows why
    throw new BackupError(`${tool} stopped (${error.code}).`, {
      code: stage === 'read' ? 'BACKUP_CORRUPT' : 'BACKUP_TOOL_FAILED',
      stage,
      tool,
    });
  });
  done.catch(() => undefined); // looked at later
  return { input: stream, output: stream, done, kill: () => void stream.destroy() };
}

function zstd(args: readonly string[], stage: BackupStage, output?: OutputPipe): CompressionStage {
  const path = findZstd();
  if (path === undefined) {
    throw new BackupError('This backup is compressed with zstd, which is not installed here. Install zstd.', {
      code: 'BACKUP_TOOL_MISSING',
      stage,
      tool: 'zstd',
    });
  }
  const tool = spawnTool({ name: 'zstd', path, args, stage, subject: 'its input', output });
  return { input: tool.stdin, output: tool.stdout, done: tool.exited, kill: () => tool.kill() };
}

function findZstd(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => join(folder, 'zstd')).find((path) => existsSync(path));
}
