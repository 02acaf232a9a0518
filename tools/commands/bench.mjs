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
    const rows = [];
    for await (const result of measure()) {
      const budget = budgets[`${name}: ${result.name}`];
      if (budget === undefined)
        throw new StepError(`bench/budgets.json has no budget for "${name}: ${result.name}"`);
      const kept = result.low <= budget;
      if (!kept) failed += 1;
      process.stdout.write(
        `${kept ? green('✓') : red('✗')} ${name}: ${result.name} ${result.ratio.toFixed(3)} of ${result.alternative} ` +
          `[${result.low.toFixed(3)}, ${result.high.toFixed(3)}], budget ${budget}\n`,
      );
      rows.push(
        `| ${result.name} | ${result.alternative} | ${result.ratio.toFixed(3)} | ${result.low.toFixed(3)} to ${result.high.toFixed(3)} | ${budget} | ` +
          `${result.oursUs.toFixed(2)} | ${result.theirsUs.toFixed(2)} | ${result.rounds} |`,
      );
    }
    writeEvidence(`bench-${name}`, {
      title: `Benchmarks: ${name}`,
      command: `npm run bench -- ${name}`,
      body: [
        'Ratio of CPU time, ours over theirs, over interleaved rounds in several processes of one run (bench/README.md); the microseconds are of this machine.',
        '',
        '| what | against | ratio | 95 % interval | budget | ours µs | theirs µs | rounds |',
        '|---|---|---:|---|---:|---:|---:|---:|',
        ...rows,
      ].join('\n'),
    });
  }
  return failed === 0 ? 0 : 1;
}
