import { randomBytes } from 'node:crypto';
import type { Secret } from '@seaworthy/contracts';
import type { EngineName } from '../manifest/engine.js';
import type { BackupSource } from '../sources/backup-source.js';

/** A place that a drill made for itself. */
export interface ScratchPlace {
  /** Where the restore goes. */
  readonly source: BackupSource;
  /** For the application's own driver, in its invariants; absent where there is no server. */
  readonly url?: Secret;
  /** For the invariants of a place that is a folder. */
  readonly folder?: string;
}

/** Where drills restore to: `scratchPostgres()`, `scratchMysql()`. It creates, names and drops its places itself. */
export interface Scratch {
  readonly engine: EngineName;
  /** Creates an empty place of that name. */
  create(name: string, signal: AbortSignal): Promise<ScratchPlace>;
  /** The names of all places that are there now. */
  names(signal: AbortSignal): Promise<readonly string[]>;
  /** Removes a place and everything in it, whoever is connected; resolves when there is none. */
  drop(name: string, signal: AbortSignal): Promise<void>;
}

const pattern = /^seaworthy_drill_(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)z_[0-9a-f]{8}$/;

/** A name that tells what made it and when. */
export function scratchName(now: number): string {
  const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  return `seaworthy_drill_${stamp}z_${randomBytes(4).toString('hex')}`;
}

/** When the place of that name was made, in milliseconds since the epoch; `undefined` when no drill made it. */
export function madeAtOf(name: string): number | undefined {
  const [, year, month, day, hour, minute, second] = pattern.exec(name) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}
