import { compare } from './harness.mjs';

/** Work that allocates as a request does; each side is compiled from its own source, as two libraries are. */
const source = `
  let length = 0;
  for (let time = 0; time < times; time += 1) {
    for (let part = 0; part < parts; part += 1) {
      length += JSON.stringify({ time, part, list: [1, 2, 3], inner: { text: 'x'.repeat(20) + part } }).length;
    }
  }
  return length;
`;

/** @param {number} parts how much one unit of work is @returns {(times: number) => unknown} */
function work(parts) {
  return /** @type {(times: number) => unknown} */ (
    new Function('times', source.replace('parts;', `${parts};`))
  );
}

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'identical work',
    alternative: 'the same work',
    prepare: () => ({ ours: work(20), theirs: work(20) }),
  },
  {
    name: '9 % less work',
    alternative: 'a tenth more',
    prepare: () => ({ ours: work(20), theirs: work(22) }),
  },
];

/** The harness measured by itself: equal must come out as equal, seen from either side, and a tenth must be found. */
export default async function* measure() {
  for (const pair of pairs) {
    const result = await compare(import.meta.url, pair);
    yield result;
    if (pair.name === '9 % less work' && result.high >= 1) {
      throw new Error(
        `a tenth more work was not seen: ${result.low} to ${result.high}; a budget would not see it either`,
      );
    }
    if (pair.name === 'identical work') {
      yield {
        ...result,
        name: 'identical work, from the other side',
        ratio: 1 / result.ratio,
        low: 1 / result.high,
        high: 1 / result.low,
      };
    }
  }
}
