import { isDeepStrictEqual } from 'node:util';
import { errorCode, invalidOption, optionsOf, type Secret } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupSettings } from '../backup-options.js';
import { type FoundBackup, findBackup } from '../manifest/catalog.js';
import { layoutOf } from '../manifest/layout.js';
import { checksumLines } from '../manifest/manifest.js';
import { readBytes } from '../restore/read-artifact.js';
import { readIdentities } from '../restore/read-identities.js';
import { type VerifyLevel, verifyArtifact, verifyLevels } from '../restore/verify-artifact.js';

export interface VerifyOptions {
  /**
   * `object`: every stored byte is there and has the manifest's hash. `decrypt`: and the private key opens it. `structure`: and it
   * is a dump of the right length that ends where a complete one ends. @defaultValue 'structure', or 'object' for an encrypted
   * backup without `identity`
   */
  readonly level?: VerifyLevel;
  /** The private age keys that may open it. @defaultValue [] */
  readonly identity?: string | Secret | ReadonlyArray<string | Secret>;
  readonly signal?: AbortSignal | undefined;
}

/** What is wrong with one copy. */
export interface VerifyFinding {
  readonly target: string;
  /** `undefined` when it is the manifest, or all of it. */
  readonly source: string | undefined;
  /** `BACKUP_NOT_FOUND`, `BACKUP_UNREADABLE`, `BACKUP_CORRUPT`, `BACKUP_NO_KEY` and others of {@link BackupError}. */
  readonly code: string;
  readonly message: string;
}

export interface VerifyResult {
  readonly id: string;
  readonly level: VerifyLevel;
  /** Whether every target has the whole backup. */
  readonly ok: boolean;
  readonly findings: readonly VerifyFinding[];
}

const readOptions = optionsOf<VerifyOptions>('verify', { level: true, identity: true, signal: true });

/** Reads every copy of a backup; a fault is a finding and never a throw. */
export async function verifyBackup(
  { targets }: BackupSettings,
  id: string,
  options: VerifyOptions & { readonly signal: AbortSignal },
): Promise<VerifyResult> {
  const { level: wanted, identity, signal } = readOptions(options);
  if (wanted !== undefined && !verifyLevels.includes(wanted))
    throw invalidOption('verify', 'level', '"object", "decrypt" or "structure"');
  const identities = readIdentities('verify', identity);
  const findings: VerifyFinding[] = [];
  let level = wanted ?? 'structure';
  let first: FoundBackup | undefined;

  async function note(target: string, source: string | undefined, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = BackupError.is(error) ? error : unreadable(target, error);
      findings.push({ target, source, code, message });
    }
  }

  for (const target of targets) {
    await note(target.name, undefined, async () => {
      const found = await findBackup([target], id, { signal });
      const { manifest } = found;
      first ??= found;
      await note(target.name, undefined, async () => refuseOther(found, first));
      await note(target.name, undefined, () => verifyChecksums(found, signal));
      for (const artifact of manifest.artifacts) {
        if (wanted === undefined && artifact.encryption !== 'none' && identities.length === 0)
          level = 'object';
        await note(target.name, artifact.source, () =>
          verifyArtifact({ target, id, artifact, identities, signal, level }),
        );
      }
    });
  }
  return { id, level, ok: findings.length === 0, findings };
}

/** One that was replaced by another backup, manifest and all, is whole in itself. */
function refuseOther({ manifest, target }: FoundBackup, first: FoundBackup | undefined): void {
  if (first === undefined || isDeepStrictEqual(manifest, first.manifest)) return;
  throw corrupt(`The manifest of ${manifest.id} in ${target.name} is not the one in ${first.target.name}.`);
}

/** On the worst day they are what people hold the rest against. */
async function verifyChecksums({ manifest, target }: FoundBackup, signal: AbortSignal): Promise<void> {
  const { id, artifacts } = manifest;
  const expected = Buffer.from(checksumLines(artifacts));
  const key = layoutOf(id).checksums(id);
  if ((await target.head(key, { signal })) === undefined)
    throw corrupt(`${key} in ${target.name} is missing.`);
  const found = await readBytes(target, key, { end: expected.length + 1, signal });
  if (!found.equals(expected))
    throw corrupt(`${key} in ${target.name} has other checksums than the manifest.`);
}

function corrupt(message: string): BackupError {
  return new BackupError(message, { code: 'BACKUP_CORRUPT', stage: 'verify' });
}

/** What a file system says of a copy is what is wrong with it; anything else is a mistake of ours. */
function unreadable(target: string, error: unknown): { readonly code: string; readonly message: string } {
  const reason = errorCode(error);
  if (reason === undefined) throw error;
  return { code: 'BACKUP_READ_FAILED', message: `The backup in ${target} cannot be read (${reason}).` };
}
