import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type FileFault, faultOf, readTextFile, type TextFile } from './read-text-file.js';

export type Folder = { readonly names: readonly string[] } | { readonly fault: FileFault };

/** Reads files for one load. */
export interface FileReader {
  /** A whole text file; never waits, never follows a volume that is swapped meanwhile. */
  readText(path: string, maxBytes: number): TextFile;
  /** The names in a folder, without those that begin with a dot. */
  list(path: string): Folder;
}

/** What a load has read, for those who repeat it. */
export interface RecordedReader extends FileReader {
  /** Every file that was asked for, also those that do not exist. */
  readonly asked: ReadonlySet<string>;
  /** Every folder that was listed. */
  readonly listed: ReadonlySet<string>;
  /** Whether a volume was swapped so that one generation could not be read as a whole: read everything again. */
  readonly torn: boolean;
}

/** More than anybody chains on purpose; a loop ends here. */
const mostLinks = 8;

/**
 * Kubernetes swaps a volume by renaming the link `..data` onto a new folder, and then removes the old one. Two files that
 * are read through that link, one after the other, may be of two generations. So the link is followed once a load, and all
 * files of the volume are read from the folder that it led to.
 */
export function createFileReader(): RecordedReader {
  const asked = new Set<string>();
  const listed = new Set<string>();
  const volumes = new Map<string, string | undefined>();
  let torn = false;

  /** The volume of `path` and the folder that holds its generation. */
  function volumeOf(path: string): { readonly root: string; readonly generation: string } | undefined {
    for (let folder = path; ; folder = dirname(folder)) {
      if (!volumes.has(folder)) volumes.set(folder, generationOf(folder));
      const generation = volumes.get(folder);
      if (generation !== undefined) return { root: folder, generation };
      if (folder === dirname(folder)) return undefined;
    }
  }

  /** Reads `path` from the generation that this load began with. */
  function pinned<T extends TextFile | Folder>(path: string, read: (path: string) => T): T {
    const volume = volumeBehind(path);
    if (volume === undefined) return read(path);
    const { root, generation, place } = volume;
    const first = read(place);
    const absent = 'fault' in first && first.fault === 'does not exist';
    // Either the volume never had it there, or its generation went away while it was read.
    const result = absent ? read(path) : first;
    // A folder that is being removed lists what is left of it.
    if ((absent || 'names' in result) && generationOf(root) !== generation) torn = true;
    return result;
  }

  /** Where `path` stands in its volume, also when a link elsewhere leads into it. */
  function volumeBehind(path: string) {
    for (let at = path, hops = 0; hops < mostLinks; hops += 1) {
      const volume = volumeOf(at);
      if (volume !== undefined)
        return { ...volume, place: join(volume.generation, relative(volume.root, at)) };
      const target = targetOf(at);
      if (target === undefined) return undefined;
      at = target;
    }
    return undefined;
  }

  return {
    asked,
    listed,
    get torn() {
      return torn;
    },
    readText(path, maxBytes) {
      const absolute = resolve(path);
      asked.add(absolute);
      return pinned(absolute, (place) => readTextFile(place, maxBytes));
    },
    list(path) {
      const absolute = resolve(path);
      listed.add(absolute);
      return pinned(absolute, listFolder);
    },
  };
}

/** Where a link leads; `undefined` when it is none. */
function targetOf(path: string): string | undefined {
  try {
    // Asked first, because most paths are no link, and an error costs more than the question.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return undefined;
  }
}

/** Asks for the link alone: resolving it would fail while it is swapped, and then look like a folder that is no volume. */
function generationOf(folder: string): string | undefined {
  return targetOf(join(folder, '..data'));
}

function listFolder(path: string): Folder {
  try {
    return { names: readdirSync(path).filter((name) => !name.startsWith('.')) };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}
