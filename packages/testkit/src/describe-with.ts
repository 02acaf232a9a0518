import { describe, test } from 'vitest';
import { type Engine, urlFromEnvironment } from './engines.js';
import { ensureInstalled } from './install.js';
import { ServerUnavailable } from './server-errors.js';

/** `mysql` is met by a running server that the environment names, too; `private mysql` only by one that a test may kill. */
export type Need = Engine | `private ${Engine}`;

/**
 * A `describe` that needs servers. Where one cannot be had the suite is skipped aloud; when `CI` is `true` it fails, since
 * there nobody reads what was skipped.
 *
 * @example
 * describeWith(['postgres', 'private redis'], 'a cache before a database', () => {
 *   test('…', async () => {});
 * });
 */
export function describeWith(needs: readonly Need[], title: string, suite: () => void | Promise<void>): void {
  describe(title, async () => {
    const failure = await unmet(needs);
    if (failure === undefined) {
      await suite();
    } else if (process.env.CI === 'true') {
      test('has the servers that it needs', () => {
        throw failure;
      });
    } else {
      process.stderr.write(`Skipped: ${title}. ${failure.message}\n`);
      test.skip(`needs ${needs.join(', ')}`);
    }
  });
}

async function unmet(needs: readonly Need[]): Promise<ServerUnavailable | undefined> {
  const wanted = needs.map(engineOf).filter((engine) => engine !== undefined);
  try {
    await ensureInstalled(wanted);
    return undefined;
  } catch (error) {
    if (ServerUnavailable.is(error)) return error;
    throw error;
  }
}

/** The engine that must be installed for a need, if any. */
function engineOf(need: Need): Engine | undefined {
  const words = need.split(' ');
  const engine = words.at(-1) as Engine;
  return words.length === 1 && urlFromEnvironment(engine) !== undefined ? undefined : engine;
}
