import {
  type DurationInput,
  invalidOption,
  optionsOf,
  parseDuration,
  type Secret,
} from '@seaworthy/contracts';
import { privateFile } from '../tools/private-file.js';
import type { BackupSource } from './backup-source.js';
import { parseDatabaseUrl } from './database-url.js';
import { checkFingerprint, type FingerprintLevel } from './fingerprint-level.js';
import { passwordLine } from './postgres-connection.js';
import { openPostgresSession } from './postgres-session.js';

export interface PostgresSourceOptions {
  /** `postgres://user:password@host:5432/database`; `sslmode`, `sslrootcert`, `sslcert`, `sslkey` are honoured. */
  readonly url: string | Secret;
  /** The folder of `pg_dump` and `psql`. @defaultValue the installed version nearest to the server's, never an older one */
  readonly binDir?: string;
  /** How long the dump may wait for a lock that a schema change holds. @defaultValue '30s' */
  readonly lockWaitTimeout?: DurationInput;
  /**
   * Whether the dump says who owns what and who may do what. `leave-out` restores on a server that has other roles, and
   * everything then belongs to whoever restores it. @defaultValue 'keep'
   */
  readonly owners?: 'keep' | 'leave-out';
  /**
   * What is noted about every table in the snapshot that is dumped, for a drill to compare with: its number of rows, or also a
   * hash of them, which costs the server about a third of the dump. @defaultValue 'rows'
   */
  readonly fingerprint?: FingerprintLevel | 'none';
}

const readOptions = optionsOf<PostgresSourceOptions>('postgres', {
  url: true,
  binDir: true,
  lockWaitTimeout: true,
  owners: true,
  fingerprint: true,
});

/**
 * A PostgreSQL database, dumped by `pg_dump` as plain SQL from one snapshot, restored by `psql` in one transaction.
 *
 * Plain SQL, because on the worst day `gunzip` and `psql` are what is at hand. Roles and other databases of the server are
 * not in it.
 *
 * @throws OptionsError
 *
 * @example
 * const source = postgres({ url: 'postgres://backup:secret@db.internal/kpi' });
 */
export function postgres(options: PostgresSourceOptions): BackupSource {
  const {
    url,
    binDir,
    lockWaitTimeout = '30s',
    owners = 'keep',
    fingerprint = 'rows',
  } = readOptions(options);
  checkFingerprint('postgres', fingerprint);
  if (owners !== 'keep' && owners !== 'leave-out')
    throw invalidOption('postgres', 'owners', '"keep" or "leave-out"');
  const address = parseDatabaseUrl('postgres', url, { schemes: ['postgres', 'postgresql'], port: 5432 });
  const lockWaitMs = parseDuration(lockWaitTimeout);
  const label = `postgres at ${address.label}`;
  return {
    engine: 'postgres',
    format: 'sql',
    label,
    database: address.database,
    async open(signal) {
      const passwords = await privateFile('pgpass', passwordLine(address.password));
      try {
        return await openPostgresSession({
          address,
          label,
          binDir,
          lockWaitMs,
          owners,
          fingerprint,
          passwords,
          signal,
        });
      } catch (error) {
        await passwords.remove();
        throw error;
      }
    },
  };
}
