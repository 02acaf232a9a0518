import { createHash } from 'node:crypto';
import type { BackupSettings } from '../backup-options.js';
import type { RunOptions } from '../backups.js';
import {
  checksumLines,
  type Manifest,
  type ManifestArtifact,
  readableManifest,
} from '../manifest/manifest.js';
import { parseManifest } from '../manifest/parse-manifest.js';
import type { BackupSource } from '../sources/backup-source.js';
import { openTargetSet } from '../targets/target-set.js';
import { chooseCompression } from './compression.js';
import { dumpArtifact } from './dump-artifact.js';
import { progressReport } from './progress-report.js';

/** One backup from the first question to the manifest. Whatever fails, everything staged or committed is taken back. */
export async function runBackup(
  settings: BackupSettings,
  { signal, onProgress = () => undefined, tags = [] }: RunOptions & { readonly signal: AbortSignal },
): Promise<Manifest> {
  const { sources, layout, clock, logger, recipients } = settings;
  const startedAt = new Date(clock.now());
  const id = layout.newId(startedAt);
  const compression = chooseCompression(settings.compress);
  if (compression !== settings.compress) {
    logger.warn('zstd is not installed; this backup is compressed with gzip.', { backup: id });
  }
  const targets = openTargetSet({ ...settings, id, signal });
  try {
    await targets.refuse(layout.manifest(id));
    const artifacts: ManifestArtifact[] = [];
    for (const [name, source] of sources) {
      artifacts.push(await dumpSource(name, source));
    }
    await put(layout.checksums(id), Buffer.from(checksumLines(artifacts)));
    const { manifest, bytes } = readableManifest({
      format: 'seaworthy-backup',
      version: 2,
      id,
      startedAt: startedAt.toISOString(),
      completedAt: new Date(clock.now()).toISOString(),
      tags,
      recipients,
      artifacts,
    });
    if (manifest.artifacts !== artifacts)
      logger.warn('A backup has a limit: its tables are too many for its manifest.', { backup: id });
    parseManifest(bytes.toString(), id); // what cannot be read back would be a backup that nobody finds
    await put(layout.manifest(id), bytes);
    signal.throwIfAborted();
    // In the order of staging, so that the manifest is last: it is what makes a backup of the rest.
    await targets.commit();
    return manifest;
  } catch (error) {
    await targets.discard();
    throw error;
  }

  async function put(key: string, bytes: Uint8Array): Promise<void> {
    const object = await targets.stage(key);
    await object.write(bytes);
    object.close({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }

  async function dumpSource(name: string, source: BackupSource): Promise<ManifestArtifact> {
    const session = await source.open(signal);
    try {
      const { facts } = session;
      for (const warning of facts.warnings)
        logger.warn(`A backup has a limit: ${warning}.`, { backup: id, source: name });
      const { engine, format } = source;
      const encryption = recipients.length > 0 ? 'age' : 'none';
      const key = layout.artifact(id, { source: name, format, compression, encryption });
      const report = progressReport(onProgress, clock);
      const staged = await targets.stage(key);
      const result = await dumpArtifact({
        source,
        session,
        compression,
        recipients,
        staged,
        stallTimeoutMs: settings.stallTimeoutMs,
        clock,
        signal,
        onBytes: (rawBytes, bytes) => report.tell({ source: name, stage: 'dump', rawBytes, bytes }),
      });
      staged.close(result);
      report.tell({ source: name, stage: 'dump', rawBytes: result.rawBytes, bytes: result.bytes });
      report.finish();
      return { source: name, engine, ...facts, format, compression, encryption, key, ...result };
    } finally {
      await session.close();
    }
  }
}
