import { type Clock, DeadlineError, type RedisCommands, withDeadline } from '@seaworthy/contracts';
import { isTimeout, withoutArguments } from './failure-reason.js';
import { RedisError } from './redis-error.js';

export interface BoundedCommandsOptions {
  readonly client: RedisCommands;
  readonly label: string;
  readonly commandTimeoutMs: number;
  readonly clock: Clock;
  /** Throws when a command could not be sent now. */
  readonly assertReady: () => void;
}

/** Commands that fail at once without a connection, and settle within the timeout with one. */
export function boundedCommands(options: BoundedCommandsOptions): RedisCommands {
  const { client, label, commandTimeoutMs: timeoutMs, clock, assertReady } = options;
  return {
    async call(command, ...args) {
      assertReady();
      try {
        // A Cluster retries redirections inside one command, so the client's own timeout is not the whole bound.
        const deadline = { timeoutMs, what: `Redis ${command}`, clock };
        return await withDeadline(() => client.call(command, ...args), deadline);
      } catch (error) {
        throw translated(error, command);
      }
    },
  };

  function translated(error: unknown, command: string): unknown {
    if (!(error instanceof Error)) return error;
    if (DeadlineError.is(error) || isTimeout(error)) {
      return new RedisError(
        `Redis at ${label} did not answer ${commandName(command)} within ${timeoutMs} ms; it may have run. ` +
          'Treat it as absent, or raise commandTimeout.',
        { code: 'REDIS_COMMAND_TIMEOUT' },
      );
    }
    if (error.name === 'ReplyError') return withoutArguments(error); // Redis answered: its caller wants the words
    return new RedisError(
      `The connection to Redis at ${label} was lost before it answered ${commandName(command)}; it may have run.`,
      { code: 'REDIS_UNAVAILABLE' },
    );
  }
}

/** A caller who mixed up command and key must not see the key in a log. */
function commandName(command: string): string {
  return /^[A-Za-z][A-Za-z._-]{0,31}$/.test(command) ? command.toUpperCase() : 'a command';
}
