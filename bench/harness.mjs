import { fork, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { estimate, estimateMedian } from './statistics.mjs';

/**
 * What a process that measures is given: both sides, doing the same work `times` times, and what to end afterwards. What
 * they return is awaited: work that goes on after it would be charged to the other side. Work that costs another process says
 * so with `{ cpuUs }`.
 *
 * @typedef {{
 *   ours: (times: number) => unknown,
 *   theirs: (times: number) => unknown,
 *   close?: () => unknown,
 * }} Sides
 */

/**
 * One pair to compare. `prepare` runs in each measuring process, with the context that the bench gave.
 *
 * @typedef {{
 *   name: string,
 *   alternative: string,
 *   prepare: (context: any) => Sides | Promise<Sides>,
 *   roundUs?: number,
 *   warmUpUs?: number,
 * }} Pair
 */

/**
 * What a comparison came to: CPU time of ours over theirs with its 95 % interval, and what a unit of work cost each side.
 * `tooNoisy` is an interval so wide that it judges nothing.
 *
 * @typedef {{ name: string, alternative: string, tooNoisy: boolean } & import('./statistics.mjs').Estimate} Ratio
 */

const measurer = fileURLToPath(new URL('measure.mjs', import.meta.url));
const reporter = fileURLToPath(new URL('report-cpu.cjs', import.meta.url));

/** Processes of one batch, and the rounds that each measures. */
const processes = 6;
const rounds = 16;
/** Batches go on until the interval is this narrow, relative to the ratio. */
const preciseWidth = 0.15;
const maxBatches = 2;
/** Wider than this, an interval would let anything pass its budget. */
const uselessWidth = 0.5;

/**
 * Measures all pairs of a bench file, which exports them as `pairs`.
 *
 * @param {string} url the bench's `import.meta.url`
 * @param {readonly Pair[]} pairs
 * @param {unknown} [context] what `prepare` gets; plain data
 */
export async function* compareAll(url, pairs, context) {
  for (const pair of pairs) yield await compare(url, pair, context);
}

/**
 * Measures a pair in several processes one after the other, each in interleaved rounds, and compares CPU time, not wall
 * time: on a shared machine two identical programs differ by 0.7 to 1.6 in single rounds.
 *
 * @param {string} url
 * @param {Pair} pair
 * @param {unknown} [context]
 * @returns {Promise<Ratio>}
 */
export async function compare(url, { name, alternative, roundUs = 10_000, warmUpUs = 400_000 }, context) {
  /** @type {import('./statistics.mjs').Round[][]} */
  const measured = [];
  return precise(name, alternative, async () => {
    for (const oursFirst of balancedOrder(processes)) {
      measured.push(await measureInProcess({ url, name, context, rounds, roundUs, warmUpUs, oursFirst }));
    }
    return estimate(measured);
  });
}

/**
 * Compares whole processes, start to end, by the CPU time that each reports of itself.
 *
 * @param {{ name: string, alternative: string, ours: readonly string[], theirs: readonly string[], env?: NodeJS.ProcessEnv }} pair arguments to node, and all of its environment
 * @returns {Promise<Ratio>}
 */
export async function compareProcesses({ name, alternative, ours, theirs, env = {} }) {
  /** @type {import('./statistics.mjs').Round[]} */
  const measured = [];
  for (const args of [ours, theirs]) cpuOfProcess(args, env); // fills the page cache
  return precise(name, alternative, () => {
    for (const oursFirst of balancedOrder(50)) {
      const first = cpuOfProcess(oursFirst ? ours : theirs, env);
      const second = cpuOfProcess(oursFirst ? theirs : ours, env);
      measured.push(oursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first });
    }
    return estimateMedian(measured);
  });
}

/**
 * Who goes first in each round: both equally often, in an order that nothing periodic can fall in step with.
 *
 * @param {number} count
 */
export function balancedOrder(count) {
  return Array.from({ length: Math.ceil(count / 2) }, () =>
    Math.random() < 0.5 ? [true, false] : [false, true],
  ).flat();
}

/**
 * Measures batch after batch until the interval is narrow enough. Its width decides, never its place, so that stopping
 * favours nobody.
 *
 * @param {string} name
 * @param {string} alternative
 * @param {() => import('./statistics.mjs').Estimate | Promise<import('./statistics.mjs').Estimate>} batch
 * @returns {Promise<Ratio>}
 */
async function precise(name, alternative, batch) {
  for (let count = 1; ; count += 1) {
    const result = await batch();
    const width = (result.high - result.low) / result.ratio;
    if (width <= preciseWidth || count === maxBatches) {
      return { name, alternative, tooNoisy: width > uselessWidth, ...result };
    }
  }
}

/**
 * @param {{ url: string, name: string, context: unknown, rounds: number, roundUs: number, warmUpUs: number, oursFirst: boolean }} task
 * @returns {Promise<import('./statistics.mjs').Round[]>}
 */
function measureInProcess(task) {
  return new Promise((resolve, reject) => {
    const child = fork(measurer, {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const deadline = setTimeout(() => child.kill('SIGKILL'), 180_000);
    /** @type {import('./statistics.mjs').Round[] | undefined} */
    let measured;
    child.on('message', (message) => {
      measured = /** @type {import('./statistics.mjs').Round[]} */ (message);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(deadline);
      if (code === 0 && measured !== undefined) resolve(measured);
      else reject(new Error(`measuring "${task.name}" ended with ${signal ?? code}`));
    });
    child.send(task);
  });
}

/** @param {readonly string[]} args @param {NodeJS.ProcessEnv} env */
function cpuOfProcess(args, env) {
  const result = spawnSync(process.execPath, ['--require', reporter, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    timeout: 60_000,
  });
  const cpu = Number(String(result.output[3] ?? ''));
  if (result.status !== 0 || !(cpu > 0)) {
    throw new Error(`node ${args.join(' ')} ended with ${result.signal ?? result.status}`);
  }
  return cpu;
}
