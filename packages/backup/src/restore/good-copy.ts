import type { Logger } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { findBackup } from '../manifest/catalog.js';
import type { Manifest, ManifestArtifact } from '../manifest/manifest.js';
import type { BackupTarget } from '../targets/backup-target.js';
import type { ReadArtifactOptions } from './read-artifact.js';
import { verifyArtifact } from './verify-artifact.js';

export interface GoodCopyOptions extends Omit<ReadArtifactOptions, 'target' | 'artifact'> {
  readonly targets: readonly BackupTarget[];
  /** Which part of the backup; where it throws `RESTORE_REFUSED` no other copy is asked. */
  readonly choose: (manifest: Manifest) => ManifestArtifact;
  /** Called before a copy is read. */
  readonly onCopy: (artifact: ManifestArtifact) => void;
  readonly logger: Logger;
}

export type GoodCopy = Pick<ReadArtifactOptions, 'target' | 'artifact'>;

/**
 * The copy in the first target that has one whose every byte is right, and that the keys open. One that has none, does not answer or is
 * damaged keeps nobody from the next.
 *
 * @throws what is wrong with the first copy; BackupError `BACKUP_NOT_FOUND`; what `choose` throws; the reason of `signal`.
 */
export async function goodCopy(options: GoodCopyOptions): Promise<GoodCopy> {
  const { targets, id, identities, signal, choose, onCopy, logger } = options;
  let damage: unknown;
  let absence: unknown;
  for (const [at, target] of targets.entries()) {
    try {
      const { manifest } = await findBackup([target], id, { signal });
      const artifact = choose(manifest);
      onCopy(artifact);
      await verifyArtifact({ target, id, artifact, identities, signal, level: 'decrypt' });
      return { target, artifact };
    } catch (error) {
      signal.throwIfAborted();
      const code = BackupError.is(error) ? error.code : undefined;
      if (code === 'RESTORE_REFUSED') throw error;
      absence ??= error;
      if (code === 'BACKUP_NOT_FOUND') continue;
      damage ??= error;
      if (at < targets.length - 1)
        logger.warn('A copy of a backup cannot be restored; the next one is tried.', {
          backup: id,
          target: target.name,
          error,
        });
    }
  }
  throw damage ?? absence;
}
