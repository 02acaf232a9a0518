import { type Clock, withDeadline } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';

export interface KeptLock {
  /** Resolves while the lock is still ours. */
  readonly stillMine: (signal: AbortSignal) => Promise<boolean>;
  readonly everyMs: number;
  /** For so long after the last answer the lock is ours whatever happens: while it cannot be asked, work goes on till then. */
  readonly sureForMs: number;
  readonly clock: Clock;
}

/** Runs `work` and asks all the while whether the lock is still ours; when it is not, or cannot be asked, `work` is told to stop. */
export async function whileKept<T>(
  { stillMine, everyMs, sureForMs, clock }: KeptLock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  let ended = false;
  let sureUntil = clock.monotonic() + sureForMs;
  let timer = clock.schedule(check, everyMs);

  function check(): void {
    const askedAt = clock.monotonic();
    withDeadline(stillMine, { timeoutMs: everyMs, what: 'The lock of a backup', clock }).then(
      (mine) => {
        if (!mine) return lose();
        sureUntil = askedAt + sureForMs;
        again();
      },
      (error: unknown) => (clock.monotonic() + everyMs < sureUntil ? again() : lose(error)),
    );
  }
  function again(): void {
    if (!ended) timer = clock.schedule(check, everyMs);
  }
  function lose(cause?: unknown): void {
    lost.abort(
      new BackupError(
        'The lock was lost while a backup ran, so it was stopped: another instance may run one now.',
        {
          code: 'BACKUP_LOCK_LOST',
          stage: 'prepare',
          cause,
        },
      ),
    );
  }

  try {
    return await work(lost.signal);
  } finally {
    ended = true;
    timer.cancel();
  }
}
