import { installVariable } from './install.js';
import { openRun, runVariable } from './run.js';

/**
 * Vitest's globalSetup: opens a run that all workers share, so that there is one server per engine, and ends it with all
 * that it started. It starts nothing itself.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Another project of the same vitest has opened it already.
  if (process.env[runVariable] !== undefined) return undefined;
  // Workers have no terminal to ask on, and on a terminal nothing is installed unasked. `npm test` asks beforehand.
  if (process.stdin.isTTY) process.env[installVariable] ??= 'no';
  const run = await openRun();
  process.env[runVariable] = run.folder;
  return async () => {
    delete process.env[runVariable];
    await run.close();
  };
}
