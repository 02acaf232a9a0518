import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  membersOf,
  type ProcessRecord,
  removeSharedMemory,
  signalTree,
  startTimeOf,
} from '../plain/process-tree.mjs';
import { findProgram } from './engines.js';
import { launchServer, type ServerPlan } from './launch-server.js';
import type { Server } from './server.js';
import { ServerStartFailed } from './server-errors.js';
import { waitFor } from './wait-for.js';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;

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
    const child = launchServer(this.#plan, this.#logPath);
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
    await this.#twice(() => signalTree(this.#record, 'SIGKILL') === 0, 'be gone', 10);
  }

  async freeze(): Promise<void> {
    await this.#twice(
      () => {
        const members = membersOf(this.#record);
        if (members.length > 0 && members.every((member) => member.stopped)) return true;
        signalTree(this.#record, 'SIGSTOP');
        return false;
      },
      'freeze',
      5,
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

  /** Asks until the answer is yes twice: a process that is forked during one look at /proc shows in the next. */
  async #twice(isDone: () => boolean, what: string, everyMs: number): Promise<void> {
    let inARow = 0;
    await waitFor(
      () => {
        inARow = isDone() ? inARow + 1 : 0;
        return inARow === 2;
      },
      { timeoutMs: stopTimeoutMs, everyMs, what: `${this.name} to ${what}` },
    );
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
