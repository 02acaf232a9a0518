import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeEvidence } from '../lib/evidence.mjs';
import { green, red, StepError } from '../lib/terminal.mjs';
import { readJson, root } from '../lib/workspace.mjs';
import { main as build } from './build.mjs';

/**
 * Runs the benchmarks of one package or of all, and fails when the low end of a ratio's 95 % interval is above its budget.
 *
 * @param {readonly string[]} args
 */
export async function main(args) {
  await build();
  const folder = join(root, 'bench');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.bench.mjs'))
    .map((file) => file.replace('.bench.mjs', ''))
    .filter((name) => args.length === 0 || args.includes(name));
  if (names.length === 0)
    throw new StepError(`no benchmark is called ${args.join(', ')}`, { advice: 'ls bench' });
  /** @type {Record<string, number>} */
  const budgets = readJson(join(folder, 'budgets.json'));
  let failed = 0;
  for (const name of names) {
    const { default: measure } = await import(pathToFileURL(join(folder, `${name}.bench.mjs`)).href);
    const results = [];
    let ended = 'The run was cut off: what is missing was not measured.';
    try {
      for await (const result of measure()) {
        const budget = budgets[`${name}: ${result.name}`];
        if (budget === undefined)
          throw new StepError(`bench/budgets.json has no budget for "${name}: ${result.name}"`);
        if (result.tooNoisy || result.low > budget) failed += 1;
        process.stdout.write(`${lineOf(name, result, budget)}\n`);
        results.push({ ...result, budget });
      }
      ended = '';
    } finally {
      if (results.length > 0) record(name, results, ended);
    }
  }
  return failed === 0 ? 0 : 1;
}

/** @typedef {import('../../bench/harness.mjs').Ratio} Ratio */

/** @param {string} bench @param {Ratio} result @param {number} budget */
function lineOf(bench, result, budget) {
  const { name, alternative, ratio, low, high, tooNoisy } = result;
  const mark = !tooNoisy && low <= budget ? green('✓') : red('✗');
  const said = tooNoisy ? '; too noisy to judge, measure again on a quieter machine' : '';
  const figures = `${ratio.toFixed(3)} of ${alternative} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return `${mark} ${bench}: ${name} ${figures}, budget ${budget}${said}`;
}

/** @param {string} name @param {ReadonlyArray<Ratio & { budget: number }>} results @param {string} ended */
function record(name, results, ended) {
  const rows = results.map(
    ({ name: what, alternative, ratio, low, high, tooNoisy, budget, oursUs, theirsUs, rounds }) =>
      `| ${cell(what)} | ${cell(alternative)} | ${ratio.toFixed(3)} | ${low.toFixed(3)} to ${high.toFixed(3)}${tooNoisy ? ', too noisy' : ''} | ${budget} | ` +
      `${oursUs.toFixed(2)} | ${theirsUs.toFixed(2)} | ${rounds} |`,
  );
  writeEvidence(`bench-${name}`, {
    title: `Benchmarks: ${name}`,
    command: `npm run bench -- ${name}`,
    body: [
      'Ratio of CPU time, ours over theirs, over interleaved rounds in several processes of one run (bench/README.md); the microseconds are of this machine.',
      '',
      '| what | against | ratio | 95 % interval | budget | ours µs | theirs µs | rounds |',
      '|---|---|---:|---|---:|---:|---:|---:|',
      ...rows,
      ...(ended === '' ? [] : ['', ended]),
    ].join('\n'),
  });
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', String.raw`\|`);
}
