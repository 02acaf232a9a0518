import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepError } from './terminal.mjs';
import { readJson, root } from './workspace.mjs';

const tablePath = join(root, 'docs', 'conformance.md');
const readmePath = join(root, 'README.md');
const rowPattern = /\[row (\d+)\]/g;

/** @typedef {import('../vitest/record.mjs').TestRecord} TestRecord */

/**
 * The table of docs/conformance.md: every row of the checklist with the tests that carry its number. The same results give
 * the same bytes.
 *
 * @param {readonly TestRecord[]} tests
 */
export function renderConformance(tests) {
  /** @type {Record<string, string>} */
  const checklist = readJson(join(root, 'docs', 'checklist.json'));
  const rows = Object.entries(checklist).map(([row, capability]) => ({
    row,
    capability,
    tests: testsOf(tests, row),
  }));
  const proven = rows.filter(
    ({ tests: own }) => own.length > 0 && own.every(({ state }) => state === 'passed'),
  );
  const lines = rows.flatMap(({ row, capability, tests: own }) =>
    own.map(
      ({ file, title, state }) => `| ${row} | ${capability} | ${cell(title)} | \`${file}\` | ${state} |`,
    ),
  );
  const open = rows.filter((row) => !proven.includes(row)).map(({ row }) => row);
  return `${[
    '# Conformance',
    '',
    `${proven.length} of ${rows.length} rows of the checklist are proven by tests. Written by \`npm run conformance\` from the`,
    'titles of the tests (`[row N] ...`) of the last full run, and compared by `npm test`.',
    '',
    '| row | capability | test | file | result |',
    '|---:|---|---|---|---|',
    ...lines,
    '',
    `Not proven yet: ${open.length === 0 ? 'none' : open.join(', ')}.`,
  ].join('\n')}\n`;
}

/** @param {readonly TestRecord[]} tests @param {string} row */
function testsOf(tests, row) {
  return tests.filter(({ title }) => [...title.matchAll(rowPattern)].some(([, number]) => number === row));
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', String.raw`\|`);
}

/** What README.md says of it: `37 of 138`. */
const figurePattern = /\b\d+ of 138\b/;

/** Writes the table, and its figure into README.md. @param {readonly TestRecord[]} tests */
export function writeConformance(tests) {
  const table = renderConformance(tests);
  writeFileSync(tablePath, table);
  const readme = readFileSync(readmePath, 'utf8');
  writeFileSync(readmePath, readme.replace(figurePattern, figureIn(table)));
}

/** @param {string} text */
function figureIn(text) {
  return figurePattern.exec(text)?.[0] ?? 'no figure';
}

/**
 * Compares the committed table with what ran. Where a server could not be had, its tests count as the table has them.
 *
 * @param {readonly TestRecord[]} tests
 */
export function compareConformance(tests) {
  const committed = readFileSync(tablePath, 'utf8');
  const skipped = tests.filter(({ state }) => state === 'skipped');
  const assumed = tests.map((test) =>
    skipped.includes(test) ? { ...test, state: /** @type {const} */ ('passed') } : test,
  );
  const readme = readFileSync(readmePath, 'utf8');
  if (renderConformance(assumed) === committed && figureIn(readme) === figureIn(committed)) return;
  throw new StepError('docs/conformance.md or the figure in README.md does not say what the tests say', {
    advice: 'npm run conformance, then look at the difference and commit it',
  });
}
