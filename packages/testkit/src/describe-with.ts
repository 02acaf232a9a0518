import { describe, TestRunner, test } from 'vitest';
import { type Engine, urlFromEnvironment } from './engines.js';
import { ensureEngines, type WantedEngine } from './install.js';
import { ServerUnavailable } from './server-errors.js';

/** `mysql` is met by a running server that the environment names, too; `private mysql` only by one that a test may kill. */
export type Need = Engine | `private ${Engine}`;

/** What this file's suites lack and was told already. */
const told = new Set<string>();

/**
 * A `describe` that needs servers. Where one cannot be had the suite is skipped aloud, each of its tests by its title; when
 * `CI` is `true` it fails, since there nobody reads what was skipped. The suite itself is called in either case, so what it
 * does outside of hooks and tests must not need the servers.
 *
 * @example
 * describeWith(['postgres', 'private redis'], 'a cache before a database', () => {
 *   test('…', async () => {});
 * });
 */
export function describeWith(needs: readonly Need[], title: string, suite: () => void | Promise<void>): void {
  describe(title, async () => {
    const failure = await unmet(needs);
    if (failure !== undefined && process.env.CI === 'true') {
      test('has the servers that it needs', () => {
        throw failure;
      });
      return;
    }
    if (failure !== undefined) skipAloud(title, failure);
    await suite();
  });
}

/** As `describe.skip` does, which has to be chosen before it is known whether a missing server can be installed. */
function skipAloud(title: string, { message }: ServerUnavailable): void {
  const { suite } = TestRunner.getCurrentSuite();
  if (suite === undefined) throw new Error('describeWith was not called while vitest collects tests.');
  suite.mode = 'skip';
  if (told.has(message)) return;
  told.add(message);
  process.stderr.write(`Skipped: ${title}. ${message}\n`);
}

async function unmet(needs: readonly Need[]): Promise<ServerUnavailable | undefined> {
  const wanted = needs
    .map(wantedBy)
    .filter(({ engine, shareable }) => !shareable || urlFromEnvironment(engine) === undefined);
  try {
    await ensureEngines(wanted);
    return undefined;
  } catch (error) {
    if (ServerUnavailable.is(error)) return error;
    throw error;
  }
}

function wantedBy(need: Need): WantedEngine {
  const words = need.split(' ');
  return { engine: words.at(-1) as Engine, shareable: words.length === 1 };
}
