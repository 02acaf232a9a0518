import { createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { errorCode, invalidOption } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { abandonedMs, idOfKey } from '../manifest/layout.js';
import type { BackupTarget, ObjectFacts, StagedObject } from './backup-target.js';

/** Hidden, so that neither `ls *.gz` nor a restore script takes one for a backup. */
const stagedPrefix = '.partial-';

/**
 * A folder on this machine. Files are readable by their owner only. A file gets its name by a hard link after it was
 * flushed to the disk, because a link, unlike a rename, never replaces what is there.
 *
 * @param folder - An absolute path; made when it is missing.
 * @throws OptionsError when the path is relative.
 *
 * @example
 * const target = local('/var/backups/kpi');
 */
export function local(folder: string): BackupTarget {
  if (!isAbsolute(folder)) throw invalidOption('local', 'folder', 'an absolute path');
  const pathOf = (key: string): string => join(folder, ...key.split('/'));
  return {
    name: `folder ${folder}`,
    stage: (key) => stageFile(folder, pathOf(key)),
    head: (key) => factsOf(pathOf(key)),
    async *read(key, { start = 0, end, signal } = {}) {
      if (end !== undefined && end <= start) return;
      yield* createReadStream(pathOf(key), {
        highWaterMark: 256 * 1024,
        start,
        ...(end === undefined ? {} : { end: end - 1 }), // Node's is the last byte itself
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async *keys(prefix = '') {
      for await (const path of files(folder)) {
        const key = path.split(sep).join('/');
        if (key.startsWith(prefix) && !key.split('/').some((part) => part.startsWith('.'))) yield key;
      }
    },
    async delete(key) {
      const path = pathOf(key);
      try {
        await unlink(path);
        await syncFolder(dirname(path));
      } catch (error) {
        if (!isAbsent(error)) throw writeFailed(error, folder);
      }
      if (dirname(path) !== folder) await rmdir(dirname(path)).catch(() => undefined); // only when it is empty
    },
    sweep: () => sweepFolder(folder).catch(() => undefined), // what is wrong with the folder, staging says
  };
}

async function sweepFolder(folder: string): Promise<void> {
  const runs = new Map<string, { readonly path: string; readonly touchedAt: number }[]>();
  for await (const path of files(folder)) {
    const name = path.split(sep).at(-1) ?? '';
    if (!name.startsWith(stagedPrefix)) continue;
    const touchedAt = (await stat(join(folder, path))).mtimeMs;
    const run = runOf(name);
    runs.set(run, [...(runs.get(run) ?? []), { path, touchedAt }]);
  }
  for (const staged of runs.values()) {
    // A run has one for each source, and those that are through wait for the last.
    if (staged.some(({ touchedAt }) => Date.now() - touchedAt <= abandonedMs)) continue;
    for (const { path } of staged) await rm(join(folder, path), { force: true });
  }
}

/** The id of the backup, where the name has one. */
function runOf(name: string): string {
  return idOfKey(name.slice(stagedPrefix.length).replace(/^(\w+-[0-9a-f]{8})-/, '$1/')) ?? name;
}

async function stageFile(folder: string, path: string): Promise<StagedObject> {
  const parent = dirname(path);
  const nested = parent !== folder;
  const stagedPath = join(
    folder,
    `${stagedPrefix}${relative(folder, path).replaceAll(sep, '-')}-${process.pid}`,
  );
  let file: FileHandle;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    file = await open(stagedPath, 'wx', 0o600);
  } catch (error) {
    throw writeFailed(error, folder);
  }
  let committed = false;
  return {
    async write(chunk) {
      try {
        for (let at = 0; at < chunk.byteLength; ) {
          at += (await file.write(chunk, at, chunk.byteLength - at)).bytesWritten;
        }
      } catch (error) {
        throw writeFailed(error, folder);
      }
    },
    async commit({ bytes }) {
      try {
        const written = (await file.stat()).size;
        if (written !== bytes) throw new Error(`${written} bytes of ${bytes} are in the file`);
        await file.sync();
        await file.close();
        if (nested) {
          await mkdir(parent, { recursive: true, mode: 0o700 });
          await syncFolder(folder);
        }
        await link(stagedPath, path);
        committed = true;
        await rm(stagedPath);
        await syncFolder(parent);
      } catch (error) {
        throw errorCode(error) === 'EEXIST' ? taken(path) : writeFailed(error, folder);
      }
    },
    async discard() {
      await file.close().catch(() => undefined);
      await rm(stagedPath, { force: true }).catch(() => undefined);
      if (committed) await rm(path, { force: true });
      if (nested) await rmdir(parent).catch(() => undefined); // only when it is empty
    },
  };
}

/** A name is durable when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Paths below `folder`, two levels deep: the deepest that a backup is laid out. */
async function* files(folder: string, depth = 2, prefix = ''): AsyncIterable<string> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    const path = join(prefix, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && depth > 1) yield* files(folder, depth - 1, path);
  }
}

async function factsOf(path: string): Promise<ObjectFacts | undefined> {
  try {
    const { size, mtimeMs, ctimeMs } = await stat(path);
    return { bytes: size, modifiedAt: new Date(Math.max(mtimeMs, ctimeMs)) }; // a copy may keep the time of its original
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR';
}

function taken(path: string): BackupError {
  return new BackupError(`${path} exists already, and a backup is never overwritten.`, {
    code: 'BACKUP_EXISTS',
    stage: 'commit',
  });
}

function writeFailed(error: unknown, folder: string): BackupError {
  const why = errorCode(error) ?? 'no reason given';
  const advice = why === 'ENOSPC' ? ' The disk is full: free space or move the folder.' : '';
  return new BackupError(`The folder ${folder} could not be written (${why}).${advice}`, {
    code: 'BACKUP_WRITE_FAILED',
    stage: 'write',
    cause: error,
  });
}
