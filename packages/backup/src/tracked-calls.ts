import { BackupError } from './backup-error.js';

/** The calls of one instance that are under way. */
export interface TrackedCalls {
  /**
   * Runs `work` with a signal that `close()` aborts too, and lets `close()` wait for it.
   *
   * @throws BackupError `BACKUP_CLOSED` after `close()`; the reason of `signal`.
   */
  tracked<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Stops what is under way, waits for it, and lets nothing begin any more. */
  close(): Promise<void>;
}

export function trackCalls(): TrackedCalls {
  const closing = new AbortController();
  const active = new Set<Promise<unknown>>();
  return {
    async tracked(signal, work) {
      closing.signal.throwIfAborted();
      signal?.throwIfAborted();
      const result = work(signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]));
      active.add(result);
      try {
        return await result;
      } finally {
        active.delete(result);
      }
    },
    async close() {
      closing.abort(
        new BackupError('These backups are closed.', { code: 'BACKUP_CLOSED', stage: 'prepare' }),
      );
      await Promise.allSettled(active);
    },
  };
}
