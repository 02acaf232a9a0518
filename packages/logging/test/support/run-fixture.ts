import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const fixtures = new URL('../fixtures/', import.meta.url);
const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Child processes run the built package; this builds it when its sources have changed since. */
export function buildPackage(): void {
  execFileSync(process.execPath, ['tools/commands/build.mjs', 'logging'], { cwd: root, stdio: 'pipe' });
}

export interface Fixture {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts `test/fixtures/<name>.mjs`; it is killed when the test is over. */
export function startFixture(
  name: string,
  args: readonly string[],
  options: { readonly readStdout?: boolean } = {},
): Fixture {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, fixtures)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    output.stderr += part;
  });
  if (options.readStdout !== false) {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      output.stdout += part;
    });
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, output, exited };
}
