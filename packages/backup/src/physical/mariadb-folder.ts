import { isAbsolute } from 'node:path';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupSource, Load } from '../sources/backup-source.js';
import { isAbsentOrEmpty } from '../sources/restore-place.js';
import { stageFolder } from '../sources/stage-folder.js';
import { endOnFailure } from '../tools/end-on-failure.js';
import { spawnLoader } from '../tools/spawn-loader.js';
import type { ToolUser } from '../tools/tool-process.js';
import { completed, findMariadbBackup, mariadbBackupReport } from './mariadb-backup-program.js';

export interface MariadbFolderOptions {
  /** The absolute path of a data folder that is empty or not there. */
  readonly folder: string;
  /** The folder of `mariadb-backup` and `mbstream`, of the version of the server that was backed up. @defaultValue PATH */
  readonly binDir?: string;
  /** Who will own the files, where this process is root. @defaultValue this process's own user */
  readonly runAs?: ToolUser;
}

const readOptions = optionsOf<MariadbFolderOptions>('mariadbFolder', {
  folder: true,
  binDir: true,
  runAs: true,
});

/**
 * Where a backup of `mariadbBackup()` is restored: a data folder, unpacked and prepared beside its place, which it takes when all of it
 * is well. Start a server of the same version with it.
 *
 * @throws OptionsError
 *
 * @example
 * await backups.restore(id, { source: 'files', to: mariadbFolder({ folder: '/srv/mysql' }), confirm: '/srv/mysql' });
 */
export function mariadbFolder(options: MariadbFolderOptions): BackupSource {
  const { folder, binDir, runAs } = readOptions(options);
  if (typeof folder !== 'string' || !isAbsolute(folder))
    throw invalidOption('mariadbFolder', 'folder', 'an absolute path');
  const label = `the folder ${folder}`;
  return {
    engine: 'mariadb',
    format: 'mbstream',
    label,
    database: folder,
    open: async () => ({
      facts: {
        serverVersion: 'none',
        system: `folder ${folder}`,
        database: folder,
        tool: 'mariadb-backup',
        warnings: [],
      },
      dump: async () => {
        throw new BackupError(`${label} is for restores. Back up the server with mariadbBackup().`, {
          code: 'BACKUP_CONNECT_FAILED',
          stage: 'prepare',
        });
      },
      load: (signal) => unpackAndPrepare({ folder, binDir, runAs, label, signal }),
      isEmpty: () => isAbsentOrEmpty(folder),
      close: async () => undefined,
    }),
  };
}

interface PrepareOptions {
  readonly folder: string;
  readonly binDir: string | undefined;
  readonly runAs: ToolUser | undefined;
  readonly label: string;
  readonly signal: AbortSignal;
}

async function unpackAndPrepare({ folder, binDir, runAs, label, signal }: PrepareOptions): Promise<Load> {
  const [stream, preparer] = [
    await findMariadbBackup('mbstream', { label, binDir, signal }),
    await findMariadbBackup('mariadb-backup', { label, binDir, signal }),
  ];
  const staged = await stageFolder({ folder, label, tool: 'mariadb-backup', runAs });
  const tool = spawnLoader({
    name: 'mbstream',
    path: stream.path,
    args: ['--extract', `--directory=${staged.path}`],
    stage: 'restore',
    subject: label,
    runAs,
  });
  return {
    name: tool.name,
    stdin: tool.stdin,
    exited: tool.exited,
    begin: '',
    end: '',
    kill: tool.kill,
    async commit() {
      const prepare = spawnLoader({
        name: 'mariadb-backup',
        path: preparer.path,
        args: ['--no-defaults', '--prepare', `--target-dir=${staged.path}`],
        stage: 'restore',
        subject: label,
        keep: 'end',
        report: mariadbBackupReport,
        runAs,
      });
      await endOnFailure(prepare, signal, () => completed(prepare, { label, stage: 'restore' }));
      await staged.putInPlace();
    },
    discard: staged.discard,
  };
}
