import { randomBytes } from 'node:crypto';
import type { CompressionName } from '../pipeline/compression.js';

/** How a backup's objects are called. */
export interface Layout {
  newId(now: Date): string;
  artifact(id: string, source: string, compression: CompressionName): string;
  /** Lines that `sha256sum -c` reads, beside the artifacts. */
  checksums(id: string): string;
  manifest(id: string): string;
}

const extension: Readonly<Record<CompressionName, string>> = { zstd: 'zst', gzip: 'gz' };

/** A folder per backup. The random end keeps two instances that start in one second apart. */
export const folderLayout: Layout = {
  newId: (now) => `${stamp(now).replace('_', 'T')}Z-${randomBytes(4).toString('hex')}`,
  artifact: (id, source, compression) => `${id}/${source}.sql.${extension[compression]}`,
  checksums: (id) => `${id}/SHA256SUMS`,
  manifest: (id) => `${id}/manifest.json`,
};

/** The names of the KPI guide: `kpi_backup_20260102_030405.sql.gz`, in UTC, all in one folder. */
export const kpiLayout: Layout = {
  newId: (now) => `kpi_backup_${stamp(now)}`,
  artifact: (id, _source, compression) => `${id}.sql.${extension[compression]}`,
  checksums: (id) => `${id}.sha256`,
  manifest: (id) => `${id}.manifest.json`,
};

const idPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** Whether it can be an id: it becomes a part of paths. */
export function isId(id: string): boolean {
  return idPattern.test(id);
}

/** The id of the backup whose manifest lies under that key, in whichever layout. */
export function idOfManifest(key: string): string | undefined {
  const id = /^(.+?)[./]manifest\.json$/.exec(key)?.[1];
  return id !== undefined && isId(id) ? id : undefined;
}

/** Where the manifest of a backup may be. */
export function manifestKeys(id: string): readonly string[] {
  return [folderLayout, kpiLayout].map((layout) => layout.manifest(id));
}

function stamp(now: Date): string {
  return now
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, '')
    .replace('T', '_');
}
