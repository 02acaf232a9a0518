import { sleep, systemClock } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { spawnLoader } from './spawn-loader.js';
import type { ToolSpec } from './tool-process.js';

export interface ScratchServerOptions {
  readonly spec: ToolSpec;
  /** Whether it answers; asked over and over. A rejection is a no. */
  readonly isReady: (signal: AbortSignal) => Promise<boolean>;
  /** Turns the failure of a server that ended before it was ready into what may be said of the backup. */
  readonly blame: (error: unknown) => unknown;
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
 * @throws what `blame` makes of its end; BackupError `BACKUP_TOOL_FAILED` when it ended by itself and content: somebody stopped it,
 * which says nothing of the backup; the reason of `signal`.
 */
export async function startScratchServer(options: ScratchServerOptions): Promise<ScratchServer> {
  const { spec, isReady, blame, cleanUp, signal } = options;
  const tool = spawnLoader(spec);
  tool.stdin.end();
  const stop = async (): Promise<void> => {
    tool.kill();
    await tool.gone;
    await cleanUp();
  };
  const ended = tool.exited.then(
    () => {
      throw endedByItself(spec);
    },
    async (error: unknown) => {
      throw await blame(error);
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

function endedByItself({ name, subject, stage }: ToolSpec): BackupError {
  return new BackupError(`${name} ended by itself on ${subject}.`, {
    code: 'BACKUP_TOOL_FAILED',
    stage,
    tool: name,
    exitCode: 0,
  });
}
