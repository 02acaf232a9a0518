import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { StepError } from '../lib/terminal.mjs';
import { root } from '../lib/workspace.mjs';

/** @typedef {import('./applications.mjs').DemoProcess} DemoProcess */

/**
 * @typedef {{
 *   name: string,
 *   ended: Promise<{ code: number | null, signal: NodeJS.Signals | null }>,
 *   output: () => string,
 *   stop: () => Promise<void>,
 * }} RunningProcess
 */

/** Linux ends the child when its parent is killed without a chance to say goodbye. */
const setpriv = '/usr/bin/setpriv';

/** How long a process may drain before it is killed. */
const patienceMs = 30_000;

/**
 * @param {DemoProcess} process_
 * @param {{ level: string, env: Record<string, string | undefined> }} options `env` adds to the process's own
 * @returns {RunningProcess}
 */
export function runProcess({ name, script, env }, { level, env: more }) {
  const [command, before] = existsSync(setpriv)
    ? [setpriv, ['--pdeathsig', 'TERM', process.execPath]]
    : [process.execPath, []];
  const child = spawn(command, [...before, script], {
    cwd: root,
    // Only what it is given: a variable of the caller's shell must not change what the demonstration shows.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TZ: process.env.TZ,
      NODE_ENV: 'development',
      LOG_LEVEL: level,
      ...env,
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A terminal's Ctrl-C goes to the whole group; we stop the processes ourselves, one after the other.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    let begun = '';
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output = (output + text).slice(-20_000);
      if (level === 'error') return;
      // Whole lines, because those of the other processes come between.
      const end = text.lastIndexOf('\n') + 1;
      if (end > 0) process.stderr.write(begun + text.slice(0, end));
      begun = end > 0 ? text.slice(end) : begun + text;
    });
  }
  /** @type {RunningProcess['ended']} */
  const ended = new Promise((resolve) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
      resolve({ code: 1, signal: null });
    });
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    name,
    ended,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const hurry = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await ended;
      clearTimeout(hurry);
    },
  };
}

/**
 * Waits until it says that it is ready, or has ended.
 *
 * @param {RunningProcess} running
 * @param {string} url
 */
export async function untilReady(running, url) {
  let end;
  void running.ended.then((ended) => {
    end = ended;
  });
  for (let tries = 0; tries < 600; tries += 1) {
    if (end !== undefined) break;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new StepError(`${running.name} did not become ready\n${running.output()}`, {
    advice: 'its last lines above say why; npm start -- --verbose shows all of them',
  });
}

/** @param {DemoProcess} process_ */
export async function requireFreePort({ name, port, portVariable }) {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await listenCode(port, host);
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      throw new StepError(`port ${port} for the ${name} is ${code === 'EACCES' ? 'not allowed' : 'taken'}`, {
        advice: `stop what listens there, or choose another: ${portVariable}=${port + 10} npm start`,
      });
    }
  }
}

/** @param {number} port @param {string} host @returns {Promise<string | undefined>} */
function listenCode(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code));
    server.listen({ port, host }, () => server.close(() => resolve(undefined)));
  });
}
