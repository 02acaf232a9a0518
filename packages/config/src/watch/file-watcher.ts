import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { walk } from './lookups.js';

export interface WatchedPaths {
  /** Absolute, whether they exist or not. */
  readonly files: Iterable<string>;
  /** Absolute. Any change of what is in them counts. */
  readonly folders: Iterable<string>;
}

export interface FileWatcher {
  /** Begins anew for these paths. What happens after it returns is told; what happened before may be. */
  arm(paths: WatchedPaths): void;
  close(): void;
}

/** The part of `fs.watch` that is used. */
export type WatchFolder = (
  folder: string,
  onEvent: (name: string | null) => void,
) => Pick<FSWatcher, 'close' | 'on'>;

const everything = Symbol('everything');

type Interests = Map<string, Set<string | typeof everything>>;

/**
 * Tells when files may have changed. It watches folders, never files: a file that is replaced by a rename takes its watch
 * with it, and after the first swap of a Kubernetes volume a watched file is silent for ever.
 *
 * A folder that cannot be watched (no permission, no watches left in the system) is left out; whoever needs certainty also
 * polls.
 */
export function createFileWatcher(onChange: () => void, watchFolder: WatchFolder = watchByNode): FileWatcher {
  let watchers: readonly Pick<FSWatcher, 'close'>[] = [];
  return {
    arm({ files, folders }) {
      const interests: Interests = new Map();
      const note = (folder: string, name: string | typeof everything): void => {
        const names = interests.get(folder);
        if (names === undefined) interests.set(folder, new Set([name]));
        else names.add(name);
      };
      for (const file of files) walk(file, note);
      for (const folder of folders) {
        const end = walk(folder, note);
        if (end !== undefined) note(end, everything);
      }
      const old = watchers;
      watchers = [...interests].flatMap(([folder, names]) => watcherOf(folder, names) ?? []);
      for (const watcher of old) watcher.close();
    },
    close() {
      for (const watcher of watchers) watcher.close();
      watchers = [];
    },
  };

  function watcherOf(folder: string, names: ReadonlySet<string | typeof everything>) {
    try {
      const watcher = watchFolder(folder, (name) => {
        // A folder that is removed or renamed itself is told under its own name.
        const counts = name === null || names.has(everything) || names.has(name) || name === basename(folder);
        if (counts) onChange();
      });
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }
}

function watchByNode(folder: string, onEvent: (name: string | null) => void): FSWatcher {
  return watch(folder, { persistent: false }, (_, name) => onEvent(name));
}
