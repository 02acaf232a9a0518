import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const fixtures = new URL('../fixtures/', import.meta.url);
const sources = fileURLToPath(new URL('../../src/', import.meta.url));
const built = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Child processes run the built package; `npm test` builds what is stale before it runs a test. */
export function needsBuild(): void {
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || existsSync(join(built, name.replace(/\.ts$/, '.js')))) continue;
    throw new Error(`dist has nothing for src/${name}. Run: npm run build -- logging`);
  }
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
  return startProgram(process.execPath, [pathOf(name), ...args], options);
}

/** Starts a fixture in a shell's pipe whose other end is `reader`, a command of the shell; what that prints is the output. */
export function startPiped(name: string, args: readonly string[], reader: string): Fixture {
  const words = [process.execPath, pathOf(name), ...args].map((word) => `'${word}'`);
  return startProgram('sh', ['-c', `${words.join(' ')} | { ${reader}; }`]);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`${name}.mjs`, fixtures));
}

/** Starts any program; it and what it has started is killed when the test is over. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: { readonly readStdout?: boolean } = {},
): Fixture {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
    detached: true, // a group of its own, so that what a shell has started ends with it
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
    } catch {
      // It is over.
    }
  });
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
