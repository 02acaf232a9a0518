import { SeaworthyError } from '@seaworthy/contracts';

/**
 * Thrown by a Redis connection and its commands. Messages name host and port, never credentials, keys or values.
 *
 * `code` is one of
 * - `REDIS_INVALID_URL`: the address cannot be used; the message says which part.
 * - `REDIS_UNAVAILABLE`: there is no working connection now, or it was lost before the reply; the command may have run.
 * - `REDIS_COMMAND_TIMEOUT`: no reply within the command timeout; the command may have run.
 * - `REDIS_GAVE_UP`: the reconnect attempts are used up.
 * - `REDIS_READ_ONLY`: the health check found a server that refused a write to be a replica.
 * - `REDIS_CLOSED`: `close()` was called.
 */
export class RedisError extends SeaworthyError {
  static override readonly kind: string = 'RedisError';
}
