import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const reporter = fileURLToPath(new URL('report-cpu.cjs', import.meta.url));

/**
 * One pair to compare. `ours` and `theirs` do the same work `times` times; what they return is awaited.
 *
 * @typedef {{
 *   name: string,
 *   ours: (times: number) => unknown,
 *   theirs: (times: number) => unknown,
 *   alternative: string,
 *   rounds?: number,
 * }} Pair
 */

/**
 * What a comparison came to: CPU time of ours over theirs, with the 95 % interval of its median.
 *
 * @typedef {{ name: string, alternative: string, rounds: number, ratio: number, low: number, high: number, oursUs: number, theirsUs: number }} Ratio
 */

/** A round's length in CPU microseconds: short, so that both sides of a pair see the same weather. */
const roundUs = 10_000;

/**
 * Measures a pair in interleaved rounds in this process, each round in random order, and compares CPU time, not wall time:
 * on a shared machine two identical programs differ by 0.7 to 1.6 in single rounds.
 *
 * @param {Pair} pair
 * @returns {Promise<Ratio>}
 */
export async function compare({ name, ours, theirs, alternative, rounds = 120 }) {
  const oursTimes = await calibrate(ours);
  const theirsTimes = await calibrate(theirs);
  const measured = [];
  for (let round = 0; round < rounds; round += 1) {
    const oursFirst = Math.random() < 0.5;
    const first = oursFirst ? await costOf(ours, oursTimes) : await costOf(theirs, theirsTimes);
    const second = oursFirst ? await costOf(theirs, theirsTimes) : await costOf(ours, oursTimes);
    measured.push(oursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  return summarise(name, alternative, measured);
}

/**
 * Compares whole processes, start to end, by the CPU time that each reports of itself.
 *
 * @param {{ name: string, alternative: string, ours: readonly string[], theirs: readonly string[], rounds?: number }} pair arguments to node
 * @returns {Ratio}
 */
export function compareProcesses({ name, alternative, ours, theirs, rounds = 60 }) {
  const measured = [];
  for (let round = 0; round < rounds; round += 1) {
    const oursFirst = Math.random() < 0.5;
    const first = cpuOfProcess(oursFirst ? ours : theirs);
    const second = cpuOfProcess(oursFirst ? theirs : ours);
    measured.push(oursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  return summarise(name, alternative, measured);
}

/** How often the work fits into a round, after warming it up. @param {(times: number) => unknown} work */
async function calibrate(work) {
  let times = 1;
  for (;;) {
    const perCall = await costOf(work, times);
    if (perCall * times >= roundUs / 4) {
      await costOf(work, Math.max(1, Math.round((3 * roundUs) / perCall)));
      return Math.max(1, Math.round(roundUs / (await costOf(work, times))));
    }
    times *= 4;
  }
}

/** CPU microseconds of one of `times` calls. @param {(times: number) => unknown} work @param {number} times */
async function costOf(work, times) {
  const before = process.cpuUsage();
  await work(times);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

/** @param {readonly string[]} args */
function cpuOfProcess(args) {
  const result = spawnSync(process.execPath, ['--require', reporter, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const cpu = Number(String(result.output[3] ?? ''));
  if (result.status !== 0 || !(cpu > 0))
    throw new Error(`node ${args.join(' ')} ended with ${result.status}`);
  return cpu;
}

/** @param {string} name @param {string} alternative @param {ReadonlyArray<{ ours: number, theirs: number }>} measured */
function summarise(name, alternative, measured) {
  const ratios = measured.map(({ ours, theirs }) => ours / theirs);
  const resampled = Array.from({ length: 2_000 }, () => median(ratios.map(() => pick(ratios))));
  resampled.sort((a, b) => a - b);
  return {
    name,
    alternative,
    rounds: measured.length,
    ratio: median(ratios),
    low: resampled[Math.floor(resampled.length * 0.025)] ?? Number.NaN,
    high: resampled[Math.floor(resampled.length * 0.975)] ?? Number.NaN,
    oursUs: median(measured.map(({ ours }) => ours)),
    theirsUs: median(measured.map(({ theirs }) => theirs)),
  };
}

/** @param {readonly number[]} values */
function pick(values) {
  return values[Math.floor(Math.random() * values.length)] ?? Number.NaN;
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
