import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, openSync } from 'node:fs';
import { findProgram } from './engines.js';
import type { ServerPlan } from './server-plan.js';

/** Runs an installed program as the server's user, in a session of its own, with its output at the end of the log. */
export function spawnServer(plan: ServerPlan, executable: string, logPath: string): ChildProcess {
  const { place, args, cwd } = plan;
  const { file, before, asUser } = launcherOf(plan, executable);
  return spawnLogged(file, [...before, ...args], {
    logPath,
    plan,
    cwd,
    ...(asUser && place.user !== undefined ? { user: place.user } : {}),
  });
}

export interface SpawnLoggedOptions {
  readonly plan: ServerPlan;
  readonly logPath: string;
  readonly cwd: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Runs a command that outlives us if nobody ends it, with its output at the end of the log. */
export function spawnLogged(
  file: string,
  args: readonly string[],
  { plan, logPath, cwd, user }: SpawnLoggedOptions,
): ChildProcess {
  const { place } = plan;
  const log = openSync(logPath, 'a', 0o600);
  try {
    // nginx opens /dev/stdout anew, which asks for the file's permissions.
    if (place.user !== undefined) chownSync(logPath, place.user.uid, place.user.gid);
    const child = spawn(file, args, {
      cwd,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC' },
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    child.unref();
    child.on('error', () => {});
    return child;
  } finally {
    closeSync(log);
  }
}

interface Launcher {
  readonly file: string;
  /** Comes before the server's own arguments. */
  readonly before: readonly string[];
  /** Whether Node has to change the user. */
  readonly asUser: boolean;
}

/** setpriv makes the kernel kill the server with us, without waiting for the reaper. A shared server must outlive us. */
function launcherOf({ place }: ServerPlan, executable: string): Launcher {
  const setpriv = findProgram('setpriv');
  if (setpriv === undefined || place.shared) return { file: executable, before: [], asUser: true };
  const user =
    place.user === undefined
      ? []
      : [`--reuid=${place.user.uid}`, `--regid=${place.user.gid}`, '--clear-groups'];
  return { file: setpriv, before: ['--pdeathsig', 'KILL', ...user, '--', executable], asUser: false };
}
