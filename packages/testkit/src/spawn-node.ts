import { spawn } from 'node:child_process';
import { optionsOf } from '@seaworthy/contracts';
import { findProgram } from './engines.js';
import { waitFor } from './wait-for.js';

export interface SpawnNodeOptions {
  /** @defaultValue [] */
  readonly args?: readonly string[];
  /** The whole environment beside PATH, HOME and TMPDIR: nothing of the test's own leaks in. @defaultValue {} */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node itself, such as `--max-old-space-size=64`. @defaultValue [] */
  readonly nodeOptions?: readonly string[];
  /** @defaultValue the current folder */
  readonly cwd?: string;
}

export interface NodeExit {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Node process of a test. It ends with the test process at the latest. */
export interface NodeProcess extends AsyncDisposable {
  readonly pid: number;
  /** Everything it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when it has ended and its output is complete. */
  readonly exited: Promise<NodeExit>;
  /** Resolves with the match once stdout or stderr shows it; rejects when the process ends first, and after 50 s. */
  output(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Writes to its standard input. */
  write(text: string): void;
}

const readOptions = optionsOf<SpawnNodeOptions>('spawnNode', {
  args: true,
  env: true,
  nodeOptions: true,
  cwd: true,
});

/**
 * Runs a script in a Node process of its own, for what only a process can show: signals, exit codes, what reaches stdout
 * before a crash. Packages resolve to their `dist`.
 *
 * @example
 * await using app = spawnNode(fileURLToPath(new URL('./fixtures/app.mjs', import.meta.url)), { env: { PORT: '0' } });
 * await app.output(/listening/);
 * app.kill('SIGTERM');
 * expect(await app.exited).toEqual({ code: 0, signal: null });
 */
export function spawnNode(script: string, options: SpawnNodeOptions = {}): NodeProcess {
  const { args = [], env = {}, nodeOptions = [], cwd = process.cwd() } = readOptions(options);
  const command = [process.execPath, ...nodeOptions, script, ...args];
  const launcher = findProgram('setpriv');
  const [file = '', ...rest] =
    launcher === undefined ? command : [launcher, '--pdeathsig', 'KILL', '--', ...command];
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const inherited = { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }) };
  const child = spawn(file, rest, { cwd, env: { ...inherited, ...env }, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // It may be gone before it has read everything.
  child.stdin.on('error', () => {});
  let ended: NodeExit | undefined;
  const exited = new Promise<NodeExit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  exited.catch(() => {});
  return {
    pid: child.pid ?? 0,
    exited,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    async output(pattern, timeoutMs = 50_000) {
      const search = (): RegExpExecArray | null => pattern.exec(stdout) ?? pattern.exec(stderr);
      const found = await waitFor(() => search() ?? (ended === undefined ? false : 'ended'), {
        timeoutMs,
        what: `output that matches ${pattern}`,
      });
      const match = found === 'ended' ? search() : found;
      if (match !== null) return match;
      throw new Error(
        `The process ended (${JSON.stringify(ended)}) without output that matches ${pattern}:\n${stdout}${stderr}`,
      );
    },
    kill: (signal) => void child.kill(signal),
    write: (text) => void child.stdin.write(text),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
