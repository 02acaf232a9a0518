import type { ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import { containerArgs } from './docker.js';
import type { ServerProgram } from './programs.js';
import type { Grip, ServerPlan } from './server-plan.js';
import { stopTimeoutMs, writeRecord } from './server-record.js';
import { spawnLogged } from './spawn-server.js';
import { waitFor } from './wait-for.js';

const run = promisify(execFile);

type ContainerProgram = Extract<ServerProgram, { readonly kind: 'container' }>;

/** Holds the container of a server. Docker signals its main process, and its end or pause is that of all the others. */
export class ContainerGrip implements Grip {
  readonly #plan: ServerPlan;
  readonly #program: ContainerProgram;
  #name = '';
  #client: ChildProcess | undefined;
  #frozen = false;
  #pid = 0;

  constructor(plan: ServerPlan, program: ContainerProgram) {
    this.#plan = plan;
    this.#program = program;
  }

  get pid(): number {
    return this.#pid;
  }

  async launch(logPath: string): Promise<ChildProcess> {
    const { name, place, args, cwd } = this.#plan;
    const { docker, image, program } = this.#program;
    this.#frozen = false;
    // A name of its own for every start: that of the last one is free only once Docker has removed it.
    this.#name = `seaworthy-${name}-${randomBytes(6).toString('hex')}`;
    const { folder } = place;
    writeRecord(place, { folder: realpathSync(folder), executables: [], docker, container: this.#name });
    const command = containerArgs({
      image,
      program,
      args,
      name: this.#name,
      folder,
      cwd,
      user: place.user,
      variables: [],
    });
    // Attached, so that the client ends with the container.
    this.#client = spawnLogged(docker, command, { plan: this.#plan, logPath, cwd: '/' });
    return this.#client;
  }

  async settle(): Promise<void> {
    const { stdout } = await this.#docker('inspect', '--format', '{{.State.Pid}}', this.#name);
    this.#pid = Number(stdout.trim());
  }

  isAlive(): boolean {
    const client = this.#client;
    return client?.pid !== undefined && client.exitCode === null && client.signalCode === null;
  }

  async kill(): Promise<void> {
    await this.ask('SIGKILL');
    // A paused container takes its signal once it goes on.
    if (this.#frozen) await this.#docker('unpause', this.#name).catch(() => undefined);
    this.#frozen = false;
    await this.#gone();
  }

  async freeze(): Promise<void> {
    if (this.#frozen) return;
    await this.#docker('pause', this.#name);
    this.#frozen = true;
  }

  async thaw(): Promise<void> {
    if (!this.#frozen) return;
    await this.#docker('unpause', this.#name);
    this.#frozen = false;
  }

  async ask(signal: NodeJS.Signals): Promise<void> {
    // It may have ended by itself.
    await this.#docker('kill', '--signal', signal, this.#name).catch(() => undefined);
  }

  async forget(): Promise<void> {
    await this.#docker('rm', '--force', this.#name).catch(() => undefined);
    await this.#gone();
  }

  async #gone(): Promise<void> {
    await waitFor(() => !this.isAlive(), {
      timeoutMs: stopTimeoutMs,
      what: `the container of ${this.#plan.name} to be gone`,
    });
  }

  #docker(...args: readonly string[]): Promise<{ stdout: string }> {
    return run(this.#program.docker, args, { timeout: stopTimeoutMs });
  }
}
