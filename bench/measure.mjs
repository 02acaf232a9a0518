// Measures one pair in this process and sends the rounds to the parent.
import { once } from 'node:events';
import { balancedOrder } from './harness.mjs';
import { median } from './statistics.mjs';

/** @typedef {(times: number) => unknown} Work */

/** Costs are looked at in windows of this many slices. */
const window = 8;
/** Warmed up is what is at most 3 % cheaper than it was a window ago, and what does not get there in this time. */
const settled = 0.97;
const longestWarmUpUs = 1_500_000;

const [task] = await once(process, 'message');
const { pairs } = await import(task.url);
/** @type {import('./harness.mjs').Pair | undefined} */
const pair = pairs.find((/** @type {import('./harness.mjs').Pair} */ { name }) => name === task.name);
if (pair === undefined) throw new Error(`${task.url} has no pair "${task.name}"`);

const sides = await pair.prepare(task.context);
// The side that is compiled first is up to 2 % slower or faster for ever, so every other process begins with the other one.
const calibrated = await warmUp(
  task.oursFirst ? [sides.ours, sides.theirs] : [sides.theirs, sides.ours],
  task,
);
const [oursTimes = 1, theirsTimes = 1] = task.oursFirst ? calibrated : calibrated.toReversed();
const measured = [];
for (const oursFirst of balancedOrder(task.rounds)) {
  const first = await (oursFirst ? costOf(sides.ours, oursTimes) : costOf(sides.theirs, theirsTimes));
  const second = await (oursFirst ? costOf(sides.theirs, theirsTimes) : costOf(sides.ours, oursTimes));
  measured.push(oursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first });
}
await sides.close?.();
process.send?.(measured, () => process.exit(0));

/**
 * Runs all works by turns, so that what they share is compiled for all of them, until none gets cheaper any more, and says
 * how often each fits into a round. A server needs some ten thousand requests until the optimising compiler is done.
 *
 * @param {readonly Work[]} works
 * @param {{ roundUs: number, warmUpUs: number }} lengths
 */
async function warmUp(works, { roundUs, warmUpUs }) {
  const states = works.map((work) => ({ work, times: 1, usedUs: 0, costs: /** @type {number[]} */ ([]) }));
  while (
    !states.every(({ usedUs, costs }) => usedUs >= warmUpUs && (isSettled(costs) || usedUs > longestWarmUpUs))
  ) {
    for (const state of states) {
      const cost = await costOf(state.work, state.times);
      state.usedUs += cost * state.times;
      if (cost * state.times >= roundUs / 3) state.costs.push(cost);
      // At most fourfold at once: the first calls are far slower than what follows.
      else state.times = Math.ceil(Math.min(state.times * 4, roundUs / Math.max(cost, 0.001)));
    }
  }
  return states.map(({ costs }) => Math.max(1, Math.round(roundUs / median(costs.slice(-window)))));
}

/** @param {readonly number[]} costs */
function isSettled(costs) {
  const last = median(costs.slice(-window));
  return costs.length >= 2 * window && last >= settled * median(costs.slice(-2 * window, -window));
}

/**
 * CPU microseconds of one of `times` calls, of this process unless the work says what it cost elsewhere. The young generation is emptied before, so that nobody pays for what the other
 * side left there.
 *
 * @param {Work} work
 * @param {number} times
 */
async function costOf(work, times) {
  globalThis.gc?.({ type: 'minor' });
  const before = process.cpuUsage();
  const result = await work(times);
  const { user, system } = process.cpuUsage(before);
  return (saysItsCost(result) ? result.cpuUs : user + system) / times;
}

/** @param {unknown} result @returns {result is { cpuUs: number }} */
function saysItsCost(result) {
  return typeof result === 'object' && result !== null && 'cpuUs' in result;
}
