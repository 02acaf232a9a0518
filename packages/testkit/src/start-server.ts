import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerGrip } from './container-grip.js';
import { ProcessGrip } from './process-grip.js';
import type { Server } from './server.js';
import { ServerStartFailed } from './server-errors.js';
import type { Grip, ServerPlan } from './server-plan.js';
import { stopTimeoutMs } from './server-record.js';
import { waitFor } from './wait-for.js';

const startTimeoutMs = 60_000;

/** Starts the server and resolves when it answers. @throws ServerStartFailed with the end of its log. */
export async function startServer(plan: ServerPlan): Promise<Server> {
  const { program } = plan;
  const grip =
    program.kind === 'installed' ? new ProcessGrip(plan, program.path) : new ContainerGrip(plan, program);
  const server = new PrivateServer(plan, grip);
  await server.start();
  return server;
}

class PrivateServer implements Server {
  readonly name: string;
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  readonly #plan: ServerPlan;
  readonly #grip: Grip;
  readonly #logPath: string;

  constructor(plan: ServerPlan, grip: Grip) {
    this.#plan = plan;
    this.#grip = grip;
    this.name = plan.name;
    this.port = plan.place.port;
    this.url = plan.url;
    this.folder = plan.place.folder;
    this.#logPath = join(plan.place.folder, 'server.log');
  }

  get pid(): number {
    return this.#grip.pid;
  }

  async start(): Promise<void> {
    const child = await this.#grip.launch(this.#logPath);
    // Aborted when it answers: that it ends later is what tests do to it.
    const starting = new AbortController();
    const { signal } = starting;
    const ended = once(child, 'exit', { signal }).then(
      ([code, by]) => Promise.reject(this.#startFailure(`ended at once (${by ?? `exit ${code}`})`)),
      // Also once it answers, when nobody listens any more.
      (error: unknown) =>
        Promise.reject(signal.aborted ? error : this.#startFailure(`could not be run (${error})`)),
    );
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
      await this.#grip.settle();
    } catch (error) {
      await this.kill();
      throw ServerStartFailed.is(error) ? error : this.#startFailure(String(error));
    } finally {
      starting.abort();
    }
  }

  isAlive(): boolean {
    return this.#grip.isAlive();
  }

  kill(): Promise<void> {
    return this.#grip.kill();
  }

  freeze(): Promise<void> {
    return this.#grip.freeze();
  }

  thaw(): Promise<void> {
    return this.#grip.thaw();
  }

  async stop(): Promise<void> {
    if (!this.isAlive()) return;
    await this.thaw();
    await this.#grip.ask(this.#plan.stopSignal);
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
    await this.#grip.forget();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    rmSync(this.#plan.place.recordPath, { force: true });
    await this.#plan.place.reservation.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #startFailure(what: string): ServerStartFailed {
    const { program } = this.#plan;
    const command = program.kind === 'installed' ? program.path : `${program.program} in ${program.image}`;
    const tail = this.logs().split('\n').slice(-25).join('\n');
    return new ServerStartFailed(
      `${this.name} ${this.#withoutSecrets(what)}. Command: ${command}. The end of its log:\n${tail}`,
      { code: 'SERVER_START_FAILED' },
    );
  }

  #withoutSecrets(text: string): string {
    return this.#plan.secrets.reduce((shown, secret) => shown.replaceAll(secret, '[password]'), text);
  }
}
