import type { ChildProcess } from 'node:child_process';
import { realpathSync } from 'node:fs';
import {
  membersOf,
  type ProcessRecord,
  removeSharedMemory,
  signalTree,
  startTimeOf,
} from '../plain/process-tree.mjs';
import { findProgram } from './engines.js';
import type { Grip, ServerPlan } from './server-plan.js';
import { stopTimeoutMs, writeRecord } from './server-record.js';
import { spawnServer } from './spawn-server.js';
import { waitFor } from './wait-for.js';

/** Holds the processes of an installed server. */
export class ProcessGrip implements Grip {
  readonly #plan: ServerPlan;
  readonly #executable: string;
  #record: ProcessRecord;
  #child: ChildProcess | undefined;

  constructor(plan: ServerPlan, executable: string) {
    this.#plan = plan;
    this.#executable = executable;
    this.#record = {
      folder: realpathSync(plan.place.folder),
      // Until it is replaced by the server, the process is the launcher.
      executables: [executable, findProgram('setpriv') ?? executable].map((path) => realpathSync(path)),
    };
  }

  get pid(): number {
    return this.#record.pid ?? 0;
  }

  async launch(logPath: string): Promise<ChildProcess> {
    // Before the process exists: were we killed right after the spawn, the reaper would still know what to look for.
    this.#write({ ...this.#record, pid: undefined, startTime: undefined });
    const child = spawnServer(this.#plan, this.#executable, logPath);
    this.#child = child;
    if (child.pid !== undefined) {
      this.#write({ ...this.#record, pid: child.pid, startTime: startTimeOf(child.pid) });
    }
    return child;
  }

  async settle(): Promise<void> {}

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
      { timeoutMs: stopTimeoutMs, everyMs: 5, what: `${this.#plan.name} to thaw` },
    );
  }

  async ask(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
  }

  async forget(): Promise<void> {
    removeSharedMemory(this.#record.folder);
  }

  /** Asks until the answer is yes twice: a process that is forked during one look at /proc shows in the next. */
  async #twice(isDone: () => boolean, what: string, everyMs: number): Promise<void> {
    let inARow = 0;
    await waitFor(
      () => {
        inARow = isDone() ? inARow + 1 : 0;
        return inARow === 2;
      },
      { timeoutMs: stopTimeoutMs, everyMs, what: `${this.#plan.name} to ${what}` },
    );
  }

  #write(record: ProcessRecord): void {
    this.#record = record;
    writeRecord(this.#plan.place, record);
  }
}
