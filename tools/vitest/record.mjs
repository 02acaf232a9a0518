import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cache, root } from '../lib/workspace.mjs';

/** Where the last full run stands: one entry a test, in the order of files and titles. */
export const fullRunPath = join(cache, 'full-run.json');

/** Where a run of some tests stands, which must not pass for the whole. */
export const partialRunPath = join(cache, 'partial-run.json');

/** Tells the reporter, in vitest's process, which of the two this is. */
export const recordVariable = 'SEAWORTHY_RECORD';

/** @typedef {{ project: string, file: string, title: string, state: 'passed' | 'failed' | 'skipped', ms: number }} TestRecord */
/** @typedef {{ file: string, ms: number, importMs: number }} FileRecord `ms` is all of it: worker, imports, hooks and tests */
/** @typedef {{ tests: TestRecord[], files: FileRecord[], brokenFiles: string[], unhandledErrors: number, complete: boolean }} RunRecord */

/** A vitest reporter that writes down what ran, for the closing line, the conformance table and the evidence. */
export default class RecordReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   * @param {string} reason
   */
  onTestRunEnd(modules, unhandledErrors, reason) {
    /** @type {TestRecord[]} */
    const tests = [];
    /** @type {FileRecord[]} */
    const files = [];
    const brokenFiles = [];
    for (const module of modules) {
      const file = relative(root, module.moduleId);
      const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
        module.diagnostic();
      const ms = environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
      files.push({ file, ms: Math.round(ms), importMs: Math.round(collectDuration) });
      if (module.errors().length > 0) brokenFiles.push(file);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        tests.push({
          project: module.project.name,
          file,
          title: test.fullName,
          state: state === 'passed' || state === 'failed' ? state : 'skipped',
          ms: Math.round(test.diagnostic()?.duration ?? 0),
        });
      }
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) brokenFiles.push(`${file} > ${suite.fullName}`);
      }
    }
    tests.sort((a, b) => compare(a.file, b.file) || compare(a.title, b.title));
    /** @type {RunRecord} */
    const record = {
      tests,
      // The longest first: what tools/vitest/start-order.mjs is written from.
      files: files.sort((a, b) => b.ms - a.ms),
      brokenFiles,
      unhandledErrors: unhandledErrors.length,
      complete: reason !== 'interrupted',
    };
    mkdirSync(cache, { recursive: true });
    writeFileSync(process.env[recordVariable] ?? partialRunPath, `${JSON.stringify(record, null, 1)}\n`);
  }
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
