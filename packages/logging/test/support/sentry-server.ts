import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface SentryServer {
  readonly url: string;
  readonly child: ChildProcess;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly output: { stdout: string; stderr: string };
  /** Sends an order to the process and resolves with its answer. */
  ask(order: string): Promise<Readonly<Record<string, unknown>>>;
}

/** Starts `fixtures/sentry-server.mjs` as a process of its own; it is killed when the test is over. */
export async function startSentryServer(task: {
  readonly dsn: string;
  readonly framework: 'express' | 'express4' | 'fastify';
  readonly environment: string;
  /** A file for its log. */
  readonly path?: string;
  readonly further?: object;
  /** @defaultValue that of the package, which a busy machine may not keep */
  readonly flushTimeout?: string;
}): Promise<SentryServer> {
  const path = fileURLToPath(new URL('../fixtures/sentry-server.mjs', import.meta.url));
  const child = fork(path, [JSON.stringify(task)], {
    execArgv: [],
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (part: string) => {
      output[name] += part;
    });
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const ended = exited.then(() => {
    throw new Error(`The server ended. ${output.stderr}`);
  });
  ended.catch(() => undefined);
  const [{ port }] = await Promise.race([once(child, 'message'), ended]);
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    exited,
    output,
    async ask(order) {
      const answer = once(child, 'message');
      child.send(order);
      return (await Promise.race([answer, ended]))[0];
    },
  };
}
