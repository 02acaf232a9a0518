import { execFile } from 'node:child_process';
import type { SystemUser } from './system-user.js';

export interface RunProgramOptions {
  /** @defaultValue ourselves */
  readonly user?: SystemUser | undefined;
  /** @defaultValue '/' */
  readonly cwd?: string;
  /** Beside PATH, LANG and TZ. @defaultValue {} */
  readonly env?: Readonly<Record<string, string>>;
  /** @defaultValue 120000 */
  readonly timeoutMs?: number;
}

/** Runs a program to its end as `user` and resolves with what it printed; rejects with the end of its output. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: RunProgramOptions = {},
): Promise<string> {
  const { user, cwd = '/', env = {}, timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    execFile(
      file,
      args,
      {
        cwd,
        timeout: timeoutMs,
        maxBuffer: 16 * 1024 * 1024,
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC', ...env },
        ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new Error(`${file} failed: ${`${stdout}\n${stderr}`.trim().slice(-2_000)}`, {
              cause: error.code,
            }),
          );
      },
    );
  });
}
