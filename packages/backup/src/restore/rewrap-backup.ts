import { invalidOption, optionsOf, type Secret } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { listBackups } from '../manifest/catalog.js';
import { layoutOf } from '../manifest/layout.js';
import type { ManifestArtifact } from '../manifest/manifest.js';
import { makeAgeHeader } from '../pipeline/age-header.js';
import { openFirstAgeHeader } from '../pipeline/decrypt-age.js';
import { readRecipients } from '../pipeline/read-recipients.js';
import type { BackupTarget } from '../targets/backup-target.js';
import { putObject } from '../targets/put-object.js';
import { headerNote, readBytes, rotatedHeaders } from './read-artifact.js';
import { readIdentities } from './read-identities.js';

export interface RewrapOptions {
  /** A private key that opens it now. */
  readonly identity: string | Secret | ReadonlyArray<string | Secret>;
  /** Public keys that shall open it from now on. */
  readonly recipients: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface RewrapResult {
  readonly id: string;
  /** The new headers, in every target that has the backup. */
  readonly keys: readonly string[];
}

const readOptions = optionsOf<RewrapOptions>('rewrap', { identity: true, recipients: true, signal: true });

/**
 * Lets other keys open a backup without touching its payload: a new header for the same file key is written beside each
 * artifact, and reads try it after the artifact's own. What the old keys could open they still can.
 */
export async function rewrapBackup(
  targets: readonly BackupTarget[],
  id: string,
  options: RewrapOptions & { readonly signal: AbortSignal },
): Promise<RewrapResult> {
  const { identity, recipients, signal } = readOptions(options);
  const identities = readIdentities('rewrap', identity);
  if (identities.length === 0)
    throw invalidOption('rewrap', 'identity', 'a private key that opens the backup');
  const wanted = readRecipients('rewrap', 'recipients', recipients);
  const entry = (await listBackups(targets, { signal })).find((one) => one.id === id);
  if (entry?.status !== 'complete') {
    throw new BackupError('There is no complete backup of that id in any target. list() tells the ids.', {
      code: 'BACKUP_NOT_FOUND',
      stage: 'read',
    });
  }
  const keys = new Set<string>();
  for (const artifact of entry.manifest.artifacts.filter(({ encryption }) => encryption === 'age')) {
    for (const target of targets.filter(({ name }) => entry.targets.includes(name))) {
      keys.add(await rewrapArtifact({ target, id, artifact, identities, recipients: wanted, signal }));
    }
  }
  return { id, keys: [...keys] };
}

async function rewrapArtifact(part: {
  readonly target: BackupTarget;
  readonly id: string;
  readonly artifact: ManifestArtifact;
  readonly identities: readonly string[];
  readonly recipients: readonly string[];
  readonly signal: AbortSignal;
}): Promise<string> {
  const { target, id, artifact, identities, recipients, signal } = part;
  const own = await readBytes(target, artifact.key, { end: artifact.headerBytes, signal });
  const rotated = await rotatedHeaders(target, id, artifact, signal);
  const fileKey = await openFirstAgeHeader([own, ...rotated], identities);
  const { bytes } = await makeAgeHeader(recipients, fileKey);
  const key = layoutOf(id).note(id, headerNote(artifact.source, rotated.length + 1));
  await putObject(target, { key, bytes }, { signal });
  return key;
}
