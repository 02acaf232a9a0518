import { BackupError } from '../backup-error.js';
import type { CompressionName } from '../pipeline/compression.js';

/** One source's part of a backup. */
export interface ManifestArtifact {
  /** The name that the source has in `createBackups`. */
  readonly source: string;
  readonly engine: 'postgres' | 'mysql';
  readonly database: string;
  readonly serverVersion: string;
  /** Equal for two databases of one server; see the guard of `restore`. */
  readonly system: string;
  readonly tool: string;
  readonly format: 'sql';
  readonly compression: CompressionName;
  /** Where the bytes are in every target. */
  readonly key: string;
  readonly bytes: number;
  /** Of `bytes`, in hex: what `sha256sum` prints for the file. */
  readonly sha256: string;
  /** Before compression. */
  readonly rawBytes: number;
  readonly warnings: readonly string[];
}

/** Written last: a backup is complete if and only if it has one. It never changes afterwards. */
export interface Manifest {
  readonly format: 'seaworthy-backup';
  readonly version: 1;
  readonly id: string;
  /** ISO 8601, UTC. The dump shows the database as it was shortly after `startedAt`. */
  readonly startedAt: string;
  readonly completedAt: string;
  readonly artifacts: readonly ManifestArtifact[];
}

/** More than a thousand sources would need. */
export const maxManifestBytes = 1024 * 1024;

export function formatManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Reads a manifest that may have been damaged or written by a newer version.
 *
 * @throws BackupError `BACKUP_UNREADABLE`
 */
export function parseManifest(text: string, id: string): Manifest {
  const manifest = object(attempt(() => JSON.parse(text)));
  if (manifest?.format !== 'seaworthy-backup') throw unreadable(id, 'it is no manifest of Seaworthy');
  if (manifest.version !== 1)
    throw unreadable(id, 'a newer version of @seaworthy/backup wrote it: update this one');
  const { startedAt, completedAt, artifacts } = manifest;
  if (manifest.id !== id || typeof startedAt !== 'string' || typeof completedAt !== 'string') {
    throw unreadable(id, 'its head is damaged');
  }
  if (!Array.isArray(artifacts) || artifacts.length === 0) throw unreadable(id, 'it names nothing');
  return {
    format: 'seaworthy-backup',
    version: 1,
    id,
    startedAt,
    completedAt,
    artifacts: artifacts.map((artifact) => parseArtifact(artifact, id)),
  };
}

function parseArtifact(value: unknown, id: string): ManifestArtifact {
  const found = object(value) ?? {};
  const text = (name: string, pattern = /^/): string => {
    const part = found[name];
    if (typeof part === 'string' && pattern.test(part)) return part;
    throw unreadable(id, `"${name}" of an artifact is damaged`);
  };
  const size = (name: string): number => {
    const part = found[name];
    if (typeof part === 'number' && Number.isSafeInteger(part) && part >= 0) return part;
    throw unreadable(id, `"${name}" of an artifact is damaged`);
  };
  const texts = (name: string): readonly string[] => {
    const part = found[name];
    if (Array.isArray(part) && part.every((item) => typeof item === 'string')) return part;
    throw unreadable(id, `"${name}" of an artifact is damaged`);
  };
  const oneOf = <const T extends string>(name: string, values: readonly T[]): T => {
    const part = values.find((candidate) => candidate === found[name]);
    if (part !== undefined) return part;
    throw unreadable(id, `"${name}" of an artifact is damaged or new`);
  };
  const key = text('key', /^[\w-]+(?:\/[\w-]+)?\.sql\.(?:zst|gz)$/);
  if (!key.startsWith(id)) throw unreadable(id, 'it points outside of its backup');
  return {
    source: text('source'),
    engine: oneOf('engine', ['postgres', 'mysql']),
    database: text('database'),
    serverVersion: text('serverVersion'),
    system: text('system'),
    tool: text('tool'),
    format: oneOf('format', ['sql']),
    compression: oneOf('compression', ['zstd', 'gzip']),
    key,
    bytes: size('bytes'),
    sha256: text('sha256', /^[0-9a-f]{64}$/),
    rawBytes: size('rawBytes'),
    warnings: texts('warnings'),
  };
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function unreadable(id: string, why: string): BackupError {
  return new BackupError(`The manifest of backup ${id} cannot be used: ${why}.`, {
    code: 'BACKUP_UNREADABLE',
    stage: 'read',
  });
}
