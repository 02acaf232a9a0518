import { type Clock, exponentialBackoff, sleep, withDeadline } from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';
import { s3Error, s3Failure } from './s3-failure.js';

/** Calls until it succeeds, the failure is for good, or the attempts are used up. */
export type S3Caller = <T>(
  call: S3Call,
  work: (options: { abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

export interface S3Call {
  /** For the message: `Writing a/b.zst`. */
  readonly what: string;
  readonly stage: BackupStage;
  readonly signal?: AbortSignal | undefined;
}

/** Attempts with a deadline each and a growing pause between them, for one target. */
export function s3Caller(options: {
  readonly target: string;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}): S3Caller {
  const { target, attempts, timeoutMs, clock } = options;
  const backoff = exponentialBackoff({ baseMs: 200, maxMs: 10_000 });
  return async ({ what, stage, signal }, work) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withDeadline((abortSignal) => work({ abortSignal }), { timeoutMs, what, signal, clock });
      } catch (error) {
        signal?.throwIfAborted();
        // An answer that was understood already, or a call within this one that was tried often enough.
        if (BackupError.is(error)) throw error;
        const failure = s3Failure(error);
        if (!failure.passing || attempt >= attempts) {
          const code = stage === 'read' ? 'BACKUP_READ_FAILED' : 'BACKUP_WRITE_FAILED';
          throw s3Error(error, { what, target, code, stage });
        }
        await sleep(clock, backoff(attempt), { signal });
      }
    }
  };
}
