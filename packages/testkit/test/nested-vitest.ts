import { fileURLToPath } from 'node:url';
import { type NodeProcess, spawnNode } from '../src/index.js';

const folder = fileURLToPath(new URL('./fixtures/nested/', import.meta.url));

/** Runs the fixtures whose names begin so in a vitest of its own, in a run of its own unless `NESTED_RUN` is `yes`. */
export function nestedVitest(fixture: string, env: Readonly<Record<string, string>>): NodeProcess {
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace(
    'package.json',
    'vitest.mjs',
  );
  return spawnNode(vitest, {
    args: ['run', '--config', `${folder}vitest.config.ts`, '--reporter=verbose', fixture],
    cwd: folder,
    env: { NO_COLOR: '1', ...env },
  });
}
