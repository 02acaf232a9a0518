import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, openSync } from 'node:fs';
import { findProgram } from './engines.js';
import type { Place } from './place.js';

/** How one kind of server is run. */
export interface ServerPlan {
  readonly name: string;
  readonly place: Place;
  readonly url: string;
  readonly executable: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs, inside its folder: orphans are known by it. */
  readonly cwd: string;
  /** What asks it to end in order. */
  readonly stopSignal: NodeJS.Signals;
  /** One attempt to use it; throws while it is not ready. */
  readonly probe: () => Promise<void>;
  /** Never shown in a message. */
  readonly secrets: readonly string[];
}

/** Runs the server's program as its user, in a session of its own, with its output at the end of the log. */
export function launchServer(plan: ServerPlan, logPath: string): ChildProcess {
  const { place, args, cwd, env = {} } = plan;
  const log = openSync(logPath, 'a', 0o600);
  try {
    // nginx opens /dev/stdout anew, which asks for the file's permissions.
    if (place.user !== undefined) chownSync(logPath, place.user.uid, place.user.gid);
    const { file, before, asUser } = launcherOf(plan);
    const child = spawn(file, [...before, ...args], {
      cwd,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC', ...env },
      ...(asUser && place.user !== undefined ? { uid: place.user.uid, gid: place.user.gid } : {}),
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
function launcherOf({ place, executable }: ServerPlan): Launcher {
  const setpriv = findProgram('setpriv');
  if (setpriv === undefined || place.shared) return { file: executable, before: [], asUser: true };
  const user =
    place.user === undefined
      ? []
      : [`--reuid=${place.user.uid}`, `--regid=${place.user.gid}`, '--clear-groups'];
  return { file: setpriv, before: ['--pdeathsig', 'KILL', ...user, '--', executable], asUser: false };
}
