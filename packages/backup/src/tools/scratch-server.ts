import { sleep, systemClock } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { isMachinesFault } from './machines-fault.js';
import { spawnLoader } from './spawn-loader.js';
import type { ToolSpec } from './tool-process.js';

export interface ScratchServerOptions {
  readonly spec: ToolSpec;
  /** Whether it answers; asked over and over. A rejection is a no. */
  readonly isReady: (signal: AbortSignal) => Promise<boolean>;
  /** Whether what it complained of, when it did not start, is the data that it was given: the backup's fault then. */
  readonly isData: (complaint: string) => boolean;
  /** What it complained of, where that does not stand in its standard error. @defaultValue the report of `spec` */
  readonly complaint?: () => Promise<string>;
  /** Takes its files away once it is gone. */
  readonly cleanUp: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** A server over what was restored, for a look at it. */
export interface ScratchServer {
  /** Resolves when it and its files are gone. */
  stop(): Promise<void>;
}

const pollMs = 100;

/**
 * Starts a server and resolves when it is ready. One that cannot be is gone when this rejects, with its files and whoever asked it.
 *
 * @throws BackupError `RESTORE_FAILED` when it refused its data; `BACKUP_TOOL_FAILED` when it did not run for another reason or was
 * stopped by somebody, which says nothing of the backup; the reason of `signal`.
 */
export async function startScratchServer(options: ScratchServerOptions): Promise<ScratchServer> {
  const { spec, isReady, cleanUp, signal } = options;
  const tool = spawnLoader(spec);
  tool.stdin.end();
  const stop = async (): Promise<void> => {
    tool.kill();
    await tool.gone;
    await cleanUp();
  };
  const complaint = options.complaint ?? (async () => (spec.report ?? String)(tool.said()));
  const ended = tool.exited.then(
    () => {
      throw notStarted(spec, 0, '');
    },
    async (error: unknown) => {
      const exitCode = BackupError.is(error) ? error.exitCode : undefined;
      if (exitCode === undefined) throw error; // it could not even be run
      const said = (await complaint()).trim();
      throw notStarted(spec, exitCode, said, typeof exitCode === 'number' && options.isData(said));
    },
  );
  const over = new AbortController();
  const ready = untilReady(isReady, AbortSignal.any([signal, over.signal]));
  try {
    await Promise.race([ended, ready]);
    return { stop };
  } catch (error) {
    over.abort();
    await ready.catch(() => undefined);
    await stop();
    throw error;
  }
}

async function untilReady(isReady: ScratchServerOptions['isReady'], signal: AbortSignal): Promise<void> {
  while (!(await isReady(signal).catch(() => false))) await sleep(systemClock, pollMs, { signal });
}

const maxComplaintChars = 1_000;

function notStarted(
  { name, subject, stage }: ToolSpec,
  exitCode: number | string,
  complaint: string,
  isData = false,
): BackupError {
  const why = complaint === '' ? '.' : `: ${complaint.slice(0, maxComplaintChars)}`;
  return new BackupError(`${name} did not start with ${subject} and ended with ${exitCode}${why}`, {
    code: isData && !isMachinesFault(complaint) ? 'RESTORE_FAILED' : 'BACKUP_TOOL_FAILED',
    stage,
    tool: name,
    exitCode,
  });
}
