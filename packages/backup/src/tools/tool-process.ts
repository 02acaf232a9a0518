import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { systemClock } from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';
import type { OutputPipe } from './output-pipe.js';

export interface ToolSpec {
  /** What it is called in messages: `pg_dump`. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** Added to a nearly empty environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stage: BackupStage;
  /** What it works on, for messages. */
  readonly subject: string;
  /** Turns what it complained about into what may be shown. */
  readonly report?: (stderr: string) => string;
  /** Taken out of everything that is shown. */
  readonly secrets?: readonly string[];
  /** Takes what it prints. @defaultValue a pipe of its own */
  readonly output?: OutputPipe | undefined;
  /** Another user than ours, where we are root. */
  readonly runAs?: ToolUser | undefined;
  /** For a program that reports each step: what matters of it is the end. @defaultValue 'start' */
  readonly keep?: 'start' | 'end';
}

/** A user of the system, by number. */
export interface ToolUser {
  readonly uid: number;
  readonly gid: number;
}

/** A running program that cannot outlive us. */
export interface ToolProcess {
  readonly name: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it ended with 0; rejects with a BackupError otherwise. */
  readonly exited: Promise<void>;
  /** Resolves when it is gone, however it ended. */
  readonly gone: Promise<void>;
  /** What it wrote to its standard error, as far as it was kept. */
  said(): string;
  /** Asks it to end, and insists a second later. */
  kill(): void;
}

/** The first complaint is the cause; a failing import can repeat itself for gigabytes. */
const maxReportChars = 2_000;

/** For what a program said last to be read, once it has ended. */
const lastWordsMs = 3_000;

/** util-linux: makes the kernel kill the child when we die in a way that we cannot catch. */
const setpriv = '/usr/bin/setpriv';

export function spawnTool(spec: ToolSpec): ToolProcess {
  const { child, stdout } = start(spec);
  let stderr = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    const all = stderr + text;
    stderr = spec.keep === 'end' ? all.slice(-2 * maxReportChars) : all.slice(0, 2 * maxReportChars);
  });
  const said = (): string => stderr;
  child.stdin.on('error', () => undefined); // a dead reader shows in its exit
  stdout.on('error', () => undefined);
  const exited = endOf(child, spec, said);
  const gone = exited.catch(() => undefined);
  return {
    name: spec.name,
    stdin: child.stdin,
    stdout,
    exited,
    gone,
    said,
    kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const insist = systemClock.schedule(() => child.kill('SIGKILL'), 1_000, { keepAlive: true });
      child.once('exit', () => insist.cancel());
    },
  };
}

function start(spec: ToolSpec): {
  readonly child: ChildProcessByStdio<Writable, Readable | null, Readable>;
  readonly stdout: Readable;
} {
  const isGuarded = process.platform === 'linux' && existsSync(setpriv);
  const path = isGuarded ? setpriv : spec.path;
  const args = isGuarded ? ['--pdeathsig', 'KILL', '--', spec.path, ...spec.args] : [...spec.args];
  const options = { env: environment(spec), ...spec.runAs };
  if (spec.output === undefined) {
    const child = spawn(path, args, options);
    return { child, stdout: child.stdout };
  }
  const { writer, reader } = spec.output;
  const child = spawn(path, args, { ...options, stdio: ['pipe', writer, 'pipe'] });
  writer.destroy(); // the program has it now, and its end is the end of the output
  return { child, stdout: reader };
}

function environment(spec: ToolSpec): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return {
    ...(PATH === undefined ? {} : { PATH }),
    ...(HOME === undefined ? {} : { HOME }),
    LC_ALL: 'C', // messages that can be recognised
    ...spec.env,
  };
}

async function endOf(child: ChildProcess, spec: ToolSpec, said: () => string): Promise<void> {
  const outcome = await new Promise<{
    readonly exitCode: number | string | undefined;
    readonly why?: string;
  }>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: undefined, why: `could not be started (${error.code ?? error.name})` }),
    );
    child.once('exit', (code, signal) => {
      const done = (): void => resolve({ exitCode: code ?? signal ?? undefined });
      const { stderr } = child;
      if (stderr === null || stderr.readableEnded || stderr.destroyed) return done();
      // What it started itself may live on, and keep that open for ever.
      const late = systemClock.schedule(() => stderr.destroy(), lastWordsMs, { keepAlive: true });
      stderr.once('close', () => {
        late.cancel();
        done();
      });
    });
  });
  if (outcome.exitCode === 0) return;
  const why = outcome.why ?? `ended with ${outcome.exitCode}`;
  const report = (spec.report ?? ((text) => text))(said()).trim();
  const shown = redact(report, spec.secrets ?? []).slice(0, maxReportChars);
  throw new BackupError(`${spec.name} ${why} on ${spec.subject}${shown === '' ? '.' : `: ${shown}`}`, {
    code: 'BACKUP_TOOL_FAILED',
    stage: spec.stage,
    tool: spec.name,
    exitCode: outcome.exitCode,
  });
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}
