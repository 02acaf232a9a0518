/** How many connections are in which state. `total` never exceeds the pool's `max`. */
export interface PoolStats {
  /** Open to the server: idle, in use, being checked or being closed. */
  readonly total: number;
  readonly idle: number;
  readonly inUse: number;
  /** Attempts that have not succeeded or failed yet; they count against `max` too. */
  readonly connecting: number;
  /** Callers in the queue. */
  readonly waiting: number;
  readonly max: number;
}
