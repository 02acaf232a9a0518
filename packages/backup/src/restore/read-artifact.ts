import { createHash } from 'node:crypto';
import { errorCode } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { layoutOf } from '../manifest/layout.js';
import type { ManifestArtifact } from '../manifest/manifest.js';
import { maxHeaderBytes } from '../pipeline/age-header.js';
import { decryptAge } from '../pipeline/decrypt-age.js';
import type { BackupTarget, ReadOptions } from '../targets/backup-target.js';
import { isMachinesFault } from '../tools/machines-fault.js';

export interface ReadArtifactOptions {
  readonly target: BackupTarget;
  /** The backup's id. */
  readonly id: string;
  readonly artifact: ManifestArtifact;
  /** Private keys, for an encrypted artifact. */
  readonly identities: readonly string[];
  readonly signal: AbortSignal;
}

/** The stored bytes; the iteration throws `BACKUP_CORRUPT` at its end when they are not those of the manifest. */
export async function* readObject({
  target,
  artifact,
  signal,
}: Pick<ReadArtifactOptions, 'target' | 'artifact' | 'signal'>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of storedBytes(target, artifact, signal)) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  if (bytes !== artifact.bytes)
    throw corruptArtifact(target, artifact, `has ${bytes} bytes instead of ${artifact.bytes}`);
  if (hash.digest('hex') !== artifact.sha256) throw corruptArtifact(target, artifact, 'has other bytes');
}

/**
 * The artifact decrypted and still compressed; what is not encrypted as it is. Throws at its end when object or plaintext
 * differ from the manifest.
 *
 * @throws BackupError `BACKUP_CORRUPT`, `BACKUP_NO_KEY`
 */
export async function* readPlain(options: ReadArtifactOptions): AsyncGenerator<Uint8Array> {
  const { target, id, artifact, identities, signal } = options;
  if (artifact.encryption === 'none') {
    yield* readObject(options);
    return;
  }
  const headers = await rotatedHeaders(target, id, artifact, signal);
  const hash = createHash('sha256');
  for await (const chunk of decryptAge(readObject(options), { identities, headers })) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== artifact.plainSha256)
    throw corruptArtifact(target, artifact, 'decrypts to other bytes');
}

/** The note that holds the header of an artifact for other recipients. */
export function headerNote(source: string, number: number): string {
  return `header-${source}-${String(number).padStart(3, '0')}.age`;
}

/** Headers that took the place of the artifact's own, the newest first. */
export async function rotatedHeaders(
  target: BackupTarget,
  id: string,
  { source }: ManifestArtifact,
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const headers: Buffer[] = [];
  for (let number = 1; ; number += 1) {
    const key = layoutOf(id).note(id, headerNote(source, number));
    if ((await target.head(key, { signal })) === undefined) return headers.reverse();
    headers.push(await readBytes(target, key, { end: maxHeaderBytes, signal }));
  }
}

/** A small object or the start of a large one. */
export async function readBytes(target: BackupTarget, key: string, options: ReadOptions): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of target.read(key, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* storedBytes(
  target: BackupTarget,
  artifact: ManifestArtifact,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* target.read(artifact.key, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (BackupError.is(error) && error.code === 'BACKUP_READ_FAILED') throw error; // no answer says nothing of the bytes
    const reason = errorCode(error) ?? 'no reason given';
    if (isMachinesFault(reason)) {
      throw new BackupError(`${artifact.key} in ${target.name} cannot be read (${reason}).`, {
        code: 'BACKUP_READ_FAILED',
        stage: 'read',
      });
    }
    throw corruptArtifact(target, artifact, `cannot be read (${reason})`);
  }
}

export function corruptArtifact(target: BackupTarget, artifact: ManifestArtifact, how: string): BackupError {
  return new BackupError(
    `${artifact.key} in ${target.name} ${how}. Nothing of it was kept; restore another backup or another copy.`,
    { code: 'BACKUP_CORRUPT', stage: 'verify' },
  );
}
