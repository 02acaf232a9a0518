/**
 * One round: what a unit of work cost on each side, in CPU microseconds.
 *
 * @typedef {{ ours: number, theirs: number }} Round
 */

/**
 * @typedef {{ ratio: number, low: number, high: number, oursUs: number, theirsUs: number, rounds: number }} Estimate
 */

const resamples = 2_000;

/**
 * The ratio over several processes, each of which measured both sides in rounds.
 *
 * A process counts with the sum of its rounds, so that a garbage collection counts although most rounds have none. The
 * 95 % interval resamples processes first and rounds within them second: two compilations of the same function differ by
 * several per cent for the whole life of a process, and an interval over the rounds of one process knows nothing of that.
 *
 * @param {readonly (readonly Round[])[]} processes
 * @param {() => number} [random]
 * @returns {Estimate}
 */
export function estimate(processes, random = Math.random) {
  const seen = Array.from({ length: resamples }, () =>
    geometricMean(draw(processes, random).map((rounds) => ratioOfSums(draw(rounds, random)))),
  );
  const all = processes.flat();
  return {
    ratio: geometricMean(processes.map(ratioOfSums)),
    ...middle95(seen),
    oursUs: median(all.map(({ ours }) => ours)),
    theirsUs: median(all.map(({ theirs }) => theirs)),
    rounds: all.length,
  };
}

/**
 * The median ratio of rounds in which each side was a process of its own: nothing is shared there, and nothing rare is lost
 * by leaving out the rounds that the machine disturbed.
 *
 * @param {readonly Round[]} rounds
 * @param {() => number} [random]
 * @returns {Estimate}
 */
export function estimateMedian(rounds, random = Math.random) {
  const ratios = rounds.map(({ ours, theirs }) => ours / theirs);
  return {
    ratio: median(ratios),
    ...middle95(Array.from({ length: resamples }, () => median(draw(ratios, random)))),
    oursUs: median(rounds.map(({ ours }) => ours)),
    theirsUs: median(rounds.map(({ theirs }) => theirs)),
    rounds: rounds.length,
  };
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** @param {readonly number[]} seen */
function middle95(seen) {
  const sorted = [...seen].sort((a, b) => a - b);
  return {
    low: sorted[Math.floor(sorted.length * 0.025)] ?? Number.NaN,
    high: sorted[Math.ceil(sorted.length * 0.975) - 1] ?? Number.NaN,
  };
}

/** @param {readonly Round[]} rounds */
function ratioOfSums(rounds) {
  let ours = 0;
  let theirs = 0;
  for (const round of rounds) {
    ours += round.ours;
    theirs += round.theirs;
  }
  return ours / theirs;
}

/** @param {readonly number[]} values */
function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * As many of them as there are, with repetition.
 *
 * @template T
 * @param {readonly T[]} values
 * @param {() => number} random
 */
function draw(values, random) {
  return values.map((value) => values[Math.floor(random() * values.length)] ?? value);
}
