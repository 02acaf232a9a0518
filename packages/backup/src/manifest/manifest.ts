import type { CompressionName } from '../pipeline/compression.js';
import type { DumpFormat, EngineName } from './engine.js';

/** One table of a dump. */
export interface TableContents {
  /** As SQL writes it, with its schema where the engine has schemas. */
  readonly name: string;
  readonly rows: number;
  /** A digest of the rows by the server, in hex: equal for equal rows whatever their order. */
  readonly hash?: string;
}

/** What a dump holds, for a drill to compare with. */
export interface Contents {
  /**
   * `snapshot`: counted in the very snapshot that was dumped, so a restore must be equal. `bracketed`: counted before the dump
   * and again after it, because the engine cannot share a snapshot; a count must lie between the two.
   */
  readonly precision: 'snapshot' | 'bracketed';
  readonly tables: readonly TableContents[];
  /** The second count of `bracketed`. */
  readonly after?: readonly TableContents[];
}

/** One source's part of a backup. */
export interface ManifestArtifact {
  /** The name that the source has in `createBackups`. */
  readonly source: string;
  readonly engine: EngineName;
  readonly database: string;
  readonly serverVersion: string;
  /** Equal for two databases of one server; see the guard of `restore`. */
  readonly system: string;
  readonly tool: string;
  readonly format: DumpFormat;
  readonly compression: CompressionName;
  readonly encryption: 'none' | 'age';
  /** Where the bytes are in every target. */
  readonly key: string;
  readonly bytes: number;
  /** Of the stored object, in hex: what `sha256sum` prints for the file. */
  readonly sha256: string;
  /** Of what `age --decrypt` prints, in hex; equal to `sha256` without encryption. */
  readonly plainSha256: string;
  /** Before compression. */
  readonly rawBytes: number;
  /** The length of the age header at the start of the object, 0 without encryption: a rotated header takes its place. */
  readonly headerBytes: number;
  /** Present when the source was asked to count. */
  readonly contents?: Contents;
  readonly warnings: readonly string[];
}

/**
 * Written last: a backup is complete if and only if it has one. It never changes afterwards; what is learnt later (a drill, a
 * rotated key) is written beside it, under {@link Layout.note}.
 */
export interface Manifest {
  readonly format: 'seaworthy-backup';
  /** Version 1 had no encryption and is still read. */
  readonly version: 2;
  readonly id: string;
  /** ISO 8601, UTC. The dump shows the database as it was shortly after `startedAt`. */
  readonly startedAt: string;
  readonly completedAt: string;
  /** What `run({ tags })` was given: `weekly`, `archive`. */
  readonly tags: readonly string[];
  /** Public keys that the artifacts were encrypted to; empty without encryption. */
  readonly recipients: readonly string[];
  readonly artifacts: readonly ManifestArtifact[];
}

/** Four hundred thousand tables, each with its hash: what is longer is no manifest, and is not read to its end. */
export const maxManifestBytes = 64 * 1024 * 1024;

export function formatManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** What `sha256sum --check` reads, beside the artifacts. */
export function checksumLines(artifacts: readonly Pick<ManifestArtifact, 'sha256' | 'key'>[]): string {
  return artifacts.map(({ sha256, key }) => `${sha256}  ${key.slice(key.lastIndexOf('/') + 1)}\n`).join('');
}

/** What a manifest says in the place of what is too long for it. */
const tooManyTables = 'it has too many tables to note them all, so a drill compares nothing';

/** The manifest as it can be read back, and its bytes: a backup whose manifest is too long would be there and be found by nobody. */
export function readableManifest(manifest: Manifest): {
  readonly manifest: Manifest;
  readonly bytes: Buffer;
} {
  const bytes = formatManifest(manifest);
  if (bytes.length <= maxManifestBytes) return { manifest, bytes };
  const artifacts = manifest.artifacts.map(({ contents, warnings, ...artifact }) => ({
    ...artifact,
    warnings: contents === undefined ? warnings : [...warnings, tooManyTables],
  }));
  const shorter = { ...manifest, artifacts };
  return { manifest: shorter, bytes: formatManifest(shorter) };
}
