import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface BuiltApp extends AsyncDisposable {
  /** Where index.html stands. */
  readonly folder: string;
}

/**
 * Builds an application into a temporary folder as a release would.
 *
 * A process of its own, because a test runner sets NODE_ENV and would get React's development build.
 *
 * @param root the folder of vite.config.ts
 * @param env what the build finds in its environment, beside PATH
 * @throws Error with the output of vite when the build is refused.
 */
export async function buildApp(root: string, env: Readonly<Record<string, string>> = {}): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'frontend-'));
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await run(process.execPath, [vite, 'build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'], {
      cwd: root,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
      timeout: 120_000,
    });
  } catch (cause) {
    await dispose();
    throw new Error(`The build failed: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
  return { folder, [Symbol.asyncDispose]: dispose };
}
