import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { errorCode, invalidOption, optionsOf } from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';
import { endOnFailure } from '../tools/end-on-failure.js';
import { spawnTool, type ToolProcess } from '../tools/tool-process.js';
import type { BackupSource, Dump } from './backup-source.js';
import { checkFingerprint, type FingerprintLevel } from './fingerprint-level.js';
import { isAbsentOrEmpty } from './restore-place.js';
import { seenBy } from './seen-by.js';
import { TarContents } from './tar-contents.js';
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
  /**
   * What is noted about the archive as it goes by, for a drill to compare with, for each folder at its top: its number of entries, or
   * also an MD5 of paths, modes, times and contents. @defaultValue 'hash'
   */
  readonly fingerprint?: FingerprintLevel | 'none';
}

const readOptions = optionsOf<FilesSourceOptions>('files', {
  root: true,
  exclude: true,
  changing: true,
  fingerprint: true,
});

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
  const { root, exclude = [], changing = 'refuse', fingerprint = 'hash' } = readOptions(options);
  checkFingerprint('files', fingerprint);
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
      const pack = (left: readonly string[], stage: BackupStage): ToolProcess => {
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
            ...left.map((pattern) => `--exclude=${pattern}`),
            '.',
          ],
          stage,
          subject: label,
        });
        tool.stdin.end();
        return tool;
      };
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
          const tool = pack(exclude, 'dump');
          const exited = changing === 'refuse' ? tool.exited : tool.exited.catch(acceptChanges);
          exited.catch(() => undefined); // looked at later
          if (fingerprint === 'none')
            return { name: tool.name, stdout: tool.stdout, exited, kill: () => tool.kill() };
          const watched = new TarContents(fingerprint);
          return {
            name: tool.name,
            stdout: seenBy(watched, tool.stdout),
            exited,
            kill: () => tool.kill(),
            contents: () => ({ precision: 'snapshot', tables: watched.tables() }),
          };
        },
        async contents(level, contentsSignal) {
          const tool = pack([], 'verify');
          const watched = new TarContents(level);
          await endOnFailure(tool, contentsSignal, async () => {
            for await (const chunk of tool.stdout) watched.push(chunk);
            await tool.exited;
          });
          return { precision: 'snapshot', tables: watched.tables() };
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
