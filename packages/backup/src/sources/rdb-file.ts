import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { errorCode, invalidOption } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupSource, Load } from './backup-source.js';
import { isAbsentOrEmpty } from './restore-place.js';

/**
 * Where a Redis backup is restored: a file that is not there yet, such as the `dump.rdb` of a server that is stopped and has
 * no append-only file. It appears whole or not at all.
 *
 * @param path - Absolute.
 * @throws OptionsError
 *
 * @example
 * await backups.restore(id, { source: 'cache', to: rdbFile('/var/lib/redis/dump.rdb'), confirm: '/var/lib/redis/dump.rdb' });
 */
export function rdbFile(path: string): BackupSource {
  if (!isAbsolute(path)) throw invalidOption('rdbFile', 'path', 'an absolute path');
  const label = `the file ${path}`;
  return {
    engine: 'redis',
    format: 'rdb',
    label,
    database: path,
    async open() {
      return {
        facts: { serverVersion: 'none', system: `file ${path}`, database: path, tool: 'node', warnings: [] },
        dump: async () => {
          throw new BackupError(`${label} is for restores. Back up the server with redis().`, {
            code: 'BACKUP_CONNECT_FAILED',
            stage: 'prepare',
          });
        },
        load: async () => loadFile(path, label),
        isEmpty: () => isAbsentOrEmpty(path),
        close: async () => undefined,
      };
    },
  };
}

async function loadFile(path: string, label: string): Promise<Load> {
  const staged = join(dirname(path), `.partial-${randomBytes(6).toString('hex')}`);
  const stdin = createWriteStream(staged, { flags: 'wx', mode: 0o600, flush: true });
  const exited = finished(stdin).catch((error: unknown) => {
    throw failed(error, label);
  });
  exited.catch(() => undefined); // looked at later
  return {
    name: 'file',
    stdin,
    exited,
    begin: '',
    end: '',
    kill: () => void stdin.destroy(),
    async commit() {
      try {
        await link(staged, path); // never replaces what is there
        await rm(staged);
        const folder = await open(dirname(path), 'r');
        await folder.sync().finally(() => folder.close());
      } catch (error) {
        throw failed(error, label);
      }
    },
    discard: () => rm(staged, { force: true }).catch(() => undefined),
  };
}

function failed(error: unknown, label: string): BackupError {
  return new BackupError(`${label} could not be written (${errorCode(error) ?? 'no reason given'}).`, {
    code: 'RESTORE_FAILED',
    stage: 'restore',
  });
}
