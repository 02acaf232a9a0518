import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@seaworthy/contracts';
import { removeTree } from '../tools/remove-tree.js';
import type { ToolUser } from '../tools/tool-process.js';
import { madeAtOf, type Scratch } from './scratch.js';

/** Scratch places that are folders in a folder. */
export interface FolderPlaces extends Pick<Scratch, 'names' | 'drop'> {
  /** Makes one that only its owner can enter. */
  make(name: string): Promise<string>;
}

/** @param owner - Of the places, where this process is root. */
export function folderPlaces(folder: string, owner?: ToolUser): FolderPlaces {
  return {
    async make(name) {
      const place = join(folder, name);
      await mkdir(folder, { recursive: true });
      await mkdir(place, { mode: 0o700 });
      if (owner !== undefined) await chown(place, owner.uid, owner.gid);
      return place;
    },
    async names() {
      try {
        return (await readdir(folder)).filter((name) => madeAtOf(name) !== undefined);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return [];
        throw error;
      }
    },
    drop: (name) => removeTree(join(folder, name)),
  };
}
