import { existsSync } from 'node:fs';
import { writeConformance } from '../lib/conformance.mjs';
import { StepError } from '../lib/terminal.mjs';
import { readJson } from '../lib/workspace.mjs';
import { fullRunPath } from '../vitest/record.mjs';

/** Writes docs/conformance.md from the record of the last full test run. */
export async function main() {
  if (!existsSync(fullRunPath))
    throw new StepError('there is no test run to write from', { advice: 'npm test' });
  /** @type {import('../vitest/record.mjs').RunRecord} */
  const record = readJson(fullRunPath);
  const skipped = record.tests.filter(({ state }) => state === 'skipped');
  if (skipped.length > 0) {
    throw new StepError(`${skipped.length} tests of the last run were skipped, first: ${skipped[0]?.title}`, {
      advice: 'run npm test on a machine that has every server',
    });
  }
  writeConformance(record.tests);
  process.stdout.write('docs/conformance.md written\n');
  return 0;
}
