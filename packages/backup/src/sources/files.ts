import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { errorCode, invalidOption, optionsOf } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { spawnTool } from '../tools/tool-process.js';
import type { BackupSource, Dump } from './backup-source.js';
import { isAbsentOrEmpty } from './restore-place.js';
import { findTar, unpackInto } from './tar-program.js';

export interface FilesSourceOptions {
  /** An absolute path. On a restore: a folder that is empty or not there. */
  readonly root: string;
  /** Names or shell patterns, at any depth: `['node_modules', '*.log']`. @defaultValue [] */
  readonly exclude?: readonly string[];
  /**
   * `refuse` makes no backup when a file changed while it was read; `accept` keeps whatever was read of it and says so in the
   * log. @defaultValue 'refuse'
   */
  readonly changing?: 'refuse' | 'accept';
}

const readOptions = optionsOf<FilesSourceOptions>('files', { root: true, exclude: true, changing: true });

/**
 * A folder as a tar archive with modes, times, owners, and symbolic and hard links as they are; other file systems mounted
 * within are left out. Needs GNU tar.
 *
 * @throws OptionsError
 *
 * @example
 * const source = files({ root: '/srv/app/uploads', exclude: ['*.tmp'] });
 */
export function files(options: FilesSourceOptions): BackupSource {
  const { root, exclude = [], changing = 'refuse' } = readOptions(options);
  if (typeof root !== 'string' || !isAbsolute(root)) throw invalidOption('files', 'root', 'an absolute path');
  if (!Array.isArray(exclude) || exclude.some((one) => typeof one !== 'string' || one === ''))
    throw invalidOption('files', 'exclude', 'a list of names or patterns');
  if (changing !== 'refuse' && changing !== 'accept')
    throw invalidOption('files', 'changing', '"refuse" or "accept"');
  const label = `files at ${root}`;
  return {
    engine: 'files',
    format: 'tar',
    label,
    database: root,
    async open(signal) {
      const tar = await findTar(label, signal);
      return {
        facts: {
          serverVersion: process.platform,
          system: createHash('sha256').update(`files ${hostname()} ${root}`).digest('hex').slice(0, 32),
          database: root,
          tool: tar.version,
          warnings:
            changing === 'accept' ? ['files that changed while they were read are as they were read'] : [],
        },
        async dump(): Promise<Dump> {
          await refuseMissing(root, label);
          const tool = spawnTool({
            name: 'tar',
            path: tar.path,
            args: [
              '--create',
              '--file=-',
              '--format=posix',
              '--sort=name',
              '--one-file-system',
              `--directory=${root}`,
              ...exclude.map((pattern) => `--exclude=${pattern}`),
              '.',
            ],
            stage: 'dump',
            subject: label,
          });
          tool.stdin.end();
          const exited = changing === 'refuse' ? tool.exited : tool.exited.catch(acceptChanges);
          return { name: tool.name, stdout: tool.stdout, exited, kill: () => tool.kill() };
        },
        load: () => unpackInto(root, tar, label),
        isEmpty: () => isAbsentOrEmpty(root),
        close: async () => undefined,
      };
    },
  };
}

async function refuseMissing(root: string, label: string): Promise<void> {
  try {
    if ((await stat(root)).isDirectory()) return;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  throw new BackupError(`${label}: there is no such folder.`, {
    code: 'BACKUP_CONNECT_FAILED',
    stage: 'prepare',
    tool: 'tar',
  });
}

/** GNU tar ends with 1 when a file changed or went while it was read, and with 2 when something is really wrong. */
function acceptChanges(error: unknown): void {
  if (!BackupError.is(error) || error.exitCode !== 1) throw error;
}
