import type { PoolStats } from './pool-stats.js';

/** What a pool tells about itself while it works. Nothing here may throw. */
export interface PoolObserver {
  /** A borrower got its connection after `waitMs`. */
  acquired(waitMs: number): void;
  /** A borrower gave its connection back after `useMs`. */
  released(useMs: number): void;
  /** A caller left the queue empty-handed. */
  gaveUp(error: unknown): void;
  /** A connection was made in `createMs`. */
  connected(createMs: number): void;
  /** The first attempt failed after a time in which all was well. */
  wentDown(error: unknown): void;
  /** An attempt succeeded after `failures` that did not. */
  cameBack(failures: number, downMs: number): void;
  /** Any of the numbers changed. They are counted only when somebody reads them. */
  changed(pool: { readonly stats: PoolStats }): void;
}
