/** What happens to a pool, for whoever wants to count or show it. `pool` is the name that `createDb` was given. */
export type DbEvent =
  /** A connection was made. */
  | { readonly type: 'connected'; readonly pool: string; readonly createMs: number }
  /** The first attempt to connect failed after all was well; no more until `up`. */
  | { readonly type: 'down'; readonly pool: string; readonly error: unknown }
  | { readonly type: 'up'; readonly pool: string; readonly failures: number; readonly downMs: number }
  /** A caller got no connection: a PoolExhaustedError, ConnectionTimeoutError or ConnectionFailedError. */
  | { readonly type: 'starved'; readonly pool: string; readonly error: unknown }
  /** The server refused a write because it has become read-only, as after a failover; all connections are replaced. */
  | { readonly type: 'evicted'; readonly pool: string }
  /** A connection was kept longer than `pool.leakAfter`; `borrower` is the stack of the call that has it, when it is known. */
  | {
      readonly type: 'leaked';
      readonly pool: string;
      readonly heldMs: number;
      readonly borrower: string | undefined;
    };
