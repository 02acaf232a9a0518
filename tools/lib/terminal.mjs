import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';

const colours = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
/** @param {number} code @returns {(text: string) => string} */
const paint = (code) => (text) => (colours ? `\u001B[${code}m${text}\u001B[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

/** A step that failed, with the command that failed and what its reader can do. */
export class StepError extends Error {
  /**
   * @param {string} message
   * @param {{ command?: string | undefined, advice?: string | undefined }} [details]
   */
  constructor(message, { command, advice } = {}) {
    super(message);
    this.name = 'StepError';
    this.command = command;
    this.advice = advice;
  }
}

/**
 * Says what it does while it does it, and how long it took.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedAt = performance.now();
  process.stderr.write(`${dim('›')} ${title}\n`);
  const beat = setInterval(() => {
    process.stderr.write(`${dim(`  still at it: ${title} (${seconds(startedAt)})`)}\n`);
  }, 20_000);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.stderr.write(`${dim(`  ${title}: ${seconds(startedAt)}`)}\n`);
  }
}

/** @param {number} startedAt */
export function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
}

/** Prints what failed and what to do, then gives the exit code. @param {unknown} error */
export function report(error) {
  if (error instanceof StepError) {
    process.stderr.write(`\n${red('Failed:')} ${error.message}\n`);
    if (error.command !== undefined) process.stderr.write(`  command  ${error.command}\n`);
    if (error.advice !== undefined) process.stderr.write(`  what to do  ${error.advice}\n`);
  } else {
    process.stderr.write(
      `\n${red('Failed:')} ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
    );
  }
  return 1;
}

/** As `nice` counts: from -20, the first, to 19. */
const lowPriority = 10;

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, behind?: boolean, advice?: string, accept?: readonly number[] }} [options]
 *   `quiet` keeps the output back unless the command fails; `behind` leaves the processors to whatever else runs; `accept`
 *   lists exit codes that are no failure.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { cwd, env, quiet = false, behind = false, advice, accept = [0] } = {}) {
  return new Promise((resolve, reject) => {
    const shown = [command === process.execPath ? 'node' : command, ...args].join(' ');
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    if (behind && child.pid !== undefined) setPriority(child.pid, lowPriority);
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString('utf8');
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) =>
      reject(new StepError(`cannot run ${command}: ${error.message}`, { command: shown, advice })),
    );
    child.on('close', (code, signal) => {
      if (code !== null && accept.includes(code)) {
        resolve({ code, output });
        return;
      }
      if (quiet) process.stderr.write(output);
      const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
      reject(new StepError(`the command ended with ${end}`, { command: shown, advice }));
    });
  });
}
