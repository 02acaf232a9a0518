import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTimeOf } from '../plain/process-tree.mjs';
import { baseFolder } from './base-folder.js';
import { waitFor } from './wait-for.js';

/** Names the folder of the run to the processes that take part in it. */
export const runVariable = 'SEAWORTHY_TESTKIT_RUN';

/** One test run: the folder of everything it starts, and the reaper that outlives it. */
export interface Run {
  readonly folder: string;
  /** Ends every server of the run and removes its folder; resolves when both are done. */
  close(): Promise<void>;
}

/** The part of a run that belongs to one process and goes with it. */
export interface Session {
  readonly folder: string;
  /** For servers that all processes of the run use; it goes with the run. */
  readonly sharedFolder: string;
  /** Tells the run's locks from those of another run. */
  readonly runFolder: string;
  /** Whether the run ends with this process. */
  readonly ownsRun: boolean;
}

/** unix(7) */
const maxSocketPathBytes = 107;

/** Vitest may load this module twice in one process; there is still one session. */
const sessionKey = Symbol.for('seaworthy.testkit.session');
const holder = globalThis as { [sessionKey]?: Promise<Session> };

/** Creates the run's folder and its reaper. The caller's process owns the run: it ends when the process does. */
export async function openRun(): Promise<Run> {
  const runs = join(baseFolder(), 'runs');
  mkdirSync(runs, { recursive: true, mode: 0o711 });
  const folder = mkdtempSync(join(runs, 'r'));
  if (Buffer.byteLength(join(folder, 'reaper.sock')) > maxSocketPathBytes) {
    rmSync(folder, { recursive: true });
    throw new Error(
      `The path of the temporary folder is too long for a socket; set TMPDIR to a shorter one than ${runs}.`,
    );
  }
  for (const part of ['', 'sessions', 'shared']) mkdirSync(join(folder, part), { recursive: true });
  // mkdtemp makes 0700; the servers' users must pass through.
  for (const part of ['', 'sessions', 'shared']) chmodSync(join(folder, part), 0o711);

  const reaper = spawn(
    process.execPath,
    [fileURLToPath(new URL('../plain/reaper.mjs', import.meta.url)), folder],
    {
      detached: true,
      stdio: 'ignore',
      cwd: '/',
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    },
  );
  reaper.unref();
  const connection = await register(folder, { owner: true });
  return {
    folder,
    async close() {
      connection.destroy();
      await waitFor(() => !existsSync(folder), { timeoutMs: 30_000, what: 'the run folder to be removed' });
    },
  };
}

/** The session of this process: in the run that the environment names, else in a run of its own. */
export function currentSession(): Promise<Session> {
  holder[sessionKey] ??= openSession();
  return holder[sessionKey];
}

async function openSession(): Promise<Session> {
  const named = process.env[runVariable];
  const joined = named !== undefined && existsSync(join(named, 'reaper.sock')) ? named : undefined;
  const runFolder = joined ?? (await openRun()).folder;
  const name = `${process.pid}-${startTimeOf(process.pid) ?? 0}`;
  const folder = join(runFolder, 'sessions', name);
  mkdirSync(folder);
  chmodSync(folder, 0o711);
  await register(runFolder, { session: name });
  return { folder, sharedFolder: join(runFolder, 'shared'), runFolder, ownsRun: joined === undefined };
}

function register(runFolder: string, request: { owner: true } | { session: string }): Promise<Socket> {
  // Also while the reaper's socket file exists already and nobody listens on it yet.
  return waitFor(() => hold(join(runFolder, 'reaper.sock'), request), {
    timeoutMs: 30_000,
    what: 'the reaper to answer',
  });
}

/** Opens the connection whose end tells the reaper that this process is gone. It does not keep the process alive. */
function hold(path: string, request: { owner: true } | { session: string }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('data', () => {
      socket.off('error', reject);
      // The reaper's end is no failure of the test that holds the line.
      socket.on('error', () => {});
      socket.unref();
      resolve(socket);
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
