import { execFile } from 'node:child_process';

export interface ProgramEnd {
  /** `null` when it was ended because it took too long. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Added to what is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** @defaultValue 120000 */
  readonly timeoutMs?: number;
}

/** Runs a program to its end, whatever that is, in an environment without anything of vitest's. */
export function runProgram(
  file: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 120_000 }: RunOptions,
): Promise<ProgramEnd> {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:VITEST|NODE_(?:ENV|OPTIONS|PATH|V8_COVERAGE)$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$|TINYPOOL)/.test(
        name,
      ),
  );
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      {
        cwd,
        env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr: code === null ? `${stderr}\n${error?.message}` : stderr });
      },
    );
  });
}
