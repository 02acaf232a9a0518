import { BackupError } from '../backup-error.js';
import { spawnLoader } from '../tools/spawn-loader.js';
import type { Load } from './backup-source.js';
import { type ClientProgram, findClientPrograms } from './client-programs.js';
import { stageFolder } from './stage-folder.js';

/** GNU tar, under the names that systems give it: others lack `--sort` and differ in what they keep. */
export async function findTar(label: string, signal: AbortSignal): Promise<ClientProgram> {
  for (const name of ['tar', 'gtar']) {
    for (const program of await findClientPrograms(name, { binDir: undefined, signal })) {
      if (program.version.includes('GNU tar'))
        return { ...program, version: program.version.slice(0, 40).split(' Copyright')[0] ?? '' };
    }
  }
  throw new BackupError(
    `${label} needs GNU tar, which is not installed here. Install tar, or gnu-tar on macOS.`,
    {
      code: 'BACKUP_TOOL_MISSING',
      stage: 'prepare',
      tool: 'tar',
    },
  );
}

/** Unpacks into a hidden folder beside `root`, which takes its place when all of it arrived: all or nothing. */
export async function unpackInto(root: string, tar: ClientProgram, label: string): Promise<Load> {
  const staged = await stageFolder({ folder: root, label, tool: 'tar' });
  const tool = spawnLoader({
    name: 'tar',
    path: tar.path,
    args: [
      '--extract',
      '--file=-',
      `--directory=${staged.path}`,
      '--preserve-permissions',
      '--delay-directory-restore',
    ],
    stage: 'restore',
    subject: label,
  });
  return {
    name: tool.name,
    stdin: tool.stdin,
    exited: tool.exited,
    begin: '',
    end: '',
    kill: () => tool.kill(),
    commit: staged.putInPlace,
    discard: staged.discard,
  };
}
