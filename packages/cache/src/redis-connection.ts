import type { Closable, DurationInput, HealthCheck, RedisCommands } from '@seaworthy/contracts';

/**
 * - `connecting`: never been ready yet.
 * - `ready`: commands are sent.
 * - `reconnecting`: was ready, and the attempts are not used up.
 * - `gave_up`: the attempts are used up; `afterGivingUp` says what happens now.
 * - `closed`: for good.
 */
export type RedisStatus = 'connecting' | 'ready' | 'reconnecting' | 'gave_up' | 'closed';

export interface ReadyOptions {
  /** How long to wait at most. @defaultValue '30s' */
  readonly timeout?: DurationInput;
  readonly signal?: AbortSignal | undefined;
}

/** One Redis under the connection policy. */
export interface RedisConnection<Client> extends Closable {
  /**
   * The client that was made, for everything that this package does not do. Its commands have the same bounds; close it
   * through {@link Closable.close}, because its own `quit()` looks like a lost connection.
   */
  readonly client: Client;
  readonly status: RedisStatus;
  /** For other packages: rejects at once without a connection, and within the command timeout with one. */
  readonly commands: RedisCommands;
  /**
   * Waits for the first of ready, given up and the timeout. Resolves with whether Redis can be used.
   *
   * @throws RedisError `REDIS_GAVE_UP` or `REDIS_UNAVAILABLE` instead of `false` when the Redis is `required`: a service
   * lets it end the process. `REDIS_CLOSED` after `close()`. The reason of `signal`.
   */
  ready(options?: ReadyOptions): Promise<boolean>;
  /** Pings. Without an answer an optional Redis reports degraded, and a required one fails. */
  healthCheck(): HealthCheck<'remote'>;
}
