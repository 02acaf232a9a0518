import { type Clock, withDeadline } from '@seaworthy/contracts';
import type { SignalOption } from '../signal-option.js';
import type { BackupStatus } from './backup-status.js';

/** The status that was read last, for who asks more often than targets should be read. */
export interface KeptStatus {
  /** One was read, by whomever. */
  keep(status: BackupStatus): void;
  /**
   * One of the last minute, or of the last quarter of an hour while a newer one is read; else that is waited for.
   *
   * @throws what the reading rejects with, until one succeeds; the reason of `signal`.
   */
  recent(options: SignalOption): Promise<BackupStatus>;
}

/** Health asks every five seconds and has one for the answer; to look through a bucket takes several calls for each backup. */
const freshMs = 60_000;
const usableMs = 15 * 60_000;

/** It goes on when nobody waits for it any more: the next who asks has it. */
const readTimeoutMs = 5 * 60_000;

export function keepStatus(read: (options: SignalOption) => Promise<BackupStatus>, clock: Clock): KeptStatus {
  let last: { readonly status: BackupStatus; readonly at: number } | undefined;
  let reading: Promise<BackupStatus> | undefined;
  const bound = { timeoutMs: readTimeoutMs, what: 'Reading how the backups stand', clock };

  const kept: KeptStatus = {
    keep(status) {
      last = { status, at: clock.monotonic() };
    },
    async recent({ signal }) {
      signal?.throwIfAborted();
      const ageMs = clock.monotonic() - (last?.at ?? Number.NEGATIVE_INFINITY);
      if (last !== undefined && ageMs < freshMs) return last.status;
      reading ??= readNow();
      if (last !== undefined && ageMs < usableMs) return last.status;
      const waited = reading;
      return withDeadline(() => waited, { ...bound, signal });
    },
  };
  return kept;

  function readNow(): Promise<BackupStatus> {
    const started = withDeadline((signal) => read({ signal }), bound)
      .then(
        (status) => {
          kept.keep(status);
          return status;
        },
        (error: unknown) => {
          last = undefined; // nobody knows any more
          throw error;
        },
      )
      .finally(() => {
        reading = undefined;
      });
    started.catch(() => undefined); // told to who waits, or to the next
    return started;
  }
}
