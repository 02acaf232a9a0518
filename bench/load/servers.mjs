import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** @typedef {typeof import('../programs/http-servers.mjs')} Programs */

/** @typedef {{ ours: keyof Programs, theirs: keyof Programs, context?: unknown }} Compared */

/**
 * Each server in a process of its own, because what one of them switches on would cost the other as well (async hooks for a
 * request's context, for one), and a client in a third. What counts is the CPU time of the servers' processes.
 *
 * @param {Compared & import('./client.mjs').Requests} options `context` is what the programs get; plain data
 * @returns {Promise<import('../harness.mjs').Sides>}
 */
export async function servers({ ours, theirs, context, ...requests }) {
  const client = start('client.mjs');
  /** @param {keyof Programs} name @returns {Promise<(times: number) => Promise<{ cpuUs: number }>>} */
  const asking = async (name) => {
    const server = start('server.mjs');
    const port = await ask(server, { name, context });
    return async (times) => {
      const before = await ask(server, 'cpu');
      await ask(client, { ...requests, port, times });
      return { cpuUs: (await ask(server, 'cpu')) - before };
    };
  };
  return { ours: await asking(ours), theirs: await asking(theirs) };
}

/** A process that ends itself when this one is gone, and this one with it when it fails. @param {string} file */
function start(file) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('exit', () => process.exit(1));
  return child;
}

/** @param {import('node:child_process').ChildProcess} child @param {string | object} message @returns {Promise<number>} */
async function ask(child, message) {
  const answer = once(child, 'message');
  child.send(message);
  return (await answer)[0];
}
