import { BackupError } from '../backup-error.js';
import type { BackupTarget, TargetCallOptions } from '../targets/backup-target.js';
import type { BackupEntry } from './backup-entry.js';
import { idOfManifest, isId, layoutOf } from './layout.js';
import { type Manifest, maxManifestBytes } from './manifest.js';
import { parseManifest } from './parse-manifest.js';

export interface FoundBackup {
  readonly manifest: Manifest;
  readonly target: BackupTarget;
}

/**
 * Every backup of every target, the newest first; damaged ones, whose time nobody knows, at the end.
 *
 * @throws BackupError `BACKUP_READ_FAILED` when a target cannot be read.
 */
export async function listBackups(
  targets: readonly BackupTarget[],
  options: TargetCallOptions,
): Promise<readonly BackupEntry[]> {
  const complete = new Map<string, { readonly manifest: Manifest; readonly targets: string[] }>();
  const damaged = new Map<string, { readonly reason: string; readonly targets: string[] }>();
  for (const target of targets) {
    for await (const key of target.keys('', options)) {
      const id = idOfManifest(key);
      if (id === undefined) continue;
      try {
        const manifest = await readManifest(target, key, { id, ...options });
        await assertPresent(target, manifest, options);
        const known = complete.get(id);
        if (known === undefined) complete.set(id, { manifest, targets: [target.name] });
        else known.targets.push(target.name);
      } catch (error) {
        if ((await target.head(key, options)) === undefined) continue; // retention removed it while we looked
        // No answer says nothing of the backup, and retention must not take it for a bad one.
        if (!BackupError.is(error) || error.code === 'BACKUP_READ_FAILED') throw error;
        const known = damaged.get(id);
        if (known === undefined) damaged.set(id, { reason: error.message, targets: [target.name] });
        else known.targets.push(target.name);
      }
    }
  }
  const good = [...complete]
    .toSorted(
      ([idA, a], [idB, b]) => compare(b.manifest.startedAt, a.manifest.startedAt) || compare(idB, idA),
    )
    .map(
      ([id, found]): BackupEntry => ({
        id,
        status: 'complete',
        ...found,
        damagedIn: damaged.get(id)?.targets ?? [],
      }),
    );
  const bad = [...damaged].filter(([id]) => !complete.has(id));
  return [...good, ...bad.map(([id, { reason }]): BackupEntry => ({ id, status: 'damaged', reason }))];
}

/** The backup of that id from the first target that has it whole; one that cannot be asked is passed over. */
export async function findBackup(
  targets: readonly BackupTarget[],
  id: string,
  options: TargetCallOptions,
): Promise<FoundBackup> {
  let damage: unknown;
  for (const target of isId(id) ? targets : []) {
    const key = layoutOf(id).manifest(id);
    try {
      if ((await target.head(key, options)) === undefined) continue;
      const manifest = await readManifest(target, key, { id, ...options });
      await assertPresent(target, manifest, options);
      return { manifest, target };
    } catch (error) {
      options.signal?.throwIfAborted();
      damage ??= error;
    }
  }
  throw (
    damage ??
    new BackupError('There is no backup of that id in any target. list() tells the ids.', {
      code: 'BACKUP_NOT_FOUND',
      stage: 'read',
    })
  );
}

async function readManifest(
  target: BackupTarget,
  key: string,
  { id, ...options }: TargetCallOptions & { readonly id: string },
): Promise<Manifest> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of target.read(key, options)) {
    bytes += chunk.byteLength;
    if (bytes > maxManifestBytes) break;
    chunks.push(chunk);
  }
  return parseManifest(Buffer.concat(chunks).toString('utf8'), id);
}

async function assertPresent(
  target: BackupTarget,
  manifest: Manifest,
  options: TargetCallOptions,
): Promise<void> {
  for (const { key, bytes } of manifest.artifacts) {
    const size = (await target.head(key, options))?.bytes;
    if (size === bytes) continue;
    const how = size === undefined ? 'is missing' : `has ${size} bytes instead of ${bytes}`;
    throw new BackupError(`${key} in ${target.name} ${how}.`, { code: 'BACKUP_CORRUPT', stage: 'read' });
  }
}

/** ISO times in UTC sort as text, by code unit rather than by the rules of a language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
