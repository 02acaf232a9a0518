/** What an attempt to be the only one came to. */
export type Held<T> = { readonly held: true; readonly value: T } | { readonly held: false };

/** Lets one of many instances do a job: `sqlLock`, `redisLock`, or one of your own. */
export interface RunLock {
  /**
   * Runs `work` while nobody else holds the lock of that job; `{ held: false }` at once when somebody does. Its signal aborts
   * when the lock is lost. Rejects with what `work` rejects with, or when the lock's server cannot be asked.
   */
  tryHold<T>(job: string, work: (signal: AbortSignal) => Promise<T>): Promise<Held<T>>;
}

/** For a single instance: always held. */
export const noLock: RunLock = {
  tryHold: async (_job, work) => ({ held: true, value: await work(new AbortController().signal) }),
};
