import { errorCode, systemClock } from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';

/** How long a broken pipe waits for the program at its other end to say why. */
const blameMs = 2_000;

export interface Together {
  /** All must resolve. */
  readonly parts: ReadonlyArray<Promise<unknown>>;
  /** Ends every part; called once, when the first has failed. */
  readonly stop: () => void;
  /**
   * The program at the end. When it failed as well, it is the cause: those before it broke because nobody read them, while it
   * would have ended well had only they failed.
   */
  readonly downstream?: Promise<unknown>;
  /** For a failure that no part can explain. */
  readonly stage: BackupStage;
  readonly signal: AbortSignal;
}

/**
 * Waits for all parts of a pipeline. When one fails the others are stopped and waited for, so that no child is left; the
 * rejection is the failure that came first, told by the program that caused it rather than by the pipe that noticed.
 */
export async function runTogether({ parts, stop, downstream, stage, signal }: Together): Promise<void> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([Promise.all(parts), aborted]);
  } catch (failure) {
    const told = signal.aborted || BackupError.is(failure) ? failure : await explanation(parts);
    const explained = await causeOf(told, downstream);
    stop();
    await Promise.allSettled(parts);
    throw explained ?? unexplained(failure, stage);
  } finally {
    aborted.catch(() => undefined);
    signal.removeEventListener('abort', onAbort);
  }
}

async function explanation(parts: Together['parts']): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = systemClock.schedule(() => resolve(undefined), blameMs, { keepAlive: true });
    for (const part of parts) {
      part.catch((error: unknown) => {
        if (!BackupError.is(error)) return;
        timer.cancel();
        resolve(error);
      });
    }
  });
}

async function causeOf(failure: unknown, downstream: Together['downstream']): Promise<unknown> {
  if (downstream === undefined || !BackupError.is(failure) || failure.code !== 'BACKUP_TOOL_FAILED')
    return failure;
  return new Promise((resolve) => {
    const timer = systemClock.schedule(() => resolve(failure), blameMs, { keepAlive: true });
    const settle = (cause: unknown): void => {
      timer.cancel();
      resolve(cause);
    };
    downstream.then(
      () => settle(failure),
      (error: unknown) => settle(BackupError.is(error) ? error : failure),
    );
  });
}

function unexplained(failure: unknown, stage: BackupStage): BackupError {
  return new BackupError(`The pipeline broke (${errorCode(failure) ?? 'no reason given'}).`, {
    code: 'BACKUP_TOOL_FAILED',
    stage,
  });
}
