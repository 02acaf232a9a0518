import { isAbsolute, join } from 'node:path';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import type { EngineName } from '../manifest/engine.js';
import { files } from '../sources/files.js';
import { type OpenPglite, restoredPglite } from '../sources/restored-pglite.js';
import { restoredRdb } from '../sources/restored-rdb.js';
import type { ToolUser } from '../tools/tool-process.js';
import { folderPlaces } from './folder-places.js';
import type { Scratch, ScratchPlace } from './scratch.js';

export interface ScratchFolderOptions {
  /** An absolute path on a disk with room; each drill has a folder of its own in it, and removes it. */
  readonly folder: string;
}

export interface ScratchRedisOptions extends ScratchFolderOptions {
  /** The folder of `redis-server` and `redis-cli`. @defaultValue PATH */
  readonly binDir?: string;
}

export interface ScratchPgliteOptions extends ScratchFolderOptions {
  /** Opens a folder: `(folder) => PGlite.create(folder)`. PGlite computes in the thread that it is opened in. */
  readonly open: OpenPglite;
}

/**
 * A place for drills of `files()`: what was restored is packed once more, and its entries compared with those of the backup.
 *
 * @throws OptionsError
 *
 * @example
 * createBackups({ sources, targets, drill: { into: { uploads: scratchFiles({ folder: '/var/tmp/drills' }) } } });
 */
export function scratchFiles(options: ScratchFolderOptions): Scratch {
  const readOptions = optionsOf<ScratchFolderOptions>('scratchFiles', { folder: true });
  return scratchFolder('scratchFiles', 'files', readOptions(options).folder, (place) => {
    const folder = join(place, 'data');
    return { source: files({ root: folder }), folder };
  });
}

/**
 * A place for drills of `redis()`: a server of its own is started with the dump, without a port, and its keys are counted. An invariant
 * asks it commands: `query('get greeting')`.
 *
 * @throws OptionsError
 *
 * @example
 * createBackups({ sources, targets, drill: { into: { cache: scratchRedis({ folder: '/var/tmp/drills' }) } } });
 */
export function scratchRedis(options: ScratchRedisOptions): Scratch {
  const readOptions = optionsOf<ScratchRedisOptions>('scratchRedis', { folder: true, binDir: true });
  const { folder, binDir } = readOptions(options);
  return scratchFolder('scratchRedis', 'redis', folder, (place) => ({
    source: restoredRdb(join(place, 'dump.rdb'), binDir),
    folder: place,
  }));
}

/**
 * A place for drills of `pglite()`: the restored folder is opened, and its tables compared.
 *
 * @throws OptionsError
 *
 * @example
 * const open = (folder) => PGlite.create(folder);
 * createBackups({ sources, targets, drill: { into: { db: scratchPglite({ folder: '/var/tmp/drills', open }) } } });
 */
export function scratchPglite(options: ScratchPgliteOptions): Scratch {
  const readOptions = optionsOf<ScratchPgliteOptions>('scratchPglite', { folder: true, open: true });
  const { folder, open } = readOptions(options);
  if (typeof open !== 'function')
    throw invalidOption('scratchPglite', 'open', 'a function that opens a folder');
  return scratchFolder('scratchPglite', 'pglite', folder, (place) => {
    const data = join(place, 'data');
    return { source: restoredPglite(data, open), folder: data };
  });
}

/** Places of any engine that are folders, those of `user` where this process is root. */
export function scratchFolder(
  owner: string,
  engine: EngineName,
  folder: string,
  placeIn: (place: string) => ScratchPlace,
  user?: ToolUser,
): Scratch {
  if (typeof folder !== 'string' || !isAbsolute(folder))
    throw invalidOption(owner, 'folder', 'an absolute path');
  const places = folderPlaces(folder, user);
  return { ...places, engine, create: async (name) => placeIn(await places.make(name)) };
}
