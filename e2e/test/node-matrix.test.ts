import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { size } from '@seaworthy/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { nodes } from '../../tools/node-matrix/index.mjs';
import { runProgram } from '../consumers/run-program.js';
import { serverFreeTests } from '../consumers/server-free-tests.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What these meet of Node the others meet too, or meet it in servers; the soak runs all. */
const packages = size({
  test: ['contracts', 'config', 'logging', 'health', 'security', 'service'],
  soak: ['contracts', 'config', 'logging', 'health', 'security', 'cache', 'db-pool', 'backup', 'service'],
});

/** Minutes of computing and waiting that hardly meet Node, or meet it in a process of their own; the soak runs them too. */
const longOnes = size({
  test: /\/(?:pglite|[\w-]+-simulation|readme|sentry-\w+|process|required-process|server-drain|supervised|vault|start-surely|canary|contract|contract-data|transaction-conflicts|create-service|prune|passwords|rotation|watch-config|survival|pgbackrest|value-patterns|json-values|age|oidc|targets|schedule)\.test\.ts$|\/shipping\//,
  soak: /^$/,
});

/** Whether a file tries random cases, of which another Node sees nothing new. */
function isRandom(file: string): boolean {
  return size({ test: readFileSync(file, 'utf8').includes("'fast-check'"), soak: false });
}

/** Fewer than this means that the tests were not found. */
const leastTests = 1_000;

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: ReadonlyArray<{
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }>;
  }>;
}

/** Every test that did not pass and every file that could not be read, with the reason. */
function failuresOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter((test) => test.status !== 'passed')
      .map(
        (test) =>
          `${relative(root, name)} > ${test.fullName}: ${test.status} ${test.failureMessages[0] ?? ''}`,
      );
    return status !== 'passed' && assertionResults.length === 0
      ? [`${relative(root, name)}: ${message}`]
      : failed;
  });
}

describe('the tests that need no server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-matrix-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const files = packages
    .flatMap((name) => serverFreeTests(join(root, 'packages', name)))
    .filter((file) => !longOnes.test(file) && !isRandom(file));

  // The first Node is the one that runs this, and all other tests. The soak and the hosted workflow run those between.
  const all = nodes().slice(1);
  const others = size({ test: all.slice(-1), soak: all });
  it.each(others)('pass on $name', { timeout: 400_000 }, async ({ name, path }) => {
    const output = join(folder, `${name}.json`);
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const end = await runProgram(
      path,
      [
        vitest,
        'run',
        '--reporter=json',
        `--outputFile=${output}`,
        ...files.map((file) => relative(root, file)),
      ],
      { cwd: root, timeoutMs: 390_000 },
    );
    expect(end.code, end.stderr.slice(-2_000)).not.toBeNull();
    const report: Report = JSON.parse(readFileSync(output, 'utf8'));
    expect(failuresOf(report)).toEqual([]);
    expect(report.testResults.length).toBe(files.length);
    expect(report.testResults.flatMap((file) => file.assertionResults).length).toBeGreaterThan(leastTests);
  });
});
