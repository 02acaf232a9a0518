import { chown, mkdir, readdir, readlink, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { invalidOption } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { isAbsentOrEmpty } from '../sources/restore-place.js';
import type { PgBackRestSettings } from './pgbackrest-options.js';
import { runPgBackRest } from './pgbackrest-program.js';

export interface RestoreClusterOptions {
  /** The data folder: an absolute path, empty or not there. */
  readonly to: string;
  /** The same once more, by hand. */
  readonly confirm: string;
  /** Recovery stops at the first commit after that moment. @defaultValue the end of the archive */
  readonly at?: Date;
  /** Which backup it begins with. @defaultValue the newest that is old enough */
  readonly id?: string;
  /** Where tablespaces go, an absolute path; those of the cluster that was backed up are in use. @defaultValue their own places */
  readonly tablespaces?: string;
  /**
   * Whether the restored cluster archives into the same stanza. While the other one runs, two would write there: `keep` only when it
   * takes the other's place. @defaultValue 'off'
   */
  readonly archive?: 'off' | 'keep';
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lays a cluster out that recovers to the moment when it is started. The file without which it does not start is written last, by
 * pgBackRest.
 */
export async function restoreCluster(
  settings: PgBackRestSettings,
  options: RestoreClusterOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { to, confirm, at, id, tablespaces, archive = 'off', signal } = options;
  const { runAs, timeoutMs } = settings;
  if (typeof to !== 'string' || !isAbsolute(to)) throw invalidOption('restore', 'to', 'an absolute path');
  if (confirm !== to) throw refused('confirm must name the data folder once more', 'Write it by hand.');
  if (archive !== 'off' && archive !== 'keep') throw invalidOption('restore', 'archive', '"off" or "keep"');
  if (tablespaces !== undefined && !isAbsolute(tablespaces))
    throw invalidOption('restore', 'tablespaces', 'an absolute path');
  if (at !== undefined && !(at.getTime() <= settings.clock.now()))
    throw invalidOption('restore', 'at', 'a moment that has passed');
  if (!(await isAbsentOrEmpty(to)))
    throw refused(`${to} is not empty`, 'Nothing is replaced: choose an empty folder.');
  const existed = await stat(to).then(
    () => true,
    () => false,
  );
  const before = await entriesOf(tablespaces);
  await mkdir(to, { recursive: true, mode: 0o700 });
  if (runAs !== undefined && !existed) await chown(to, runAs.uid, runAs.gid);
  try {
    await runPgBackRest(settings, {
      command: 'restore',
      args: [
        `--pg1-path=${to}`,
        ...(archive === 'off' ? ['--archive-mode=off'] : []),
        ...(id === undefined ? [] : [`--set=${id}`]),
        ...(at === undefined ? [] : ['--type=time', `--target=${timestamp(at)}`, '--target-action=promote']),
        ...(tablespaces === undefined ? [] : [`--tablespace-map-all=${tablespaces}`]),
      ],
      stage: 'restore',
      timeoutMs,
      signal,
    });
  } catch (error) {
    const made = (await tablespacesOf(to)).filter(
      (path) => tablespaces !== undefined && dirname(path) === resolve(tablespaces) && !before.includes(path),
    );
    for (const path of [to, ...made]) await rm(path, { recursive: true, force: true });
    if (existed) {
      await mkdir(to, { mode: 0o700 });
      if (runAs !== undefined) await chown(to, runAs.uid, runAs.gid);
    }
    throw error;
  }
}

async function entriesOf(folder: string | undefined): Promise<readonly string[]> {
  if (folder === undefined) return [];
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}

/** Where the tablespaces of a cluster lie. pgBackRest makes these links before it writes a file; what else is there is somebody else's. */
async function tablespacesOf(data: string): Promise<readonly string[]> {
  const links = await entriesOf(join(data, 'pg_tblspc'));
  return (await Promise.all(links.map((link) => readlink(link).then(resolve, () => [])))).flat();
}

function timestamp(at: Date): string {
  return at.toISOString().replace('T', ' ').replace('Z', '+00');
}

function refused(why: string, advice: string): BackupError {
  return new BackupError(`Restore refused: ${why}. ${advice}`, { code: 'RESTORE_REFUSED', stage: 'verify' });
}
