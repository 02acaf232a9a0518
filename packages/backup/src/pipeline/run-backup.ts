import { BackupError } from '../backup-error.js';
import type { BackupSettings } from '../backup-options.js';
import type { BackupSource } from '../sources/backup-source.js';
import type { StagedObject } from '../targets/backup-target.js';
import type { BackupProgress, RunOptions } from '../backups.js';
import { chooseCompression } from './compression.js';
import { dumpArtifact } from './dump-artifact.js';
import { formatManifest, type Manifest, type ManifestArtifact } from '../manifest/manifest.js';
import { throttled } from './throttled.js';

/** One backup from the first question to the manifest. Whatever fails, everything staged or committed is taken back. */
export async function runBackup(
  settings: BackupSettings,
  { signal, onProgress = () => undefined }: RunOptions & { readonly signal: AbortSignal },
): Promise<Manifest> {
  const { sources, layout, clock, logger } = settings;
  const startedAt = new Date(clock.now());
  const id = layout.newId(startedAt);
  await refuseTakenId(settings, id);
  const compression = chooseCompression(settings.compress);
  if (compression !== settings.compress) {
    logger.warn('zstd is not installed; this backup is compressed with gzip.', { backup: id });
  }
  const staged: StagedObject[] = [];
  try {
    const artifacts: ManifestArtifact[] = [];
    for (const [name, source] of sources) {
      artifacts.push(await dumpSource(name, source));
    }
    const sums = artifacts
      .map(({ sha256, key }) => `${sha256}  ${key.slice(key.lastIndexOf('/') + 1)}\n`)
      .join('');
    await stageBytes(layout.checksums(id), Buffer.from(sums));
    const manifest: Manifest = {
      format: 'seaworthy-backup',
      version: 1,
      id,
      startedAt: startedAt.toISOString(),
      completedAt: new Date(clock.now()).toISOString(),
      artifacts,
    };
    await stageBytes(layout.manifest(id), formatManifest(manifest));
    signal.throwIfAborted();
    // In the order of staging, so that the manifest is last: it is what makes a backup of the rest.
    for (const object of staged) await object.commit();
    return manifest;
  } catch (error) {
    for (const object of staged.reverse()) await object.discard(); // the manifest first
    throw error;
  }

  async function stageAll(key: string): Promise<StagedObject[]> {
    const objects: StagedObject[] = [];
    for (const target of settings.targets) {
      const object = await target.stage(key);
      staged.push(object);
      objects.push(object);
    }
    return objects;
  }

  async function stageBytes(key: string, bytes: Uint8Array): Promise<void> {
    for (const object of await stageAll(key)) await object.write(bytes);
  }

  async function dumpSource(name: string, source: BackupSource): Promise<ManifestArtifact> {
    const session = await source.open(signal);
    try {
      const { facts } = session;
      for (const warning of facts.warnings)
        logger.warn(`A backup has a limit: ${warning}.`, { backup: id, source: name });
      const key = layout.artifact(id, name, compression);
      const report = throttled<BackupProgress>(onProgress, clock);
      const result = await dumpArtifact({
        source,
        session,
        compression,
        staged: await stageAll(key),
        stallTimeoutMs: settings.stallTimeoutMs,
        clock,
        signal,
        onBytes: (rawBytes, bytes) => report.tell({ source: name, stage: 'dump', rawBytes, bytes }),
      });
      report.tell({ source: name, stage: 'dump', rawBytes: result.rawBytes, bytes: result.bytes });
      report.finish();
      return { source: name, engine: source.engine, ...facts, format: 'sql', compression, key, ...result };
    } finally {
      await session.close();
    }
  }
}

async function refuseTakenId({ targets, layout }: BackupSettings, id: string): Promise<void> {
  for (const target of targets) {
    if (!(await target.exists(layout.manifest(id)))) continue;
    throw new BackupError(`${target.name} has a backup ${id} already, and a backup is never overwritten.`, {
      code: 'BACKUP_EXISTS',
      stage: 'prepare',
    });
  }
}
