import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  membersOf,
  type ProcessRecord,
  removeSharedMemory,
  signalTree,
  startTimeOf,
} from '../plain/process-tree.mjs';
import { findProgram } from './engines.js';
import type { Place } from './place.js';
import type { Server } from './server.js';
import { ServerStartFailed } from './server-errors.js';
import { waitFor } from './wait-for.js';

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

const startTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** Starts the server and resolves when it answers. @throws ServerStartFailed with the end of its log. */
export async function startServer(plan: ServerPlan): Promise<Server> {
  const server = new ServerProcess(plan);
  await server.start();
  return server;
}

class ServerProcess implements Server {
  readonly name: string;
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  readonly #plan: ServerPlan;
  readonly #logPath: string;
  #record: ProcessRecord;
  #child: ChildProcess | undefined;

  constructor(plan: ServerPlan) {
    this.#plan = plan;
    this.name = plan.name;
    this.port = plan.place.port;
    this.url = plan.url;
    this.folder = plan.place.folder;
    this.#logPath = join(plan.place.folder, 'server.log');
    this.#record = {
      folder: realpathSync(plan.place.folder),
      // Until it is replaced by the server, the process is the launcher.
      executables: [plan.executable, findProgram('setpriv') ?? plan.executable].map((path) =>
        realpathSync(path),
      ),
    };
  }

  get pid(): number {
    return this.#record.pid ?? 0;
  }

  async start(): Promise<void> {
    // Before the process exists: were we killed right after the spawn, the reaper would still know what to look for.
    this.#writeRecord({ ...this.#record, pid: undefined, startTime: undefined });
    const child = this.#spawn();
    this.#child = child;
    // Aborted when it answers: that it ends later is what tests do to it.
    const starting = new AbortController();
    const { signal } = starting;
    const ended = once(child, 'exit', { signal }).then(
      ([code, by]) => Promise.reject(this.#startFailure(`ended at once (${by ?? `exit ${code}`})`)),
      // Also once it answers, when nobody listens any more.
      (error: unknown) =>
        Promise.reject(signal.aborted ? error : this.#startFailure(`could not be run (${error})`)),
    );
    if (child.pid !== undefined) {
      this.#writeRecord({ ...this.#record, pid: child.pid, startTime: startTimeOf(child.pid) });
    }
    try {
      await Promise.race([
        ended,
        waitFor(() => this.#plan.probe().then(() => true), {
          timeoutMs: startTimeoutMs,
          everyMs: 40,
          what: `${this.name} to answer on port ${this.port}`,
          signal,
        }),
      ]);
    } catch (error) {
      await this.kill();
      throw ServerStartFailed.is(error) ? error : this.#startFailure(String(error));
    } finally {
      starting.abort();
    }
  }

  isAlive(): boolean {
    return membersOf(this.#record).length > 0;
  }

  async kill(): Promise<void> {
    await waitFor(() => signalTree(this.#record, 'SIGKILL') === 0, {
      timeoutMs: stopTimeoutMs,
      everyMs: 10,
      what: `${this.name} to be gone`,
    });
  }

  async freeze(): Promise<void> {
    await waitFor(
      () => {
        const members = membersOf(this.#record);
        if (members.length > 0 && members.every((member) => member.stopped)) return true;
        // Again until none is left out: one that was forked during the first round has not got the signal.
        signalTree(this.#record, 'SIGSTOP');
        return false;
      },
      { timeoutMs: stopTimeoutMs, everyMs: 5, what: `${this.name} to freeze` },
    );
  }

  async thaw(): Promise<void> {
    await waitFor(
      () => {
        signalTree(this.#record, 'SIGCONT');
        return membersOf(this.#record).every((member) => !member.stopped);
      },
      { timeoutMs: stopTimeoutMs, everyMs: 5, what: `${this.name} to thaw` },
    );
  }

  async stop(): Promise<void> {
    if (!this.isAlive()) return;
    await this.thaw();
    this.#child?.kill(this.#plan.stopSignal);
    try {
      await waitFor(() => !this.isAlive(), { timeoutMs: stopTimeoutMs, what: `${this.name} to stop` });
    } catch {
      await this.kill();
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  logs(): string {
    return this.#withoutSecrets(readFileSync(this.#logPath, 'utf8'));
  }

  async close(): Promise<void> {
    await this.kill();
    removeSharedMemory(this.#record.folder);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    rmSync(this.#plan.place.recordPath, { force: true });
    await this.#plan.place.reservation.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #spawn(): ChildProcess {
    const { place, args, cwd, env = {} } = this.#plan;
    const log = openSync(this.#logPath, 'a', 0o600);
    try {
      // nginx opens /dev/stdout anew, which asks for the file's permissions.
      if (place.user !== undefined) chownSync(this.#logPath, place.user.uid, place.user.gid);
      const launch = this.#launcher();
      const child = spawn(launch.file, [...launch.args, ...args], {
        cwd,
        detached: true,
        stdio: ['ignore', log, log],
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC', ...env },
        ...(launch.asUser && place.user !== undefined ? { uid: place.user.uid, gid: place.user.gid } : {}),
      });
      child.unref();
      child.on('error', () => {});
      return child;
    } finally {
      closeSync(log);
    }
  }

  /**
   * setpriv makes the kernel kill the server with us, without waiting for the reaper. A shared server must outlive us.
   */
  #launcher(): { readonly file: string; readonly args: readonly string[]; readonly asUser: boolean } {
    const { place, executable } = this.#plan;
    const setpriv = findProgram('setpriv');
    if (setpriv === undefined || place.shared) return { file: executable, args: [], asUser: true };
    const user =
      place.user === undefined
        ? []
        : [`--reuid=${place.user.uid}`, `--regid=${place.user.gid}`, '--clear-groups'];
    return { file: setpriv, args: ['--pdeathsig', 'KILL', ...user, '--', executable], asUser: false };
  }

  #writeRecord(record: ProcessRecord): void {
    this.#record = record;
    const { recordPath } = this.#plan.place;
    writeFileSync(`${recordPath}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${recordPath}.new`, recordPath);
  }

  #startFailure(what: string): ServerStartFailed {
    const tail = this.logs().split('\n').slice(-25).join('\n');
    return new ServerStartFailed(
      `${this.name} ${this.#withoutSecrets(what)}. Command: ${this.#plan.executable}. The end of its log:\n${tail}`,
      { code: 'SERVER_START_FAILED' },
    );
  }

  #withoutSecrets(text: string): string {
    return this.#plan.secrets.reduce((shown, secret) => shown.replaceAll(secret, '[password]'), text);
  }
}
