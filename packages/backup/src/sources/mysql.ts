import { optionsOf, type Secret } from '@seaworthy/contracts';
import { privateFile } from '../tools/private-file.js';
import type { BackupSource } from './backup-source.js';
import { parseDatabaseUrl } from './database-url.js';
import { checkFingerprint, type FingerprintLevel } from './fingerprint-level.js';
import { mysqlOptionFile } from './mysql-option-file.js';
import { openMysqlSession } from './mysql-session.js';

export interface MysqlSourceOptions {
  /** `mysql://user:password@host:3306/database`; `mariadb://` is the same. `socket` and `ssl-ca` are honoured. */
  readonly url: string | Secret;
  /** The folder of the client programs. @defaultValue PATH */
  readonly binDir?: string;
  /**
   * What is noted about every table, before the dump and after it, for a drill to compare with: its number of rows, or also a hash
   * of them. @defaultValue 'rows'
   */
  readonly fingerprint?: FingerprintLevel | 'none';
}

const readOptions = optionsOf<MysqlSourceOptions>('mysql', { url: true, binDir: true, fingerprint: true });

/**
 * A MySQL or MariaDB database, dumped as plain SQL in one consistent transaction with routines, triggers and events.
 *
 * Restoring is not one transaction, because every `create table` commits: a failed restore leaves a part behind, and says so.
 *
 * @throws OptionsError
 *
 * @example
 * const source = mysql({ url: 'mysql://backup:secret@db.internal/crm' });
 */
export function mysql(options: MysqlSourceOptions): BackupSource {
  const { url, binDir, fingerprint = 'rows' } = readOptions(options);
  checkFingerprint('mysql', fingerprint);
  const address = parseDatabaseUrl('mysql', url, { schemes: ['mysql', 'mariadb'], port: 3306 });
  const label = `mysql at ${address.label}`;
  return {
    engine: 'mysql',
    format: 'sql',
    label,
    database: address.database,
    async open(signal) {
      const settings = await privateFile('client.cnf', mysqlOptionFile(address));
      try {
        return await openMysqlSession({ address, label, binDir, fingerprint, settings, signal });
      } catch (error) {
        await settings.remove();
        throw error;
      }
    },
  };
}
