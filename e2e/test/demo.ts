import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findProgram, freePort, waitFor } from '@seaworthy/testkit';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `npm start` on ports of its own, as a person runs it. */
export interface Demo extends AsyncDisposable {
  readonly kpiUrl: string;
  readonly crmUrl: string;
  /** Everything it has printed. */
  readonly output: string;
  /** Presses Ctrl-C and resolves with the exit code. */
  interrupt(): Promise<number | null>;
  /** Itself and all that it started, as they are now. */
  processes(): readonly ProcessKey[];
}

/** Starts it and waits for the line that says how to stop it. */
export async function startDemo(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Demo> {
  const [gateway, backend, frontend, crm] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  // It ends with this test process at the latest.
  const launcher = findProgram('setpriv') ?? '/usr/bin/env';
  const tied = launcher.endsWith('setpriv') ? ['--pdeathsig', 'INT', '--'] : [];
  const child = spawn(launcher, [...tied, process.execPath, 'tools/bootstrap.mjs', 'start', ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      GATEWAY_PORT: String(gateway),
      KPI_BACKEND_PORT: String(backend),
      KPI_FRONTEND_PORT: String(frontend),
      CRM_PORT: String(crm),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let exitCode: number | null | undefined;
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      exitCode = code;
      resolve(code);
    }),
  );
  const demo: Demo = {
    kpiUrl: `http://localhost:${gateway}`,
    crmUrl: `http://localhost:${crm}`,
    get output() {
      return output;
    },
    async interrupt() {
      child.kill('SIGINT');
      return ended;
    },
    processes: () => descendantsOf(child.pid ?? 0),
    async [Symbol.asyncDispose]() {
      if (exitCode === undefined) child.kill('SIGINT');
      await ended;
    },
  };
  const started = waitFor(
    () => {
      if (exitCode !== undefined) throw new Error(`npm start ended with ${exitCode}:\n${output}`);
      return output.includes('Ctrl-C stops everything');
    },
    { timeoutMs: 170_000, what: 'npm start printing how to stop it' },
  );
  await started.catch(async (error: unknown) => {
    await demo[Symbol.asyncDispose]();
    throw error;
  });
  return demo;
}

/** A process of the machine, which a reused number does not stand for. */
interface ProcessKey {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
}

function allProcesses(): readonly ProcessKey[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        // pid (name) state ppid ...: the name may hold blanks and brackets, so it is cut off (proc(5)).
        const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return [{ pid: Number(entry), parent: Number(fields[1]), startedAt: fields[19] ?? '' }];
      } catch {
        return []; // gone in the meantime
      }
    });
}

function descendantsOf(pid: number): readonly ProcessKey[] {
  const all = allProcesses();
  const found = all.filter((entry) => entry.pid === pid);
  for (const entry of found) found.push(...all.filter(({ parent }) => parent === entry.pid));
  return found;
}

/** Those of `known` that still run. */
export function alive(known: readonly ProcessKey[]): readonly number[] {
  const now = new Set(allProcesses().map(({ pid, startedAt }) => `${pid} ${startedAt}`));
  return known.filter(({ pid, startedAt }) => now.has(`${pid} ${startedAt}`)).map(({ pid }) => pid);
}
