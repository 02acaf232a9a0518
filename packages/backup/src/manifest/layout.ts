import { randomBytes } from 'node:crypto';
import type { CompressionName } from '../pipeline/compression.js';
import type { DumpFormat } from './engine.js';

/** What an artifact's name is made of. */
export interface ArtifactName {
  readonly source: string;
  readonly format: DumpFormat;
  readonly compression: CompressionName;
  readonly encryption: 'none' | 'age';
}

/** How a backup's objects are called. Every key of a backup begins with `<id>/` or `<id>.`. */
export interface Layout {
  newId(now: Date): string;
  artifact(id: string, name: ArtifactName): string;
  /** Lines that `sha256sum -c` reads, beside the artifacts. */
  checksums(id: string): string;
  manifest(id: string): string;
  /** What is learnt later, one object each time: the reports of drills, rotated headers. `name` is made of letters, digits, `_`, `.` and `-`. */
  note(id: string, name: string): string;
}

const extension: Readonly<Record<CompressionName, string>> = { zstd: 'zst', gzip: 'gz' };

const endings = ({ format, compression, encryption }: ArtifactName): string =>
  `${format}.${extension[compression]}${encryption === 'age' ? '.age' : ''}`;

/** A folder per backup. The random end keeps two instances that start in one second apart. */
export const folderLayout: Layout = {
  newId: (now) => `${stamp(now).replace('_', 'T')}Z-${randomBytes(4).toString('hex')}`,
  artifact: (id, name) => `${id}/${name.source}.${endings(name)}`,
  checksums: (id) => `${id}/SHA256SUMS`,
  manifest: (id) => `${id}/manifest.json`,
  note: (id, name) => `${id}/note-${name}`,
};

/** The names of the KPI guide: `kpi_backup_20260102_030405.sql.gz`, in UTC, all in one folder. */
export const kpiLayout: Layout = {
  newId: (now) => `kpi_backup_${stamp(now)}`,
  artifact: (id, name) => `${id}.${endings(name)}`,
  checksums: (id) => `${id}.sha256`,
  manifest: (id) => `${id}.manifest.json`,
  note: (id, name) => `${id}.note-${name}`,
};

const idPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** Whether it can be an id: it becomes a part of paths. */
export function isId(id: string): boolean {
  return idPattern.test(id);
}

/** The id of the backup whose manifest lies under that key, in whichever layout; other applications have manifests of their own. */
export function idOfManifest(key: string): string | undefined {
  const id = idOfKey(key);
  return id !== undefined && layoutOf(id).manifest(id) === key ? id : undefined;
}

/** The id that a layout made that key of; what others keep in the same place has none. */
export function idOfKey(key: string): string | undefined {
  return /^(?:(\d{8}T\d{6}Z-[0-9a-f]{8})\/|(kpi_backup_\d{8}_\d{6})\.)/.exec(key)?.slice(1).find(Boolean);
}

/**
 * Whether nobody else makes such ids. The preset's are those of the script that it takes the place of, which knows no manifest.
 */
export function isOurOwnId(id: string): boolean {
  return !id.startsWith('kpi_backup_');
}

/** How long nothing may have come of a run before it counts as dead: none reads or writes that long without a sign. */
export const abandonedMs = 12 * 3_600_000;

/** The layout that a backup of that id was written in. */
export function layoutOf(id: string): Layout {
  return id.startsWith('kpi_backup_') ? kpiLayout : folderLayout;
}

function stamp(now: Date): string {
  return now
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, '')
    .replace('T', '_');
}
