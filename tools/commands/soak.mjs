import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeEvidence } from '../lib/evidence.mjs';
import { ensureServers } from '../lib/servers.mjs';
import { StepError } from '../lib/terminal.mjs';
import { count, runVitest } from '../lib/vitest.mjs';
import { cache, hashOf, readJson, root, workspacePackages } from '../lib/workspace.mjs';
import { main as build } from './build.mjs';

/** @typedef {import('../vitest/record.mjs').RunRecord} RunRecord */

/**
 * Runs the tests of one package, file by file, at the size that the issues name, and writes what ran to docs/evidence.
 * A run that was interrupted goes on where it stopped, as long as no source changed; `--fresh` begins again.
 *
 * @param {readonly string[]} args
 */
export async function main(args) {
  const name = args.find((arg) => !arg.startsWith('--'));
  const entry = workspacePackages().find((candidate) => candidate.name.split('/').at(-1) === name);
  if (entry === undefined || name === undefined) {
    const known = workspacePackages().map((candidate) => candidate.name.split('/').at(-1));
    throw new StepError('npm run soak needs the name of a package', {
      advice: `npm run soak -- ${known.join(' | ')}`,
    });
  }
  await build();
  await ensureServers();
  const progress = openProgress(name, args.includes('--fresh'));
  for (const file of testFiles(join(entry.folder, 'test'))) {
    if (progress.has(file)) continue;
    const record = await runVitest([file, '--testTimeout=2400000', '--hookTimeout=600000'], {
      env: { ...process.env, SEAWORTHY_SIZE: 'soak' },
    });
    progress.add(file, record);
  }
  const records = progress.records();
  const totals = records.map(count).reduce((sum, part) => ({
    passed: sum.passed + part.passed,
    failed: sum.failed + part.failed,
    skipped: sum.skipped + part.skipped,
  }));
  const tests = records.flatMap((record) => record.tests);
  writeEvidence(`soak-${name}`, {
    title: `Soak: ${name}`,
    command: `npm run soak -- ${name}`,
    body: [
      `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped, at full size.`,
      '',
      '| test | result | ms |',
      '|---|---|---:|',
      ...tests.map(({ title, state, ms }) => `| ${title.replaceAll('|', '\\|')} | ${state} | ${ms} |`),
    ].join('\n'),
  });
  process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  return totals.failed === 0 ? 0 : 1;
}

/** @param {string} folder @returns {string[]} */
function testFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.test\.tsx?$/.test(file))
    .map((file) => relative(root, join(folder, file)))
    .sort();
}

/** What a soak run has done so far. A changed source makes all of it void. @param {string} name @param {boolean} fresh */
function openProgress(name, fresh) {
  const path = join(cache, 'soak', `${name}.json`);
  const hash = hashOf([join(root, 'packages'), join(root, 'examples'), join(root, 'e2e')]);
  if (fresh) rmSync(path, { force: true });
  /** @type {{ hash: string, files: Record<string, RunRecord> }} */
  let state = existsSync(path) ? readJson(path) : { hash, files: {} };
  if (state.hash !== hash) state = { hash, files: {} };
  return {
    has: (/** @type {string} */ file) => Object.hasOwn(state.files, file),
    records: () => Object.values(state.files),
    /** @param {string} file @param {RunRecord} record */
    add(file, record) {
      state.files[file] = record;
      mkdirSync(join(cache, 'soak'), { recursive: true });
      writeFileSync(path, JSON.stringify(state));
    },
  };
}
