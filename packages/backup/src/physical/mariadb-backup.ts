import { optionsOf, type Secret } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupSource, Dump } from '../sources/backup-source.js';
import { parseDatabaseUrl } from '../sources/database-url.js';
import { mysql } from '../sources/mysql.js';
import { mysqlOptionFile } from '../sources/mysql-option-file.js';
import { privateFile } from '../tools/private-file.js';
import { spawnTool } from '../tools/tool-process.js';
import { completed, findMariadbBackup, mariadbBackupReport } from './mariadb-backup-program.js';

export interface MariadbBackupOptions {
  /** A server on this machine whose files this process may read, and a user with RELOAD, PROCESS, LOCK TABLES and BINLOG MONITOR. */
  readonly url: string | Secret;
  /** The folder of `mariadb-backup` and `mbstream`. @defaultValue PATH */
  readonly binDir?: string;
}

const readOptions = optionsOf<MariadbBackupOptions>('mariadbBackup', { url: true, binDir: true });

/**
 * All databases of a MariaDB server as its files, copied by `mariadb-backup` while it works: for those that are too large for SQL. The
 * backup shows the moment of its end. It is a stream like the others: compressed, encrypted and kept in every target.
 *
 * It is restored with `mariadbFolder()`.
 *
 * @throws OptionsError
 *
 * @example
 * const source = mariadbBackup({ url: 'mysql://backup:secret@localhost/mysql' });
 */
export function mariadbBackup(options: MariadbBackupOptions): BackupSource {
  const { url, binDir } = readOptions(options);
  const address = parseDatabaseUrl('mariadbBackup', url, { schemes: ['mysql', 'mariadb'], port: 3306 });
  const label = `the files of mysql at ${address.label}`;
  const server = mysql({ url, fingerprint: 'none' });
  return {
    engine: 'mariadb',
    format: 'mbstream',
    label,
    database: address.label,
    async open(signal) {
      const program = await findMariadbBackup('mariadb-backup', { label, binDir, signal });
      const asked = await server.open(signal);
      await asked.close();
      const settings = await privateFile('client.cnf', mysqlOptionFile(address));
      return {
        facts: { ...asked.facts, database: address.label, tool: program.version, warnings: [] },
        async dump(): Promise<Dump> {
          const tool = spawnTool({
            name: 'mariadb-backup',
            path: program.path,
            args: [`--defaults-file=${settings.path}`, '--backup', '--stream=mbstream'],
            stage: 'dump',
            subject: label,
            keep: 'end',
            report: mariadbBackupReport,
            secrets: [address.password],
          });
          tool.stdin.end();
          const exited = completed(tool, { label, stage: 'dump' });
          return { name: tool.name, stdout: tool.stdout, exited, kill: tool.kill };
        },
        load: async () => {
          throw new BackupError(
            `A running server takes no files. Restore into a mariadbFolder({ folder }).`,
            {
              code: 'RESTORE_REFUSED',
              stage: 'restore',
            },
          );
        },
        isEmpty: async () => false,
        close: () => settings.remove(),
      };
    },
  };
}
