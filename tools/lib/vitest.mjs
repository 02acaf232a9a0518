import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fullRunPath, partialRunPath, recordVariable } from '../vitest/record.mjs';
import { run, StepError } from './terminal.mjs';
import { readJson, root } from './workspace.mjs';

/**
 * Runs vitest and returns what it recorded.
 *
 * @param {readonly string[]} args
 * @param {{ full?: boolean, env?: NodeJS.ProcessEnv }} [options] `full` when these are all the tests there are
 * @returns {Promise<import('../vitest/record.mjs').RunRecord>}
 */
export async function runVitest(args, { full = false, env = process.env } = {}) {
  const recordPath = full ? fullRunPath : partialRunPath;
  rmSync(recordPath, { force: true });
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', `--reporter=${join(root, 'tools/vitest/record.mjs')}`];
  const { code } = await run(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
    env: { ...env, [recordVariable]: recordPath },
    accept: [0, 1],
  });
  if (!existsSync(recordPath)) {
    throw new StepError('vitest ended without recording a single test', {
      advice: 'read what it printed above',
    });
  }
  /** @type {import('../vitest/record.mjs').RunRecord} */
  const record = readJson(recordPath);
  if (code !== 0 && count(record).failed === 0) record.unhandledErrors = Math.max(1, record.unhandledErrors);
  return record;
}

/**
 * The true totals: a file that could not be read and an error outside of any test are failures too.
 *
 * @param {import('../vitest/record.mjs').RunRecord} record
 */
export function count({ tests, brokenFiles, unhandledErrors, complete }) {
  const of = (/** @type {string} */ state) => tests.filter((test) => test.state === state).length;
  const broken = brokenFiles.length + unhandledErrors + (complete ? 0 : 1);
  return { passed: of('passed'), failed: of('failed') + broken, skipped: of('skipped') };
}
