import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { TableContents } from '../manifest/manifest.js';
import type { BackupSource, Dump } from './backup-source.js';
import { checkFingerprint, type FingerprintLevel } from './fingerprint-level.js';
import { type PgliteTransactions, pgliteContents } from './pglite-contents.js';
import { isAbsentOrEmpty } from './restore-place.js';
import { findTar, unpackInto } from './tar-program.js';

/** The part of PGlite that is needed. */
export interface PgliteDatabase {
  dumpDataDir(compression: 'none'): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
  /** Without it nothing is counted, and a drill compares nothing. */
  transaction?: PgliteTransactions['transaction'];
}

/** One that was opened for a drill. */
export interface OpenedPglite extends PgliteDatabase {
  close(): Promise<void>;
}

export interface PgliteSourceOptions {
  /** The open database, for a backup. */
  readonly db?: PgliteDatabase;
  /** The absolute path of its folder: required for a restore, which wants it empty or not there. */
  readonly folder?: string;
  /**
   * What is noted about every table, before the dump and after it, for a drill to compare with: its number of rows, or also a hash of
   * them. @defaultValue 'rows'
   */
  readonly fingerprint?: FingerprintLevel | 'none';
}

const readOptions = optionsOf<PgliteSourceOptions>('pglite', { db: true, folder: true, fingerprint: true });

/**
 * An embedded PGlite database: its own dump of its data folder, a tar archive, held in memory once while it is written.
 * A restored folder is opened by `new PGlite(folder)` of the same major version.
 *
 * @throws OptionsError
 *
 * @example
 * const source = pglite({ db: new PGlite('/srv/app/data'), folder: '/srv/app/data' });
 */
export function pglite(options: PgliteSourceOptions): BackupSource {
  const { db, folder, fingerprint = 'rows' } = readOptions(options);
  checkFingerprint('pglite', fingerprint);
  if (db === undefined && folder === undefined)
    throw invalidOption('pglite', 'db', 'an open PGlite, or give a folder');
  if (folder !== undefined && !isAbsolute(folder))
    throw invalidOption('pglite', 'folder', 'an absolute path');
  const database = folder ?? 'in memory';
  const label = `pglite ${database}`;
  return {
    engine: 'pglite',
    format: 'tar',
    label,
    database,
    async open(signal) {
      const rows = (await db?.query('select version() as version'))?.rows ?? [];
      const serverVersion = String(Reflect.get(Object(rows[0]), 'version') ?? 'none').slice(0, 80);
      return {
        facts: {
          serverVersion,
          system: createHash('sha256').update(`pglite ${database}`).digest('hex').slice(0, 32),
          database,
          tool: 'PGlite',
          warnings: [],
        },
        async dump(): Promise<Dump> {
          if (db === undefined)
            throw unusable(`${label} has no db to dump. Give pglite() the open database.`);
          const count = async () =>
            fingerprint === 'none' || db.transaction === undefined
              ? undefined
              : pgliteContents({ transaction: db.transaction.bind(db) }, fingerprint);
          const tables = await count();
          let after: readonly TableContents[] | undefined;
          const stdout = Readable.from(archive(db));
          const exited = finished(stdout)
            .then(async () => {
              after = await count();
            })
            .catch((error: unknown) => {
              throw new BackupError(`PGlite could not dump ${label}.`, {
                code: 'BACKUP_TOOL_FAILED',
                stage: 'dump',
                tool: 'pglite',
                cause: error,
              });
            });
          exited.catch(() => undefined); // looked at later
          return {
            name: 'pglite',
            stdout,
            exited,
            kill: () => void stdout.destroy(),
            contents: () => tables && after && { precision: 'bracketed', tables, after },
          };
        },
        async load() {
          if (folder === undefined)
            throw unusable(`${label} cannot be restored into. Give pglite() a folder.`);
          return unpackInto(folder, await findTar(label, signal), label);
        },
        isEmpty: async () => folder !== undefined && (await isAbsentOrEmpty(folder)),
        close: async () => undefined,
      };
    },
  };
}

const stepBytes = 64 * 1024;

async function* archive(db: PgliteDatabase): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(await (await db.dumpDataDir('none')).arrayBuffer());
  for (let at = 0; at < bytes.length; at += stepBytes) yield bytes.subarray(at, at + stepBytes);
}

function unusable(message: string): BackupError {
  return new BackupError(message, { code: 'BACKUP_CONNECT_FAILED', stage: 'prepare', tool: 'pglite' });
}
