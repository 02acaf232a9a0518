import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Volume {
  readonly path: string;
  /** Puts a new generation in place of the last one, as the kubelet does. */
  swap(files: Readonly<Record<string, string>>): void;
}

/**
 * A volume of Kubernetes on the real file system. The order of steps is that of the kubelet's AtomicWriter
 * (kubernetes/pkg/volume/util/atomic_writer.go): write a new folder, rename a new link onto `..data`, link new names,
 * remove the old folder.
 */
export function createVolume(path: string, mode = 0o400): Volume {
  mkdirSync(path, { recursive: true });
  const linked = new Set<string>();
  let generation = 0;
  return {
    path,
    swap(files) {
      generation += 1;
      const folder = `..2026_01_01_00_00_00.${String(generation).padStart(9, '0')}`;
      mkdirSync(join(path, folder));
      for (const [name, text] of Object.entries(files))
        writeFileSync(join(path, folder, name), text, { mode });
      symlinkSync(folder, join(path, '..data_tmp'));
      renameSync(join(path, '..data_tmp'), join(path, '..data'));
      for (const name of Object.keys(files)) {
        if (linked.has(name)) continue;
        symlinkSync(join('..data', name), join(path, name));
        linked.add(name);
      }
      for (const name of linked) {
        if (Object.hasOwn(files, name)) continue;
        rmSync(join(path, name));
        linked.delete(name);
      }
      const old = `..2026_01_01_00_00_00.${String(generation - 1).padStart(9, '0')}`;
      rmSync(join(path, old), { recursive: true, force: true });
    },
  };
}
